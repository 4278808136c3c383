"""What a writer is given: a task, beside the results in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from kg.guideline import Guideline
from kg.patients.assumptions import Assumptions
from kg.reasoning.results import Chunk


@dataclass(frozen=True)
class Task:
    """What a writer is asked for: which therapies, and in which form.

    `explain` asks for the full explanation, `compact` for a row per patient, `reasons` for rows
    with the reason of each verdict. `keep` are columns of the table that travel along, with
    their types, and `assumptions` those that the results rest on.
    """

    guideline: Guideline
    therapies: Sequence[str]
    explain: bool = False
    compact: bool = False
    reasons: bool = False
    assumptions: Assumptions | None = None
    keep: Mapping[str, pl.DataType] = field(default_factory=dict)

    @property
    def needs_records(self) -> bool:
        """Whether the records behind the results are needed."""
        return self.explain or self.reasons


class Writer(Protocol):
    """Writes all chunks to a file."""

    def __call__(self, task: Task, chunks: Iterator[Chunk], path: Path) -> None:
        """Write the chunks, in order."""
