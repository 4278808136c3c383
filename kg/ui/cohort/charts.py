"""Charts of a cohort, of which the bars can be clicked: each has the field `chosen`.

Colours are those of Okabe and Ito; the theme gives background and text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from kg.charts import ROW, parted, verdict_words
from kg.explanation.explanations import VERDICT_COLOURS
from kg.guideline import Guideline
from kg.reasoning.verdicts import VERDICT_SIGNS
from kg.ui.pictures import Look, readable

_BAR = "bar"
_BLACK = "#1a1a1a"  # on bars, which are light in both themes
_DOT, _NO_DOT = "#0072B2", "#A8ADB5"
_LEAST = 0.05  # of a bar, which has room for a sign
_NAMES = 150  # pixels for names beside a chart
_STEP = 44  # letters of a line of a flow
_LABELS, _LINE = 210, 38  # pixels, and letters, of a line of a label
_LEFT, _RIGHT = 30, 400  # pixels, of the flow
_OPACITY = alt.Opacity("strong:Q", scale=None)
_GRAY = "#999999"  # is seen on white and on black

Parts = Mapping[Look, pl.Expr]  # each with its number


def _against(verdict: str, number: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("chosen").str.starts_with(f"{verdict}.")).then(number).otherwise(0)


_ALONE, _OTHERS = pl.col("alone"), pl.col("patients") - pl.col("alone")
WHY_NOT: Parts = {
    Look("contraindicated by this alone", "#D55E00"): _against("contraindicated", _ALONE),
    Look("contraindicated by this and others", "#F0B080"): _against("contraindicated", _OTHERS),
    Look("not indicated by this alone", "#7B828C"): _against("not_indicated", _ALONE),
    Look("not indicated by this and others", "#C9CDD3"): _against("not_indicated", _OTHERS),
}
MISSING: Parts = {
    Look("verdicts that miss nothing else", "#0072B2"): pl.col("settles_verdicts"),
    Look("verdicts that miss more", "#8FCBEF"): pl.col("verdicts") - pl.col("settles_verdicts"),
}
CONFLICTS: Parts = {Look("records", "#CC79A7"): pl.col("patients")}


def verdict_looks(guideline: Guideline) -> dict[str, Look]:
    """Return the words, colours and signs of verdicts."""
    words = verdict_words(guideline)
    return {n: Look(told, VERDICT_COLOURS[n], VERDICT_SIGNS[n]) for n, told in words.items()}


def show(
    chart: alt.Chart | alt.LayerChart,
    told: str,
    key: str = "",
    fields: Sequence[str] = (),
    hear: Callable[[dict[str, str]], None] = lambda _: None,
) -> None:
    """Show a chart without its legend; where its bars have `fields` to tell, they can be clicked.

    `told` says in words what it shows. `hear` is told the fields of a bar, or none where it was
    clicked away.
    """
    how: dict[str, Any] = {}
    if fields:
        point = alt.selection_point(name=_BAR, fields=list(fields), on="click", empty=True)
        chart = chart.add_params(point)

        def clicked() -> None:
            bars = st.session_state[key]["selection"].get(_BAR) or [{}]
            hear({name: str(value) for name, value in bars[-1].items()})

        how = {"key": key, "on_select": clicked, "selection_mode": _BAR}
    st.altair_chart(readable(chart.configure_legend(disable=True)), alt=told, **how)


def stacked(
    frame: pl.DataFrame,
    looks: Mapping[str, Look],
    chosen: tuple[str, str],
    tooltip: Sequence[str],
    *,
    names: int = _NAMES,
    of: str = "therapy",
) -> alt.LayerChart:
    """Return bars of the columns `therapy`, `label`, `chosen` and `patients`, with their signs.

    They stand in the order in which their labels come first.
    """
    rows = [(word, place, *look) for place, (word, look) in enumerate(looks.items())]
    about = pl.DataFrame(rows, ["chosen", "order", *Look._fields], orient="row")
    share = pl.col("patients") / pl.col("patients").sum().over("therapy")
    is_chosen = (pl.col("therapy") == chosen[0]) & (pl.col("chosen") == chosen[1])
    bars = parted(
        frame.select(pl.col("label").unique(maintain_order=True))
        .join(frame.filter(pl.col("patients") > 0), "label", maintain_order="left_right")
        .join(about, "chosen", maintain_order="left")
        .with_columns(
            pl.when(share < _LEAST).then(pl.lit("")).otherwise("sign").alias("sign"),
            _strong(is_chosen, chosen[1]),
        ),
        ("label", "told", "patients"),
        {look.told: look.colour for look in looks.values()},
        axis=_names_axis(names),
        tooltip=[alt.Tooltip("label", title=of), *tooltip],
    ).encode(opacity=_OPACITY)
    signs: alt.Chart = bars.mark_text(color=_BLACK, fontSize=12).encode(
        alt.X("patients:Q", stack="zero", bandPosition=0.5), text="sign:N", color=alt.value(_BLACK)
    )
    return alt.LayerChart(layer=[bars, signs])


def overlap_bars(frame: pl.DataFrame, chosen: str) -> alt.Chart:
    """Return the combinations of therapies as bars, the upper half of an UpSet plot."""
    # The title stands within the width of the axis, which it would widen otherwise.
    beside: dict[str, Any] = {"titleAngle": 0, "titleAlign": "left", "titleX": -_NAMES}
    axis = _names_axis(tickCount=4, tickMinStep=1, titleY=75, **beside)
    data = frame.with_columns(_strong(pl.col("chosen") == chosen, chosen))
    bars: alt.Chart = (
        alt.Chart(data, height=150)
        .mark_bar(color=_DOT)
        .encode(
            x=alt.X("chosen:N", sort=None, axis=None),
            y=alt.Y("patients:Q", title="patients", axis=axis),
            opacity=_OPACITY,
            tooltip=["eligible_for", "therapies", "patients"],
        )
    )
    return bars


def overlap_dots(dots: pl.DataFrame, names: Sequence[str]) -> alt.LayerChart:
    """Return which therapies make each combination, the lower half of an UpSet plot."""
    base = alt.Chart(dots).encode(
        x=alt.X("chosen:N", sort=None, axis=None),
        y=alt.Y("therapy:N", sort=list(names), title=None, axis=_names_axis()),
    )
    colour = alt.Color("part:N", scale=alt.Scale(domain=[0, 1], range=[_NO_DOT, _DOT]), legend=None)
    faint = alt.condition("datum.part == 1", alt.value(1), alt.value(0.35))
    circles = base.mark_circle(size=70).encode(color=colour, opacity=faint)
    parts = base.transform_filter("datum.part == 1")
    lines = parts.mark_line(color=_DOT, strokeWidth=2).encode(detail="chosen")
    return alt.LayerChart(layer=[circles, lines], height=alt.Step(18))


def divided(
    frame: pl.DataFrame,
    label: str,
    parts: Parts,
    *,
    tooltip: Sequence[str],
    chosen: str,
    title: str = "patients",
) -> alt.Chart:
    """Return a bar for each row, divided into parts; labels are told apart by `chosen`."""
    lines = {key: wrap(told, _LINE) for key, told in frame.select("chosen", label).iter_rows()}
    labels = json.dumps(lines)
    many = json.dumps([key for key, told in lines.items() if len(told) > 1])
    of_two = f"indexof({many}, datum.value) >= 0"  # stand higher, so that their middle fits
    data = pl.concat(
        frame.with_row_index().with_columns(part=number, how=pl.lit(look.told), order=place)
        for place, (look, number) in enumerate(parts.items())
    )
    bars = parted(
        data.filter(pl.col("part") > 0)
        .sort("index", "order")
        .with_columns(_strong(pl.col("chosen") == chosen, chosen)),
        ("chosen", "how", "part"),
        {look.told: look.colour for look in parts},
        title=title,
        axis=alt.Axis(
            labelLimit=_LABELS,
            labelLineHeight=11,
            labelExpr=f"({labels})[datum.value]",
            labelOffset={"condition": {"test": of_two, "value": -6}, "value": 0},
        ),
        tooltip=tooltip,
    )
    step = max(ROW, 4 + 12 * max(map(len, lines.values()), default=1))
    found: alt.Chart = bars.encode(opacity=_OPACITY).properties(height=alt.Step(step))
    return found


def flow(frame: pl.DataFrame, patients: int) -> alt.LayerChart:
    """Return the steps of a flow below each other: to the right who falls out, below who is left.

    `frame` has `chosen`, `reason`, `verdict` and `patients`; a reason with a dot in its key takes
    patients out, the others are where they end.
    """
    out = pl.col("chosen").str.contains(".", literal=True)
    reason = pl.when(out).then(pl.col("verdict") + ": " + pl.col("reason")).otherwise("reason")
    told = frame.select(words=pl.format("n = {}  {}", "patients", reason), out=out)
    start = pl.DataFrame({"words": [f"n = {patients}  patients"], "out": [False]})
    parts = told["words"].map_elements(lambda text: "\n".join(wrap(text, _STEP)), pl.String)
    data = pl.concat([start, told.with_columns(words=parts)]).with_columns(
        begin=_LEFT - 15,
        end=pl.when("out").then(55).otherwise(_LEFT - 5),
        row=pl.int_range(pl.len()),
    )
    down: dict[str, Any] = {
        "axis": None,
        "scale": alt.Scale(domain=[-0.5, len(data) - 0.5], reverse=True),
    }
    across: dict[str, Any] = {"axis": None, "scale": alt.Scale(domain=[0, _RIGHT])}
    lines = alt.Chart(data).mark_rule(color=_GRAY).encode(x=alt.X("begin:Q", **across))
    stem = lines.encode(y=alt.Y("min(row):Q", **down), y2="max(row):Q")
    arms = lines.encode(x2="end:Q", y=alt.Y("row:Q", **down))
    texts = (
        alt.Chart(data)
        .mark_text(align="left", dx=4, fontSize=12, lineBreak="\n", lineHeight=13)
        .encode(
            y=alt.Y("row:Q", **down),
            x=alt.X("end:Q", **across),
            text="words:N",
            opacity=alt.condition("datum.out", alt.value(0.85), alt.value(1)),
        )
    )
    return alt.LayerChart(layer=[stem, arms, texts], height=30 * len(data))


def _names_axis(pixels: int = _NAMES, **more: Any) -> alt.Axis:
    """Return an axis of fixed width, so that charts below each other stand in line."""
    return alt.Axis(minExtent=pixels, maxExtent=pixels, labelLimit=pixels - 10, **more)


def _strong(is_chosen: pl.Expr, chosen: str) -> pl.Expr:
    """Return how strong each bar is drawn: all of them where none is chosen."""
    faded = pl.when(is_chosen).then(1.0).otherwise(0.45)
    return (faded if chosen else pl.lit(1.0)).alias("strong")
