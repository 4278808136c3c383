"""From a table to results: batches of records through an engine, rejected rows aside."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from kg.engines.registry import BatchEngine
from kg.engines.rejects import RejectCounter
from kg.engines.summary import Summary
from kg.patients.tables import Batch, PatientTable
from kg.reasoning.results import Chunk


def classified(
    table: PatientTable, engine: BatchEngine, rejects: RejectCounter, summary: Summary
) -> Iterator[tuple[Batch, pl.DataFrame]]:
    """Yield the batches of a table with their result frames; rejected rows go to `rejects`."""
    for batch in table.batches():
        rejects.add(table.source, batch.rejected)
        if table.lesions is not None and batch.rejected_lesions is not None:
            rejects.add_lesions(table.lesions.source, batch.rejected_lesions)
        if len(batch.cells):
            frame = engine(table, batch)
            summary.count(frame, table.guideline.therapies)
            yield batch, frame
    if table.lesions is not None:
        rejects.add_lesions(table.lesions.source, table.lesions.strangers)
    summary.notes = table.notes


def chunks(
    table: PatientTable, engine: BatchEngine, rejects: RejectCounter, summary: Summary
) -> Iterator[Chunk]:
    """Yield the results of a table; rejected rows go to `rejects`."""
    for batch, frame in classified(table, engine, rejects, summary):
        yield Chunk(frame, lambda batch=batch: table.records(batch))  # type: ignore[misc]
