"""What a writer is given: a task, beside the results in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kg.guideline import Guideline
from kg.reasoning.results import Chunk


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
