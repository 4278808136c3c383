"""What became of the verdicts of a cohort, as stacked bars that can be clicked."""

from __future__ import annotations

import altair as alt
import polars as pl

from kg.ui.compare.words import COLOURS, MEANINGS, SIGNS

BAR = "bar"
_BLACK = "#1a1a1a"  # on bars, which are light in both themes
_ROW, _NAMES, _LEAST = 22, 170, 0.05
_COUNTS = alt.Axis(tickMinStep=1, format=",d")
_TOLD = {name: f"{SIGNS[name]} {name}: {meaning}" for name, meaning in MEANINGS.items()}
LEGEND = [(COLOURS[name], told) for name, told in _TOLD.items()]


def changes(frame: pl.DataFrame, chosen: tuple[str, str]) -> alt.LayerChart:
    """Return bars of the columns `therapy`, `label`, `change` and `patients`, in their order."""
    order = {name: place for place, name in enumerate(COLOURS)}
    total = pl.col("patients").sum().over("therapy")
    data = (
        frame.filter(pl.col("patients") > 0)
        .with_columns(
            pl.col("change").replace_strict(order, return_dtype=pl.Int32).alias("order"),
            pl.col("change").replace_strict(_TOLD, return_dtype=pl.String).alias("told"),
        )
        .sort("order", maintain_order=True)
        .with_columns(pl.col("patients").cum_sum().over("therapy").alias("end"))
        .with_columns(
            (pl.col("end") - pl.col("patients")).alias("begin"),
            (pl.col("end") - pl.col("patients") / 2).alias("middle"),
            pl.when(pl.col("patients") / total < _LEAST)
            .then(pl.lit(""))
            .otherwise(pl.col("change").replace_strict(SIGNS, return_dtype=pl.String))
            .alias("sign"),
            _strong(chosen),
        )
    )
    names = frame["label"].unique(maintain_order=True).to_list()
    axis = alt.Axis(minExtent=_NAMES, maxExtent=_NAMES, labelLimit=_NAMES - 10)
    y = alt.Y("label:N", sort=names, title=None, axis=axis)
    faded = alt.Opacity("strong:Q", scale=None)
    scale = alt.Scale(domain=[told for _, told in LEGEND], range=list(COLOURS.values()))
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=y,
            x=alt.X("begin:Q", title="patients", axis=_COUNTS),
            x2="end:Q",
            color=alt.Color("told:N", scale=scale, legend=None),
            opacity=faded,
            tooltip=[alt.Tooltip("label", title="therapy"), "change", "patients"],
        )
        .add_params(
            alt.selection_point(name=BAR, fields=["therapy", "change"], on="click", empty=True)
        )
    )
    signs = (
        alt.Chart(data)
        .mark_text(color=_BLACK, fontSize=12)
        .encode(y=y, x=alt.X("middle:Q", title="patients"), text="sign:N", opacity=faded)
    )
    return alt.LayerChart(layer=[bars, signs], height=alt.Step(_ROW))


def _strong(chosen: tuple[str, str]) -> pl.Expr:
    """Return how strong each bar is drawn: all of them where none is chosen."""
    therapy, change = chosen
    if not change:
        return pl.lit(1.0).alias("strong")
    is_it = (pl.col("therapy") == therapy) & (pl.col("change") == change)
    return pl.when(is_it).then(1.0).otherwise(0.45).alias("strong")
