"""Rows as a chart of bars: which columns suit, and the chart."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

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
