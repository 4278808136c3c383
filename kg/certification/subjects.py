"""The engines under test, behind one protocol: cells of records in, results out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import polars as pl

from kg.certification.cells import Cells
from kg.engines.classification import BatchEngine, compiled_engine
from kg.engines.compiled import Compiled
from kg.errors import InputError
from kg.guideline import Guideline
from kg.patients.headers import ID, REASON
from kg.patients.records import read_record
from kg.patients.tables import PatientTable
from kg.reasoning.results import patients
from kg.reasoning.verdicts import PatientResult

PATIENT = "record"


class Subject(Protocol):
    """An engine under test."""

    @property
    def name(self) -> str:
        """What the engine is called in reports."""

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        """Return the result of each record."""


class OneByOne:
    """The compiled engine, a record at a time."""

    name = "compiled, one record"

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.engine = Compiled(guideline)

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


def _compiled(guideline: Guideline) -> list[Subject]:
    table = AsTable("compiled, table", guideline, compiled_engine(guideline))
    return [OneByOne(guideline), table]


# The first subject of an engine is the one that the others are compared with in everything.
ENGINES: dict[str, Callable[[Guideline], list[Subject]]] = {"compiled": _compiled}


def subjects(engine: str, guideline: Guideline) -> list[Subject]:
    """Return what is tested of an engine.

    Raises:
        InputError: there is no such engine to certify.
    """
    if engine not in ENGINES:
        raise InputError(f"{engine!r} cannot be certified; what can is {', '.join(ENGINES)}")
    return ENGINES[engine](guideline)
