"""The flow of patients for a therapy as a picture: who falls out where, as trials report it."""

from __future__ import annotations

import altair as alt
import polars as pl

_ROW, _LEFT, _RIGHT = 40, 30, 400
_GRAY, _BLUE = "#999999", "#2C88C6"  # is read on white and on black


def flow_chart(frame: pl.DataFrame, patients: int) -> alt.LayerChart:
    """Return the steps of a flow below each other: to the right who falls out, below who is left.

    `frame` has `chosen`, `reason`, `verdict`, `patients` and `left`; a reason with a dot in its
    key takes patients out, the others are where they end.
    """
    out = pl.col("chosen").str.contains(".", literal=True)
    told = frame.with_columns(
        pl.int_range(1, len(frame) + 1).alias("row"),
        pl.when(out)
        .then(pl.col("verdict") + ": " + pl.col("reason"))
        .otherwise(pl.col("reason"))
        .alias("words"),
        out.alias("out"),
    ).with_columns(pl.format("n = {}  {}", "patients", "words").alias("words"))
    start = pl.DataFrame({"row": [0], "words": [f"n = {patients}  patients"], "out": [False]})
    data = pl.concat([start, told.select("row", "words", "out")], how="vertical_relaxed")
    last = data["row"].max()
    y = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[-0.5, len(data) - 0.5], reverse=True))
    x = alt.Scale(domain=[0, _RIGHT])
    stem = (
        alt.Chart(pl.DataFrame({"x": [_LEFT - 15], "row": [0], "end": [last]}))
        .mark_rule(color=_GRAY)
        .encode(x=alt.X("x:Q", axis=None, scale=x), y=y, y2="end:Q")
    )
    arms = pl.DataFrame(data).with_columns(
        pl.lit(_LEFT - 15).alias("x"), pl.when("out").then(55).otherwise(_LEFT - 5).alias("end")
    )
    branches = (
        alt.Chart(arms)
        .mark_rule(color=_GRAY)
        .encode(x=alt.X("x:Q", axis=None, scale=x), x2="end:Q", y=y)
    )
    texts = (
        alt.Chart(arms)
        .mark_text(align="left", dx=4, fontSize=12, limit=480)
        .encode(
            x=alt.X("end:Q", axis=None, scale=x),
            y=y,
            text="words:N",
            color=alt.condition("datum.out", alt.value("#7B828C"), alt.value(_BLUE)),
        )
    )
    return alt.LayerChart(layer=[stem, branches, texts], height=26 * len(data))
