"""What a writer is given: a task, and the results in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from kg.guideline import Guideline
from kg.patients.records import Record


@dataclass(frozen=True)
class Chunk:
    """Some results: a result frame, and the records that they are about, one by one."""

    frame: pl.DataFrame
    records: Callable[[], Iterator[Record]]


@dataclass(frozen=True)
class Task:
    """What a writer is asked for: which therapies, and whether with the full explanation."""

    guideline: Guideline
    therapies: Sequence[str]
    explain: bool = False
    compact: bool = False


class Writer(Protocol):
    """Writes all chunks to a file."""

    def __call__(self, task: Task, chunks: Iterator[Chunk], path: Path) -> None:
        """Write the chunks, in order."""
