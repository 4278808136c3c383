"""What a reader yields: batches of rows, numbered, with what is wrong with each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

import polars as pl

from kg.errors import InputError
from kg.keys import PROBLEM, ROW, TOLD

BATCH = 200_000  # rows; each batch takes some 30 ms however few they are
TEXT_BATCH = 20_000  # rows that are built one by one
Given = TypeVar("Given")
Made = TypeVar("Made")


class Source:
    """A table that can be read in batches, more than once.

    `path` is what it goes by in messages; its path where it is a file. `notes` tell how it was
    read, `renamed` has the names in the file of columns that go by another one here, `schema` the
    types of columns that have any. `separator` fits in a text file of these cells. `first_row` is
    the row of a sheet that the first one is, `sheets` those that might have been meant. `lesions`
    is the table of them that it brings along.
    """

    path: object
    columns: list[str]
    notes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = MappingProxyType({})
    schema: Mapping[str, pl.DataType] = MappingProxyType({})
    separator = ","
    sheets: Sequence[str] = ()
    first_row: int | None = None
    lesions: Source | None = None

    def told_as(self, other: Source) -> None:
        """Go by what is told of another table, whose cells these are."""
        self.path, self.notes, self.renamed = other.path, other.notes, other.renamed
        self.separator, self.first_row = other.separator, other.first_row
        self.lesions = other.lesions

    def name_columns(self, header: Iterable[str]) -> list[str]:
        """Return names for the columns below a header that are all different.

        The first of several has its own name; a repeated or empty one gets another that begins
        with `_`, so that it is read as a variable by nobody.
        """
        names: dict[str, str] = {}
        for place, name in enumerate(map(str.strip, header), start=1):
            is_new = bool(name) and name not in names
            names[name if is_new else f"_{name or 'column'}_{place}"] = name
        self.columns = [name for name, named in names.items() if named not in TOLD]
        self.renamed = {name: named for name, named in names.items() if name != named}
        return list(names)

    def check_cells(self, names: list[str]) -> None:
        """Check that the values of columns can be cells; others may hold anything.

        Raises:
            InputError: a column mixes types, or holds dates, lists or the like.
        """
        texts = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null)
        for name in names:
            dtype = self.schema.get(name)
            if not (dtype is None or dtype.is_numeric() or isinstance(dtype, texts)):
                raise InputError(
                    f"{self.path}, column {name}: values of type {dtype} are not cells; "
                    "store numbers, booleans or text"
                )

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows in order; `only` limits the columns (`_row` and `_problem` stay)."""
        return self._batches(self.columns if only is None else only)

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        raise NotImplementedError

    def row_words(self, row: int) -> str:
        """Return where a row is: its number, and that in the sheet, which people see."""
        first = self.first_row
        told = "" if first is None else f", which is row {row + first - 1} of the sheet"
        return f"row {row}{told}"


def numbered(table: pl.LazyFrame, columns: list[str]) -> pl.LazyFrame:
    """Return columns of a table with the numbers of its rows, in which nothing is wrong."""
    rows = table.drop(ROW, PROBLEM, strict=False).with_row_index(ROW, 1)
    problem = pl.lit(None, pl.String).alias(PROBLEM)
    return rows.select(pl.col(ROW).cast(pl.UInt64), *columns, problem)


def separator_of(cells: pl.DataFrame) -> str:
    """Return what fits between such cells in a text file: no comma where numbers have commas."""
    texts = [cells[name] for name in cells.select(pl.col(pl.String)).columns]
    held = [column for column in texts if column.str.contains(",", literal=True).any()]
    return ";" if any(column.str.contains("[0-9],[0-9]").any() for column in held) else ","


def held(table: pl.DataFrame, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Yield the batches of a table that is in memory."""
    yield from numbered(table.lazy(), columns).collect().iter_slices(BATCH)


def of_text(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[pl.DataFrame]:
    """Yield rows in batches: of each its number, its cells, and what is wrong with it."""
    schema = {ROW: pl.UInt64(), **dict.fromkeys([*columns, PROBLEM], pl.String())}
    left = iter(rows)
    while some := list(islice(left, TEXT_BATCH)):
        yield pl.DataFrame(some, schema=schema, orient="row")


def ahead(make: Callable[[Given], Made], parts: Iterable[Given]) -> Iterator[Made]:
    """Yield what is made of each part, in order; meanwhile the next one is made beside."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque[Future[Made]]()
        for part in parts:
            waiting.append(pool.submit(make, part))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)


def first_line(error: BaseException) -> str:
    """Return what an error of a library says, without what it adds for programmers."""
    return str(error).partition("\n")[0]
