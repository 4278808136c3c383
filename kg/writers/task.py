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
    """What a writer is asked for: which therapies, and in which form.

    `explain` asks for the full explanation, `compact` for a row per patient, `reasons` for rows
    with the reason of each verdict.
    """

    guideline: Guideline
    therapies: Sequence[str]
    explain: bool = False
    compact: bool = False
    reasons: bool = False

    @property
    def needs_records(self) -> bool:
        """Whether the records behind the results are needed."""
        return self.explain or self.reasons


class Writer(Protocol):
    """Writes all chunks to a file."""

    def __call__(self, task: Task, chunks: Iterator[Chunk], path: Path) -> None:
        """Write the chunks, in order."""
