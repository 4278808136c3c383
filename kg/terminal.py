"""Consoles: results go to standard output, messages and progress to standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

NOTE_ON_USE = (
    "For research and teaching; never the sole basis of a decision about a patient."
)


def output() -> Console:
    """Return the console for results. Colours follow the terminal and NO_COLOR."""
    return Console(highlight=False)


def messages() -> Console:
    """Return the console for messages, progress and summaries."""
    return Console(stderr=True, highlight=False)


@contextmanager
def progress(description: str, total: int | None) -> Iterator[Progress]:
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
        bar.add_task(description, total=total)
        yield bar
