"""What a reader yields: batches of rows, numbered, with what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import polars as pl

from kg.keys import PROBLEM, ROW

BATCH = 250_000


class Source(Protocol):
    """A table that can be read in batches, more than once.

    A source may have besides: `lesions`, the table of them that it brings along; `renamed`, the
    names in the file of columns that go by another one here; `check_cells(names)`, told which
    columns are read, which raises where values of their types cannot be cells; `first_row`, which
    row of a sheet the first one is.
    """

    columns: list[str]

    @property
    def path(self) -> object:
        """What the table goes by in messages; its path where it is a file."""
        ...

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows in order; `only` limits the columns (`_row` and `_problem` stay)."""
        ...


def row_words(source: Source, row: int) -> str:
    """Return where a row is: its number, and that in the sheet, which people see."""
    first: int | None = getattr(source, "first_row", None)
    told = "" if first is None else f", which is row {row + first - 1} of the sheet"
    return f"row {row}{told}"


def told_apart(header: list[str]) -> dict[str, str]:
    """Return names of columns that are all different, each with the name that the file gives.

    The first of several has its own name; a repeated or empty one gets another that begins
    with `_`, so that it is read as a variable by nobody.
    """
    found: dict[str, str] = {}
    for place, name in enumerate(header, start=1):
        is_new = bool(name) and name not in found
        found[name if is_new else f"_{name or 'column'}_{place}"] = name
    return found


def numbered(table: pl.LazyFrame, columns: list[str]) -> pl.LazyFrame:
    """Return columns of a table with the numbers of its rows, in which nothing is wrong."""
    rows = table.drop(ROW, PROBLEM, strict=False).with_row_index(ROW, 1)
    problem = pl.lit(None, pl.String).alias(PROBLEM)
    return rows.select(pl.col(ROW).cast(pl.UInt64), *columns, problem)


def held(table: pl.DataFrame, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Yield the batches of a table that is in memory."""
    yield from numbered(table.lazy(), columns).collect().iter_slices(BATCH)


def of_text(columns: list[str], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Return rows as a batch: of each its number, its cells, and what is wrong with it."""
    schema = {ROW: pl.UInt64(), **dict.fromkeys([*columns, PROBLEM], pl.String())}
    return pl.DataFrame(rows, schema=schema, orient="row")


def first_line(error: BaseException) -> str:
    """Return what an error of a library says, without what it adds for programmers."""
    return str(error).partition("\n")[0]
