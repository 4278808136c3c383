"""The columns of an answer: their labels, which can be drawn or be nodes; rows as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl
import pyoxigraph as ox

from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import LABEL
from kg.stores import Table

MOST_BARS = 40
_NTH = "(row of the label)"
_MOST_COLOURS = 8
_OKABE_ITO = {  # without black and white, for either theme
    False: ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"),
    True: ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442", "#999999"),
}


def telling(frame: pl.DataFrame, columns: Sequence[str]) -> str:
    """Return the column that tells rows apart best, the first of several."""
    return max(columns, key=lambda name: (frame[name].n_unique(), -columns.index(name)))


def parting(frame: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the columns that can part bars by colours: those with a few values."""
    texts = [name for name in columns if not frame[name].dtype.is_numeric()]
    return [name for name in texts if 1 < frame[name].n_unique() <= _MOST_COLOURS]


def first_bars(frame: pl.DataFrame, label: str) -> tuple[pl.DataFrame, int]:
    """Return the rows of as many labels as a chart can show, and how many labels are left out."""
    found = frame[label].unique(maintain_order=True)
    kept = found.head(MOST_BARS)
    rows = frame.filter(frame[label].is_in(kept.implode(), nulls_equal=True))
    return rows, len(found) - len(kept)


def bars(frame: pl.DataFrame, label: str, number: str, colour: str | None, dark: bool) -> alt.Chart:
    """Return a bar for each row, in the order of the rows, coloured by a column if one is named.

    Rows with the same label stand below each other and are never added up: a patient may be
    counted in several of them.
    """
    columns = dict.fromkeys([label, number, *([colour] if colour else [])])
    rows = frame.select(
        pl.col(name) if name == number else pl.col(name).cast(pl.String) for name in columns
    ).with_columns(pl.int_range(pl.len()).over(label).alias(_NTH))
    palette = _OKABE_ITO[dark]
    encoding = {
        "x": alt.X(number, type="quantitative", title=number, stack=None),
        "y": alt.Y(label, type="nominal", sort=None, title=label, axis=alt.Axis(labelLimit=150)),
        "yOffset": alt.YOffset(_NTH, type="ordinal"),
        "tooltip": [alt.Tooltip(name) for name in columns],
    }
    if colour is not None:
        values = rows[colour].drop_nulls().unique(maintain_order=True).to_list()
        scale = alt.Scale(domain=values, range=list(palette[: len(values)]))
        legend = alt.Legend(orient="top", columns=1, title=None)
        encoding["color"] = alt.Color(colour, type="nominal", scale=scale, legend=legend)
    chart: alt.Chart = alt.Chart(rows).mark_bar(color=palette[0]).encode(**encoding)
    return chart


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
