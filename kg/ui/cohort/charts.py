"""Charts of which the bars can be clicked: each tells its fields `chosen` and, if any, `therapy`.

Colours are those of Okabe and Ito; the theme gives background and text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl

from kg.charts import COUNTS, ROW, parted
from kg.explanation.explanations import VERDICT_COLOURS
from kg.guideline import Guideline
from kg.reasoning.verdicts import VERDICT_SIGNS
from kg.ui.pictures import Look

BAR = "bar"
_BLACK = "#1a1a1a"  # on bars, which are light in both themes
_DOT, _NO_DOT = "#0072B2", "#A8ADB5"
_LEAST = 0.05  # of a bar, which has room for a sign
_NAMES = 150  # pixels for names beside a chart
_STEP = 44  # letters of a line of a flow
_LABELS, _LINE = 210, 38  # pixels, and letters, of a line of a label
_BESIDE: Mapping[
    str, Any
] = {  # the title stands within the width of the axis, which it would widen otherwise
    "tickCount": 4,
    "tickMinStep": 1,
    "titleAngle": 0,
    "titleAlign": "left",
    "titleX": -_NAMES,
    "titleY": 75,
}
_LEFT, _RIGHT = 30, 400  # pixels, of the flow
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
    return {
        word: Look(f"{sign} {guideline.verdicts[word][0]}", VERDICT_COLOURS[word], sign)
        for word, sign in VERDICT_SIGNS.items()
    }


def stacked(
    frame: pl.DataFrame,
    looks: Mapping[str, Look],
    chosen: tuple[str, str],
    tooltip: Sequence[str],
    names: int = _NAMES,
) -> alt.LayerChart:
    """Return bars of the columns `therapy`, `label`, `chosen` and `patients`, with their signs."""
    words = list(looks)
    told, total = pl.col("chosen"), pl.col("patients").sum().over("therapy")
    data = (
        frame.filter(pl.col("patients") > 0)
        .sort(
            told.replace_strict(words, range(len(words)), return_dtype=pl.Int32),
            maintain_order=True,
        )
        .with_columns(
            told.replace_strict(words, [look.told for look in looks.values()]).alias("told"),
            pl.col("patients").cum_sum().over("therapy").alias("end"),
            pl.when(pl.col("patients") / total < _LEAST)
            .then(pl.lit(""))
            .otherwise(told.replace_strict(words, [look.sign for look in looks.values()]))
            .alias("sign"),
            _strong((pl.col("therapy") == chosen[0]) & (told == chosen[1]), chosen[1]),
        )
        .with_columns(
            (pl.col("end") - pl.col("patients")).alias("begin"),
            (pl.col("end") - pl.col("patients") / 2).alias("middle"),
        )
    )
    y = alt.Y("label:N", sort=_in_order(frame["label"]), title=None, axis=_names_axis(names))
    meanings, colours, _ = (list(each) for each in zip(*looks.values(), strict=True))
    scale = alt.Scale(domain=meanings, range=colours)
    base = alt.Chart(data).encode(y=y, opacity=alt.Opacity("strong:Q", scale=None))
    bars = base.mark_bar().encode(
        x=alt.X("begin:Q", title="patients", axis=COUNTS),
        x2="end:Q",
        color=alt.Color("told:N", scale=scale, legend=None),
        tooltip=[alt.Tooltip("label", title="therapy"), *tooltip],
    )
    signs = base.mark_text(color=_BLACK, fontSize=12).encode(
        x=alt.X("middle:Q", title="patients", axis=COUNTS), text="sign:N"
    )
    clicked = bars.add_params(_clicks("therapy", "chosen"))
    return alt.LayerChart(layer=[clicked, signs], height=alt.Step(ROW))


def overlap_bars(frame: pl.DataFrame, chosen: str) -> alt.Chart:
    """Return the combinations of therapies as bars, the upper half of an UpSet plot."""
    data = frame.with_columns(_strong(pl.col("chosen") == chosen, chosen))
    bars: alt.Chart = (
        alt.Chart(data, height=150)
        .mark_bar(color=_DOT)
        .encode(
            x=alt.X("chosen:N", sort=frame["chosen"].to_list(), axis=None),
            y=alt.Y("patients:Q", title="patients", axis=_names_axis(**_BESIDE)),
            opacity=alt.Opacity("strong:Q", scale=None),
            tooltip=["eligible_for", "therapies", "patients"],
        )
    )
    return bars.add_params(_clicks("chosen"))


def overlap_dots(dots: pl.DataFrame, names: Sequence[str]) -> alt.LayerChart:
    """Return which therapies make each combination, the lower half of an UpSet plot."""
    data = dots.with_columns(pl.when(pl.col("part") == 1).then(1.0).otherwise(0.35).alias("strong"))
    base = alt.Chart(data).encode(
        x=alt.X("chosen:N", sort=_in_order(dots["chosen"]), axis=None),
        y=alt.Y("therapy:N", sort=list(names), title=None, axis=_names_axis()),
    )
    colour = alt.Color("part:N", scale=alt.Scale(domain=[0, 1], range=[_NO_DOT, _DOT]), legend=None)
    faint = alt.Opacity("strong:Q", scale=None)
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
    data = pl.concat(
        frame.with_columns(part=number, how=pl.lit(look.told), order=pl.lit(place))
        for place, (look, number) in enumerate(parts.items())
    ).filter(pl.col("part") > 0)
    bars = parted(
        data.with_columns(_strong(pl.col("chosen") == chosen, chosen)),
        ("chosen", "how", "part"),
        {look.told: look.colour for look in parts},
        sort=frame["chosen"].to_list(),
        legend=None,
        title=title,
        axis=alt.Axis(
            labelLimit=_LABELS,
            labelLineHeight=11,
            labelExpr=f"({labels})[datum.value]",
            labelOffset=_raised([key for key, told in lines.items() if len(told) > 1]),
        ),
        tooltip=tooltip,
    )
    step = max(ROW, 4 + 12 * max(map(len, lines.values()), default=1))
    bars = bars.encode(opacity=alt.Opacity("strong:Q", scale=None)).properties(
        height=alt.Step(step)
    )
    return bars.add_params(_clicks("chosen"))


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


def _raised(names: list[str]) -> Any:
    """Return by how many pixels labels of two lines stand higher, so that their middle fits."""
    test = f"indexof({json.dumps(names)}, datum.value) >= 0"
    return {"condition": {"test": test, "value": -6}, "value": 0}


def _clicks(*fields: str) -> alt.Parameter:
    return alt.selection_point(name=BAR, fields=list(fields), on="click", empty=True)


def _names_axis(pixels: int = _NAMES, **more: Any) -> alt.Axis:
    """Return an axis of fixed width, so that charts below each other stand in line."""
    return alt.Axis(minExtent=pixels, maxExtent=pixels, labelLimit=pixels - 10, **more)


def _in_order(labels: pl.Series) -> list[str]:
    return labels.unique(maintain_order=True).to_list()


def _strong(is_chosen: pl.Expr, chosen: str) -> pl.Expr:
    """Return how strong each bar is drawn: all of them where none is chosen."""
    faded = pl.when(is_chosen).then(1.0).otherwise(0.45)
    return (faded if chosen else pl.lit(1.0)).alias("strong")
