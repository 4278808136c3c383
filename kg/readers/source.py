"""What a reader yields: batches of rows, numbered, with what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import polars as pl

from kg.paths import Remote
from kg.readers.uploads import File

BATCH = 250_000


class Source(Protocol):
    """A table that can be read in batches, more than once."""

    columns: list[str]

    @property
    def path(self) -> File | Remote:
        """What the table goes by in messages."""
        ...

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows in order; `only` limits the columns (`_row` and `_problem` stay)."""
        ...
