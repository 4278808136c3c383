"""What a table was understood as, before it is classified: variable by variable, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import polars as pl

from kg.guideline.values import Variable
from kg.keys import REASON, ROW
from kg.patients.cells import is_unknown
from kg.patients.columns import as_text
from kg.patients.tables import PatientTable

_WORDS = 6


@dataclass(frozen=True)
class Understood:
    """A row for each variable: `variable`, `column`, `recorded`, `percent` and `cells`, as read.

    `rows` have been looked at; `rejected` of them cannot be classified, `first` says why the
    first of them cannot. `notes` are what has to be told of the table.
    """

    frame: pl.DataFrame
    rows: int
    rejected: int
    first: str
    notes: tuple[str, ...]


def understood(table: PatientTable) -> Understood:
    """Return what the first rows of a table are understood as."""
    batch = next(iter(table.batches()), None)
    if batch is None:
        return Understood(_frame([]), 0, 0, "", table.notes)
    rows = pl.concat([batch.cells.select(ROW), batch.rejected.select(ROW)])
    read = table.head.read(next(iter(table.source.batches())))[0].join(rows, ROW, "semi")
    variables, told = table.guideline.variables, []
    for name in table.variables:
        texts = as_text(read[name]).drop_nulls()
        known = {one: not is_unknown(one, variables[name]) for one in texts.unique()}
        cells = texts.filter(texts.replace_strict(known, return_dtype=pl.Boolean))
        column = table.head.theirs(name) or "every row"
        share = f"{len(cells) / max(len(read), 1):.0%}"
        told.append(
            (variables[name].label, column, len(cells), share, _said(variables[name], cells))
        )
    first = batch.rejected.head(1)
    return Understood(
        frame=_frame(told),
        rows=len(read),
        rejected=len(batch.rejected),
        first=f"{table.source.row_words(first[ROW][0])}: {first[REASON][0]}" if len(first) else "",
        notes=table.notes,
    )


def _frame(rows: list[tuple[str, str, int, str, str]]) -> pl.DataFrame:
    texts = dict.fromkeys(("variable", "column", "recorded", "percent", "cells"), pl.String)
    return pl.DataFrame(rows, texts | {"recorded": pl.Int64}, orient="row")


def _said(variable: Variable, cells: pl.Series) -> str:
    """Return the middle and the ends of numbers, or how often each word stands there."""
    if cells.is_empty():
        return ""
    read = cells.cast(pl.Float64, strict=False)
    numbers: list[float] = read.drop_nulls().to_list()
    if variable.is_number and numbers:
        ends = (min(numbers), median(numbers), max(numbers))
        low, middle, high = (f"{float(f'{value:.4g}'):,.12g}" for value in ends)
        others = cells.filter(read.is_null())
        more = f"; {len(others):,} no plain number, such as {others[0]}" if len(others) else ""
        return f"{low} to {high}, middle {middle} {variable.unit_symbol or ''}".rstrip() + more
    counts = cells.value_counts(sort=True, name="n").head(_WORDS)
    return ", ".join(f"{cell} ({n:,})" for cell, n in counts.iter_rows())
