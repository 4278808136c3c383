"""Charts of a classified table as Altair objects, to show in a notebook or save as SVG or PNG.

    chart = kg.charts.verdicts(kg.classify_table("patients.csv"))
    chart.save("verdicts.svg")

Each has a title, how many patients it counts, where the verdicts come from, and signs in its
legend, so that colour is never needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import altair as alt
import polars as pl
from altair.typing import Optional

from kg.explanation.explanations import VERDICT_COLOURS
from kg.guideline import Guideline
from kg.keys import ID
from kg.reasoning.verdicts import ELIGIBLES, VERDICT_SIGNS, VERDICTS
from kg.tables import TableResult
from kg.texts import counted

ROW, _CELL, _MOST = 22, 34, 20
_BLUE, _PALE = "#0072B2", "#8FCBEF"
_LABELS = alt.Axis(labelLimit=240)
_VERDICTS = {"therapy": pl.String, "verdict": pl.String, "order": pl.Int64, "patients": pl.Int64}
_COUNTS = alt.Axis(tickMinStep=1, format=",d")


def verdicts(result: TableResult) -> alt.Chart:
    """Return how many patients got each verdict on each therapy, as stacked bars."""
    words = verdict_words(result.guideline)
    rows = [
        (result.guideline.therapies[name].label, words[word], VERDICTS.index(word), patients)
        for name in result.therapies
        for word, patients in result.summary.of(name).items()
        if patients
    ]
    return parted(
        pl.DataFrame(rows, _VERDICTS, orient="row"),
        ("therapy", "verdict", "patients"),
        {words[word]: VERDICT_COLOURS[word] for word in VERDICTS},
        legend=alt.Legend(title="verdict"),
    ).properties(title=_title(result, "Verdicts by therapy"))


def overlaps(result: TableResult) -> alt.LayerChart:
    """Return how many patients are eligible for both of two therapies, as a matrix.

    The diagonal says how many are eligible for one; all three eligible verdicts count.
    """
    names = {name: each.short_name for name, each in result.guideline.therapies.items()}
    kept = result.frame.filter(pl.col("verdict").cast(pl.String).is_in(ELIGIBLES)).select(
        ID, pl.col("therapy").cast(pl.String)
    )
    pairs = (
        kept.join(kept, on=ID, suffix="_too")
        .group_by("therapy", "therapy_too")
        .len("patients")
        .with_columns(
            pl.col("therapy", "therapy_too").replace_strict(names, return_dtype=pl.String)
        )
        .sort("therapy", "therapy_too")
    )
    order = [names[name] for name in result.therapies]
    base = alt.Chart(pairs, title=_title(result, "Patients eligible for two therapies")).encode(
        x=alt.X("therapy:N", sort=order, title="eligible for", axis=alt.Axis(labelAngle=-60)),
        y=alt.Y("therapy_too:N", sort=order, title="and for"),
        tooltip=["therapy:N", "therapy_too:N", "patients:Q"],
    )
    scale = alt.Scale(range=["#EAF4FB", _PALE])
    cells = base.mark_rect().encode(
        color=alt.Color("patients:Q", scale=scale, legend=alt.Legend(title="patients"))
    )
    numbers = base.mark_text(color="#1a1a1a").encode(text="patients:Q")
    return alt.LayerChart(layer=[cells, numbers], width=alt.Step(_CELL), height=alt.Step(ROW))


def missing(result: TableResult) -> alt.Chart:
    """Return the unknown variables that leave most verdicts undetermined, as stacked bars."""
    kinds = ("nothing else is missing", "more is missing")
    labels = {name: variable.label for name, variable in result.guideline.variables.items()}
    data = (
        result.frame.filter(pl.col("missing").list.len() > 0)
        .with_columns((pl.col("missing").list.len() > 1).cast(pl.Int8).alias("order"))
        .explode("missing")
        .with_columns(
            pl.col("missing").cast(pl.String).replace_strict(labels).alias("variable"),
            pl.col("order").replace_strict({0: kinds[0], 1: kinds[1]}).alias("the verdict"),
        )
        .group_by("variable", "the verdict", "order")
        .len("verdicts")
        .with_columns(pl.col("verdicts").sum().over("variable").alias("all"))
        .sort("all", "variable", "order", descending=[True, False, False])
    )
    order = data["variable"].unique(maintain_order=True).head(_MOST).to_list()
    left_out = data["variable"].n_unique() - len(order)
    title = "Unknown variables that leave verdicts undetermined"
    title += f" (the first {_MOST}; {left_out} more)" if left_out else ""
    return parted(
        data.filter(pl.col("variable").is_in(order)),
        ("variable", "the verdict", "verdicts"),
        dict(zip(kinds, (_BLUE, _PALE), strict=True)),
        legend=alt.Legend(title="for a verdict"),
        title="undetermined verdicts",
    ).properties(title=_title(result, title))


def parted(
    data: pl.DataFrame,
    columns: tuple[str, str, str],
    colours: Mapping[str, str],
    *,
    legend: Optional[alt.Legend] = alt.Undefined,
    title: str | None = None,
    axis: alt.Axis = _LABELS,
    tooltip: Sequence[str | alt.Tooltip] = (),
) -> alt.Chart:
    """Return bars, below each other as they come, in parts of the colours of what they are of.

    The columns are those of the labels, of what the parts are of, and of their numbers; a column
    `order` says in which order they stand.
    """
    label, part, number = columns
    encoding: dict[str, Any] = {
        "x": alt.X(f"{number}:Q", title=title or number, axis=_COUNTS),
        "y": alt.Y(f"{label}:N", sort=None, title=None, axis=axis),
        "color": alt.Color(
            f"{part}:N",
            scale=alt.Scale(domain=list(colours), range=list(colours.values())),
            legend=legend,
        ),
        "order": alt.Order("order:Q"),
        "tooltip": list(tooltip or columns),
    }
    chart: alt.Chart = alt.Chart(data).mark_bar().encode(**encoding)
    return chart.properties(height=alt.Step(ROW))


def verdict_words(guideline: Guideline) -> dict[str, str]:
    """Return the verdicts in words, each after its sign."""
    return {word: f"{sign} {guideline.verdicts[word][0]}" for word, sign in VERDICT_SIGNS.items()}


def _title(result: TableResult, text: str) -> alt.TitleParams:
    """Return a title, with how many patients are counted and by which guideline."""
    source, summary = result.guideline.source, result.summary
    left_out = f", {counted(summary.rejected, 'row')} rejected" if summary.rejected else ""
    told = [
        f"n = {counted(summary.patients, 'patient')}{left_out}",
        f"Source: hcc-kg {metadata.version('hcc-kg')}, {source.title}",
    ]
    return alt.TitleParams(text, subtitle=told, anchor="start")
