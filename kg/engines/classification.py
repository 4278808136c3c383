"""From a table to results: batches of records through an engine, rejected rows aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from kg.engines.registry import BatchEngine
from kg.engines.rejects import RejectCounter
from kg.patients.columns import as_text
from kg.patients.tables import Batch, PatientTable
from kg.reasoning.results import KEEP_, Chunk


def classified(
    table: PatientTable, engine: BatchEngine, rejects: RejectCounter
) -> Iterator[tuple[Batch, pl.DataFrame]]:
    """Yield the batches of a table with their result frames.

    Rejected rows go to `rejects`, whose summary counts them and the results.
    """
    for batch in table.batches():
        rejects.add(table.source, batch.rejected)
        if table.lesions is not None and batch.rejected_lesions is not None:
            rejects.add_lesions(table.lesions.source, batch.rejected_lesions)
        if len(batch.cells):
            frame = engine(table, batch)
            rejects.summary.count(frame, table.guideline.therapies)
            yield batch, frame
    if table.lesions is not None:
        rejects.add_lesions(table.lesions.source, table.lesions.strangers)
    rejects.summary.notes = table.notes


def chunks(table: PatientTable, engine: BatchEngine, rejects: RejectCounter) -> Iterator[Chunk]:
    """Yield the results of a table, as `classified` does."""
    for batch, frame in classified(table, engine, rejects):
        kept = [as_kept(batch.kept[name]).alias(KEEP_ + name) for name in table.head.kept]
        records = lambda batch=batch: table.records(batch)  # noqa: E731
        yield Chunk(frame.hstack(kept), records)


def as_kept(column: pl.Series) -> pl.Series:
    """Return a column of a table as it travels along: what no cell can be, as text."""
    plain = column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype == pl.Boolean
    return column if plain else as_text(column)


def kept_types(table: PatientTable) -> dict[str, pl.DataType]:
    """Return the types of the columns that travel along."""
    schema: Mapping[str, pl.DataType] = getattr(table.source, "schema", {})
    return {
        name: as_kept(pl.Series([], dtype=schema.get(name, pl.String()))).dtype
        for name in table.head.kept
    }
