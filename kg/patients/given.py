"""What a program gives: records as mappings; tables as paths, frames or lists of mappings.

| value | meaning |
| --- | --- |
| None, NaN, NA, or no entry | unknown |
| True, False | of a boolean variable |
| 2, 2.5, Decimal("2.5") | of a number, in the unit of the variable |
| "vp3" | of an enumerated variable |
| ">=5", "<3", "1..2", "vp3|vp4" | partial knowledge, as in a cell of a table |
| "2.4 mg/dL" | a number in another unit; so is 2.4 under the name "bilirubin_umol_l [mg/dL]" |

A float is read as the shortest decimal that it stands for. `patient_id` is optional; names that
begin with `_` are passed over, as in tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, LESION_ID, PROBLEM, ROW, TOLD
from kg.patients.assumptions import Assumptions
from kg.patients.cells import cell, is_unknown
from kg.patients.columns import identifier
from kg.patients.reading import PLAIN, Reading, with_unit
from kg.patients.records import Record, read_record
from kg.patients.tables import PatientTable
from kg.readers import Source
from kg.readers.frame import ArrowFrame, FrameSource
from kg.texts import hint

_NAMELESS = "unnamed"


def record_of(
    guideline: Guideline,
    record: Mapping[str, object],
    lesions: Iterable[Mapping[str, object]] | None = None,
) -> Record:
    """Return a mapping as a record; `lesions` has one mapping a lesion.

    Raises:
        InputError: a name is not a variable, or a value is none of its variable.
    """
    cells = _cells(record, [*guideline.variables], "the record")
    name = cells.pop(ID, None)
    patient_id = _NAMELESS if name is None or is_unknown(name) else identifier(name)
    return read_record(guideline, patient_id, cells, _lesions(guideline, lesions, patient_id))


def _lesions(
    guideline: Guideline, lesions: Iterable[Mapping[str, object]] | None, patient_id: str
) -> list[dict[str, str | None]] | None:
    if lesions is None:
        return None
    if not isinstance(lesions, Iterable):
        raise InputError(f"a value of type {type(lesions).__name__} is not a list of lesions")
    columns = [ID, LESION_ID, *guideline.lesion_columns]
    found = [_cells(lesion, columns, f"lesion {i}") for i, lesion in enumerate(lesions, start=1)]
    whose = {identifier(name) for each in found if (name := each.get(ID)) and not is_unknown(name)}
    whose |= {patient_id} - {_NAMELESS}
    if len(whose) > 1:
        names = ", ".join(sorted(whose))
        raise InputError(f"the record and its lesions are of more than one patient: {names}")
    ids = [identifier(name) for cells in found if (name := cells.get(LESION_ID)) is not None]
    if len(set(ids)) < len(ids):
        raise InputError(f"the lesions: more than one of them has the same {LESION_ID}")
    return found


def _cells(
    values: Mapping[str, object], allowed: Sequence[str], owner: str
) -> dict[str, str | None]:
    """Return values as the texts of cells, names that begin with `_` left out."""
    cells = {}
    if not hasattr(values, "items"):  # a row of pandas has them
        raise InputError(
            f"{owner} is no mapping of variables to what is known of them, but of type "
            f"{type(values).__name__}; tables are for kg.classify_table"
        )
    for theirs, value in ((str(name), value) for name, value in values.items()):
        if theirs.startswith("_"):
            continue
        name, unit = with_unit(theirs, allowed)
        if name not in allowed:
            near = hint(name.lower(), allowed)
            raise InputError(f"{owner}: {name!r} is not a variable{near}")
        text = cell(value, f"{owner}, {name}")
        cells[name] = text if unit is None or is_unknown(text) else f"{text} {unit}"
    return cells


TableLike: TypeAlias = str | Path | ArrowFrame | pl.LazyFrame | Sequence[Mapping[str, object]]


def given(table: TableLike, name: str = "the frame") -> Path | Source:
    """Return a table as what a `PatientTable` reads; in messages a frame goes by `name`.

    Raises:
        InputError: it is no table.
    """
    if isinstance(table, str | Path):
        return Path(table)
    if is_spark(table):
        raise InputError(
            f"{name} is one of Spark's, and would come to this machine as a whole: classify it "
            "where it is with kg.classify_spark, or hand over frame.toArrow()"
        )
    if isinstance(table, list | tuple):
        return ListSource(table, name.replace("frame", "list"))
    return FrameSource(table, name)


def is_spark(table: object) -> bool:
    """Return whether a table is a frame of Spark's."""
    return type(table).__module__.startswith("pyspark.")


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


class ListSource(Source):
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

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        problems = dict[int, str]()
        for column in kept:
            problems = self._problems.get(column, {}) | problems
        told = [problems.get(place) for place in range(self._frame.height)]
        frame = self._frame.select(kept).with_columns(pl.Series(PROBLEM, told, dtype=pl.String))
        yield frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.UInt64))
