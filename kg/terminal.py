"""Consoles: results go to standard output, messages and progress to standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import IO, Protocol, TextIO, TypeVar, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_TRAILING = re.compile(r"[ ]+(?=\n)")


def output() -> Console:
    """Return the console for results. Colours follow the terminal and NO_COLOR."""
    trimmed = None if sys.stdout.isatty() else cast("IO[str]", Trimmed(sys.stdout))
    return Console(highlight=False, file=trimmed)


def messages() -> Console:
    """Return the console for messages, progress and summaries."""
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


class Trimmed:
    """A text file that leaves out blanks at the ends of lines, which only a terminal needs."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def write(self, text: str) -> int:
        """Write a text of whole lines."""
        self._file.write(_TRAILING.sub("", text))
        return len(text)


class _HasFrame(Protocol):
    @property
    def frame(self) -> Sized: ...


Framed = TypeVar("Framed", bound=_HasFrame)


class Bar:
    """A progress bar that counts patients."""

    def __init__(self, progress: Progress, description: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(description, total=total)

    def advance(self, count: int = 1) -> None:
        """Count some patients as done."""
        self._progress.advance(self._task, count)

    def watch(self, chunks: Iterator[Framed]) -> Iterator[Framed]:
        """Pass chunks on, counting their patients once they have been used."""
        for chunk in chunks:
            yield chunk
            self.advance(len(chunk.frame))


@contextmanager
def progress(description: str, total: int | None) -> Iterator[Bar]:
    """Show a progress bar on standard error while the block runs, on a terminal only."""
    console = messages()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        yield Bar(bar, description, total)
