"""The records of a table for a reasoner: all of them, or an error that names the first bad row."""

from __future__ import annotations

from collections.abc import Iterator

from kg.errors import InputError
from kg.keys import REASON, ROW
from kg.patients.records import Record
from kg.patients.tables import PatientTable


def every_record(table: PatientTable) -> Iterator[Record]:
    """Yield the records of a table.

    Raises:
        InputError: a row cannot be read.
    """
    for batch in table.batches():
        for row in batch.rejected.iter_rows(named=True):
            raise InputError(
                f"row {row[ROW]}: {row[REASON]}; 'hcc-kg classify' writes all such rows to a file"
            )
        yield from table.records(batch)
