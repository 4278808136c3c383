"""What a program gives as a table: a path, a frame, or a list with a mapping for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import PROBLEM, ROW, TOLD
from kg.patients.assumptions import Assumptions
from kg.patients.mappings import cell
from kg.patients.reading import PLAIN, Reading
from kg.patients.tables import PatientTable
from kg.readers import Source
from kg.readers.frame import ArrowFrame, frame_source

TableLike: TypeAlias = str | Path | ArrowFrame | pl.LazyFrame | Sequence[Mapping[str, object]]


def given(table: TableLike, name: str = "the frame") -> Path | Source:
    """Return a table as what a `PatientTable` reads; in messages a frame goes by `name`.

    Raises:
        InputError: it is no table.
    """
    if isinstance(table, str | Path):
        return Path(table)
    if type(table).__module__.startswith("pyspark."):
        raise InputError(
            f"{name} is one of Spark's, and would come to this machine as a whole: classify it "
            "where it is with kg.classify_spark, or hand over frame.toArrow()"
        )
    if isinstance(table, list | tuple):
        return ListSource(table, name.replace("frame", "list"))
    return frame_source(table, name)


def table_of(
    guideline: Guideline,
    patients: TableLike,
    lesions: TableLike | None = None,
    reading: Reading = PLAIN,
    assumptions: Assumptions | None = None,
) -> PatientTable:
    """Return tables that a function of the API was given.

    Raises:
        InputError: one is no table, or cannot be read.
    """
    second = None if lesions is None else given(lesions, "the frame of lesions")
    return PatientTable(guideline, given(patients), second, reading, assumptions)


class ListSource:
    """Mappings as rows of text; absent names are unknown, as in JSON Lines.

    Raises:
        InputError: a row is no mapping, or there is none.
    """

    def __init__(self, rows: Sequence[object], name: str) -> None:
        self.path = Path(name)
        columns: dict[str, list[str | None]] = {}
        self._problems: dict[str, dict[int, str]] = {}
        for place, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise InputError(
                    f"{name}, row {place + 1}: a {type(row).__name__} is not a row; "
                    "give a mapping of columns to values for each patient"
                )
            for column, value in row.items():
                cells = columns.setdefault(str(column), [None] * len(rows))
                try:
                    cells[place] = None if column in TOLD else cell(value, f"column {column}")
                except InputError as error:
                    self._problems.setdefault(str(column), {})[place] = str(error)
        if not columns:
            raise InputError(f"{name} holds no rows; give a mapping for each patient")
        self.columns = [column for column in columns if column not in TOLD]
        self._frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows as one frame of text."""
        kept = self.columns if only is None else only
        problems: list[str | None] = [None] * self._frame.height
        for column in kept:
            for place, told in self._problems.get(column, {}).items():
                problems[place] = problems[place] or told
        frame = self._frame.select(kept).with_columns(pl.Series(PROBLEM, problems, dtype=pl.String))
        yield frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.UInt64))
