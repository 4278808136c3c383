"""The charts of a cohort. Bars are chosen by their fields `therapy` and `chosen`.

Colours are those of Okabe and Ito; the theme gives background and text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from kg.explanation.explanations import VERDICT_COLOURS
from kg.guideline import Guideline
from kg.reasoning.verdicts import VERDICT_SIGNS, VERDICTS

BAR = "bar"
_BLACK = "#1a1a1a"  # on bars, which are light in both themes
_DOT, _NO_DOT = "#0072B2", "#A8ADB5"
_ROW = 22
_COUNTS = alt.Axis(tickMinStep=1, format=",d")
_NAMES = 150  # pixels for names beside a chart
_LABELS = 210
_BESIDE = {  # the title stands within the width of the axis, which it would widen otherwise
    "tickCount": 4,
    "tickMinStep": 1,
    "titleAngle": 0,
    "titleAlign": "left",
    "titleX": -_NAMES,
    "titleY": 75,
}


Legend = Sequence[tuple[str, str]]
"""Colours, each with what it means."""
_WHY_NOT = (
    ("contraindicated.", "contraindicated by this alone", "#D55E00"),
    ("contraindicated.", "contraindicated by this and others", "#F0B080"),
    ("not_indicated.", "not indicated by this alone", "#7B828C"),
    ("not_indicated.", "not indicated by this and others", "#C9CDD3"),
)
_MISSING = (("verdicts that miss nothing else", "#0072B2"), ("verdicts that miss more", "#8FCBEF"))
WHY_NOT_LEGEND: Legend = [(colour, told) for _, told, colour in _WHY_NOT]
MISSING_LEGEND: Legend = [(colour, told) for told, colour in _MISSING]


def verdict_legend(guideline: Guideline) -> Legend:
    """Return the colours of verdicts with their signs and words."""
    return [(VERDICT_COLOURS[word], told) for word, told in _signed(guideline).items()]


def _signed(guideline: Guideline) -> dict[str, str]:
    return {word: f"{VERDICT_SIGNS[word]} {guideline.verdicts[word][0]}" for word in VERDICTS}


def verdicts(guideline: Guideline, frame: pl.DataFrame, chosen: tuple[str, str]) -> alt.LayerChart:
    """Return the verdicts on each therapy as stacked bars with the signs of the verdicts."""
    told = _signed(guideline)
    data = _stacked(frame, told, chosen)
    names = frame["therapy_label"].unique(maintain_order=True).to_list()
    y = alt.Y("therapy_label:N", sort=names, title=None, axis=_names_axis())
    faded = alt.Opacity("strong:Q", scale=None)
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=y,
            x=_x("begin:Q"),
            x2="end:Q",
            color=alt.Color(
                "told:N",
                sort=list(told.values()),
                scale=alt.Scale(domain=list(told.values()), range=list(VERDICT_COLOURS.values())),
                legend=None,
            ),
            opacity=faded,
            tooltip=[
                alt.Tooltip("therapy_label", title="therapy"),
                *("verdict", "patients", "palliative"),
            ],
        )
        .add_params(_clicks("therapy", "chosen"))
    )
    signs = (
        alt.Chart(data)
        .mark_text(color=_BLACK, fontSize=12)
        .encode(
            y=y, x=alt.X("middle:Q", title="patients", axis=_COUNTS), text="sign:N", opacity=faded
        )
    )
    return alt.LayerChart(layer=[bars, signs], height=alt.Step(_ROW))


def _stacked(frame: pl.DataFrame, told: Mapping[str, str], chosen: tuple[str, str]) -> pl.DataFrame:
    """Return where each part of a bar begins and ends, with its sign where it has room."""
    totals = frame.group_by("therapy").agg(pl.col("patients").sum().alias("all"))
    return (
        frame.filter(pl.col("patients") > 0)
        .join(totals, on="therapy", maintain_order="left")
        .with_columns(
            pl.col("chosen").replace_strict(told, return_dtype=pl.String).alias("told"),
            pl.col("chosen").replace_strict(VERDICT_SIGNS, return_dtype=pl.String).alias("sign"),
            _order("chosen", VERDICTS),
            pl.col("patients").cum_sum().over("therapy").alias("end"),
            _strong((pl.col("therapy") == chosen[0]) & (pl.col("chosen") == chosen[1]), chosen[1]),
        )
        .with_columns(
            (pl.col("end") - pl.col("patients")).alias("begin"),
            (pl.col("end") - pl.col("patients") / 2).alias("middle"),
            pl.when(pl.col("patients") / pl.col("all") < 0.05)
            .then(pl.lit(""))
            .otherwise(pl.col("sign"))
            .alias("sign"),
        )
    )


def overlap_bars(frame: pl.DataFrame, chosen: str) -> alt.Chart:
    """Return the combinations of therapies as bars, the upper half of an UpSet plot."""
    data = frame.with_columns(_strong(pl.col("chosen") == chosen, chosen))
    bars: alt.Chart = (
        alt.Chart(data)
        .mark_bar(color=_DOT)
        .encode(
            x=alt.X("chosen:N", sort=frame["chosen"].to_list(), axis=None),
            y=alt.Y("patients:Q", title="patients", axis=_names_axis(**_BESIDE)),
            opacity=alt.Opacity("strong:Q", scale=None),
            tooltip=["eligible_for", "therapies", "patients"],
        )
        .properties(height=150)
        .add_params(_clicks("chosen"))
    )
    return bars


def overlap_dots(dots: pl.DataFrame, names: Sequence[str]) -> alt.LayerChart:
    """Return which therapies make each combination, the lower half of an UpSet plot."""
    x = alt.X("chosen:N", sort=dots["chosen"].unique(maintain_order=True).to_list(), axis=None)
    y = alt.Y("therapy:N", sort=list(names), title=None, axis=_names_axis())
    colour = alt.Color("part:N", scale=alt.Scale(domain=[0, 1], range=[_NO_DOT, _DOT]), legend=None)
    faint = alt.Opacity("strong:Q", scale=None)
    data = dots.with_columns(pl.when(pl.col("part") == 1).then(1.0).otherwise(0.35).alias("strong"))
    parts = data.filter(pl.col("part") == 1)
    circles = alt.Chart(data).mark_circle(size=70).encode(x=x, y=y, color=colour, opacity=faint)
    lines = alt.Chart(parts).mark_line(color=_DOT, strokeWidth=2).encode(x=x, y=y, detail="chosen")
    return alt.LayerChart(layer=[circles, lines], height=alt.Step(18))


def why_not(frame: pl.DataFrame, chosen: str) -> alt.Chart:
    """Return the reasons against a therapy: for how many patients, and for how many alone."""
    parts = pl.concat(
        frame.filter(pl.col("chosen").str.starts_with(prefix)).with_columns(
            (pl.col("alone") if i % 2 == 0 else pl.col("patients") - pl.col("alone")).alias("part"),
            pl.lit(told).alias("how"),
            pl.lit(i).alias("place"),
        )
        for i, (prefix, told, _) in enumerate(_WHY_NOT)
    )
    tooltip = ["reason", "criterion", "verdict", "patients", "alone"]
    return _parted(parts, frame, "reason", legend=WHY_NOT_LEGEND, tooltip=tooltip, chosen=chosen)


def missing(frame: pl.DataFrame, chosen: str) -> alt.Chart:
    """Return the missing variables by the verdicts they block, and those they would settle."""
    settles = pl.col("settles_verdicts")
    parts = pl.concat(
        frame.with_columns(
            (settles if i == 0 else pl.col("verdicts") - settles).alias("part"),
            pl.lit(told).alias("how"),
            pl.lit(i).alias("place"),
        )
        for i, (told, _) in enumerate(_MISSING)
    )
    tooltip = ["variable", *frame.columns[2:]]
    return _parted(
        parts,
        frame,
        "variable",
        legend=MISSING_LEGEND,
        tooltip=tooltip,
        chosen=chosen,
        title="verdicts",
    )


def conflicts(frame: pl.DataFrame, chosen: str) -> alt.Chart:
    """Return the conflicts by how many records they are in."""
    parts = frame.with_columns(
        pl.col("patients").alias("part"), pl.lit("records").alias("how"), pl.lit(0).alias("place")
    )
    return _parted(
        parts,
        frame,
        "rule",
        legend=[("#CC79A7", "records")],
        tooltip=["rule", "conflict", "patients"],
        chosen=chosen,
    )


def _parted(
    parts: pl.DataFrame,
    frame: pl.DataFrame,
    label: str,
    *,
    legend: Legend,
    tooltip: list[str],
    chosen: str,
    title: str = "patients",
) -> alt.Chart:
    """Return bars of one row each, divided into parts; labels are told apart by `chosen`."""
    colours, domain = zip(*legend, strict=True)
    labels = json.dumps(dict(zip(frame["chosen"], frame[label], strict=True)))
    shown = alt.Axis(labelLimit=_LABELS, labelExpr=f"({labels})[datum.value]")
    data = parts.filter(pl.col("part") > 0).with_columns(
        _strong(pl.col("chosen") == chosen, chosen)
    )
    bars: alt.Chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("chosen:N", sort=frame["chosen"].to_list(), title=None, axis=shown),
            x=_x("part:Q", title),
            color=alt.Color(
                "how:N",
                scale=alt.Scale(domain=list(domain), range=list(colours)),
                legend=None,
            ),
            order="place:Q",
            opacity=alt.Opacity("strong:Q", scale=None),
            tooltip=tooltip,
        )
        .properties(height=alt.Step(_ROW))
        .add_params(_clicks("chosen"))
    )
    return bars


def _clicks(*fields: str) -> alt.Parameter:
    return alt.selection_point(name=BAR, fields=list(fields), on="click", empty=True)


def _names_axis(**more: Any) -> alt.Axis:
    """Return an axis of fixed width, so that charts below each other stand in line."""
    return alt.Axis(minExtent=_NAMES, maxExtent=_NAMES, labelLimit=_NAMES - 10, **more)


def _strong(is_chosen: pl.Expr, chosen: str) -> pl.Expr:
    """Return how strong each bar is drawn: all of them where none is chosen."""
    faded = pl.when(is_chosen).then(1.0).otherwise(0.45)
    return (faded if chosen else pl.lit(1.0)).alias("strong")


def _order(column: str, words: Sequence[str]) -> pl.Expr:
    places = {word: place for place, word in enumerate(words)}
    return pl.col(column).replace_strict(places, return_dtype=pl.Int32).alias("order")


def _x(field: str, title: str = "patients") -> alt.X:
    return alt.X(field, title=title, axis=_COUNTS)
