"""Which columns of an answer can be drawn, name what is drawn, or be nodes."""

from __future__ import annotations

import polars as pl
import pyoxigraph as ox

from kg.stores import Table


def numbers(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can draw."""
    return [name for name in frame.columns if frame[name].dtype.is_numeric()]


def labels(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can take its labels from, texts first."""
    drawn = numbers(frame)
    return [name for name in frame.columns if name not in drawn] + drawn


def iris(table: Table) -> list[str]:
    """Return the columns that hold an IRI or a blank node: those that can be nodes."""
    return [
        name
        for i, name in enumerate(table.variables)
        if any(isinstance(row[i], ox.NamedNode | ox.BlankNode) for row in table.rows)
    ]
