"""Consoles: results go to standard output, messages and progress to standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from kg.writers import Chunk

NOTE_ON_USE = "For research and teaching; never the sole basis of a decision about a patient."


def output() -> Console:
    """Return the console for results. Colours follow the terminal and NO_COLOR."""
    return Console(highlight=False)


def messages() -> Console:
    """Return the console for messages, progress and summaries."""
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class Bar:
    """A progress bar that counts patients."""

    def __init__(self, progress: Progress, description: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(description, total=total)

    def advance(self, count: int = 1) -> None:
        """Count some patients as done."""
        self._progress.advance(self._task, count)

    def watch(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
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
