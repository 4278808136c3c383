"""From a table to results: batches of records through an engine, rejected rows aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from kg.engines.registry import BatchEngine
from kg.engines.rejects import RejectCounter
from kg.patients.cells import UNKNOWN_WORDS
from kg.patients.columns import as_text
from kg.patients.tables import Batch, PatientTable
from kg.reasoning.results import KEEP_, Chunk

_TYPES: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    r"^(0|-?[1-9]\d{0,17})$": lambda said: said.cast(pl.Int64),
    r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$": lambda said: said.cast(pl.Float64),
    r"^\d{4}-\d\d-\d\d( 00:00:00)?$": lambda said: said.str.head(10).str.to_date(strict=False),
}


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


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return whole results with the numbers and dates among the columns that travel along.

    Tables in text, and sheets, have them as text. A column is one of numbers or dates only where
    every cell that says something is written as one: `007` is a text.
    """
    kept = [column for column in frame if column.name.startswith(KEEP_)]
    return frame.with_columns(_typed(column) for column in kept if column.dtype == pl.String)


def _typed(column: pl.Series) -> pl.Series:
    said = column.str.strip_chars()
    said = said.set(said.str.to_lowercase().is_in([*UNKNOWN_WORDS]).fill_null(value=False), None)
    told = said.unique().drop_nulls()
    for pattern, read in _TYPES.items():
        if len(told) and told.str.contains(pattern).all():
            found = read(said)
            return found if found.null_count() == said.null_count() else column
    return column


def kept_types(table: PatientTable) -> dict[str, pl.DataType]:
    """Return the types of the columns that travel along."""
    schema = table.source.schema
    return {
        name: as_kept(pl.Series([], dtype=schema.get(name, pl.String()))).dtype
        for name in table.head.kept
    }
