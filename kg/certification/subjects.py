"""The engines under test, behind one protocol: cells of records in, results out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import polars as pl

from kg.certification.cells import Cells
from kg.engines.registry import BatchEngine, Engine, engine_of
from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, REASON
from kg.patients.records import read_record
from kg.patients.tables import PatientTable
from kg.reasoning.results import patients
from kg.reasoning.verdicts import PatientResult

PATIENT = "record"
REFEREE = "hermit"


class Subject(Protocol):
    """An engine under test."""

    @property
    def name(self) -> str:
        """What the engine is called in reports."""

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        """Return the result of each record."""


class OneByOne:
    """An engine, a record at a time."""

    def __init__(self, name: str, guideline: Guideline, engine: Engine) -> None:
        self.name = name
        self.guideline = guideline
        self.engine = engine

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        """Return the result of each record."""
        read = (read_record(self.guideline, PATIENT, cells) for cells in records)
        return [self.engine.classify(record) for record in read]


class AsTable:
    """An engine for tables: the records pass through a file, as those of a user do."""

    def __init__(self, name: str, guideline: Guideline, engine: BatchEngine) -> None:
        self.name = name
        self.guideline = guideline
        self.engine = engine

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        """Return the result of each record.

        Raises:
            InputError: the table rejects one of them.
        """
        names = list(dict.fromkeys(name for cells in records for name in cells))
        columns = [pl.Series(n, [cells.get(n) for cells in records], pl.String) for n in names]
        ids = pl.Series(ID, [f"{PATIENT}-{i}" for i in range(len(records))], pl.String)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "records.parquet"
            pl.DataFrame([ids, *columns]).write_parquet(path)
            return self._results(PatientTable(self.guideline, path))

    def _results(self, table: PatientTable) -> list[PatientResult]:
        found: list[PatientResult] = []
        for batch in table.batches():
            if len(batch.rejected):
                raise InputError(f"{self.name} rejects a record: {batch.rejected[REASON][0]}")
            found.extend(patients(self.guideline, self.engine(table, batch)))
        return found


def subjects(engine: str, guideline: Guideline) -> list[Subject]:
    """Return what is tested of an engine: records one at a time, and tables of them.

    The first is the one that the others are compared with in everything.

    Raises:
        InputError: there is no such engine, or it is the referee.
    """
    if engine == REFEREE:
        raise InputError(f"{engine} is the referee of all others; name another engine")
    tested = engine_of(engine, guideline)
    table = AsTable(f"{engine}, table", guideline, tested.batches())
    return [OneByOne(f"{engine}, one record", guideline, tested), table]
