"""Which columns of an answer can be drawn, name what is drawn, or be nodes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import polars as pl
import pyoxigraph as ox

from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import LABEL
from kg.stores import Table


def numbers(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can draw."""
    return [name for name in frame.columns if frame[name].dtype.is_numeric()]


def labels(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can take its labels from, texts first."""
    drawn = numbers(frame)
    return [name for name in frame.columns if name not in drawn] + drawn


def labelled(guideline: Guideline, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return an answer with a column of labels beside each column of what has labels.

    That is a column of IRIs with labels in the ontology, or one of identifiers that are all of
    the guideline; where the answer has the labels already, none are added.
    """
    known, shown = _known(guideline), frame.clone()  # columns are inserted in place
    there = {tuple(frame[name].to_list()) for name in frame.columns}
    for place, name in enumerate(table.variables):
        terms = [row[place] for row in table.rows]
        told = {term: _label(guideline, known, term) for term in set(terms) if term is not None}
        is_whole = all(told.values()) or all(isinstance(t, ox.NamedNode) for t in told)
        found = tuple(told.get(term) for term in terms)  # type: ignore[arg-type]
        if not any(found) or not is_whole or found in there:
            continue
        column = pl.Series(f"{name} (label)", found, pl.String)
        shown = shown.insert_column(shown.columns.index(name) + 1, column)
    return shown


@lru_cache(maxsize=4)
def _known(guideline: Guideline) -> Mapping[str, str]:
    """Return the labels of the identifiers of the guideline."""
    parts = (guideline.variables, guideline.criteria, every_therapy(guideline))
    found = {name: one.label for part in parts for name, one in part.items()}
    verdicts = {name: label for name, (label, _) in guideline.verdicts.items()}
    return {**guideline.kinds, **found, **verdicts}


def _label(guideline: Guideline, known: Mapping[str, str], term: object) -> str | None:
    if isinstance(term, ox.NamedNode):
        return guideline.ontology.text(term, LABEL)
    return known.get(term.value) if isinstance(term, ox.Literal) else None


def iris(table: Table) -> list[str]:
    """Return the columns that hold an IRI or a blank node: those that can be nodes."""
    return [
        name
        for i, name in enumerate(table.variables)
        if any(isinstance(row[i], ox.NamedNode | ox.BlankNode) for row in table.rows)
    ]
