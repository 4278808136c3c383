"""Charts and trees to save as SVG and as PNG for print, with what a picture alone needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from importlib import metadata
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import streamlit as st
import vl_convert

from kg.explanation.drawing import Branch, Frame, tree
from kg.guideline import Guideline
from kg.ui import session
from kg.ui.taking import copies, download

if (
    TYPE_CHECKING
):  # charts are made elsewhere: what shows a tree alone need not load what makes them
    import altair as alt

Chart: TypeAlias = "alt.Chart | alt.LayerChart | alt.VConcatChart"
Makes = Mapping[str, Callable[[], str | bytes]]
_INK, _PALE = "#666b73", "#a3a9b2"
_PRINT = 300  # dots an inch
_FONTS = "DejaVu Sans, Verdana, Helvetica, sans-serif"  # first one that has our signs


class Look(NamedTuple):
    """How a part of bars looks: its words, its colour, and its sign, if it has one."""

    told: str
    colour: str
    sign: str = ""


def saves(
    chart: Chart, name: str, title: str, about: str, snippets: Mapping[str, str] | None = None
) -> None:
    """Offer a chart as SVG and PNG; `about` says what it counts, such as how many patients.

    `snippets` are what gives its numbers elsewhere, by what runs them.
    """
    _offer(name, made(chart, title, about), snippets)


def tree_saves(
    branches: Sequence[Branch],
    name: str,
    frame: Frame,
    snippets: Mapping[str, str] | None = None,
    editions: Sequence[Guideline] = (),
) -> None:
    """Offer a tree as SVG and PNG, in a frame to which source and editions are added.

    The edition is that of the session, unless the tree is of others.
    """
    whole = replace(frame, below=[*filter(None, frame.below), _source(*editions)])
    to_svg = partial(tree, branches, frame.title, whole)
    makes: Makes = {"svg": to_svg, "png": lambda: vl_convert.svg_to_png(to_svg(), ppi=_PRINT)}
    _offer(name, makes, snippets)


def _source(*editions: Guideline) -> str:
    titles = (one.source.title for one in editions or [session.guideline()])
    version = metadata.version("hcc-kg")
    return f"{'; '.join(titles)}; hcc-kg {version}. For research and teaching."


def _offer(name: str, made_: Makes, snippets: Mapping[str, str] | None = None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Save the picture", width="content")
        for ending, make in made_.items():
            file = f"{name}.{ending}"
            told = f"With title, legend and source, as {file}"
            download(file, make, icon=":material/image:", help=told)
        if snippets:
            copies(snippets, name)


def made(chart: Chart, title: str, about: str) -> Makes:
    """Return what makes a chart, by its endings."""
    spec = partial(alone, chart, title, [about, _source()])
    return {
        "svg": lambda: vl_convert.vegalite_to_svg(spec()),
        "png": lambda: vl_convert.vegalite_to_png(spec(), ppi=_PRINT),
    }


def readable(chart: Chart) -> Chart:
    """Return a chart whose words are as readable as text is, on white more than the theme's are.

    A theme that is changed meanwhile is told of with the next click only, so the grays are such
    as can be read on the other ground till then.
    """
    if st.context.theme.type == "dark":
        dark: Chart = chart.configure_text(color=_PALE)
        return dark
    found: Chart = chart.configure_axis(labelColor=_INK, titleColor=_INK).configure_text(color=_INK)
    return found


def legend(looks: Iterable[Look]) -> None:
    """Show what the colours of a chart mean: beside charts, which would cut it where narrow."""
    entries = "".join(
        '<span style="display:inline-block;margin-right:1rem;white-space:nowrap">'
        f'<span aria-hidden="true" style="color:{look.colour}">■</span> {escape(look.told)}</span>'
        for look in looks
    )
    st.html(f'<div style="font-size:0.875rem">{entries}</div>')


def alone(chart: Chart, title: str, below: list[str]) -> str:
    """Return a chart as Vega-Lite with title and source, on white."""
    told = {"text": title, "subtitle": [line for line in below if line], "anchor": "start"}
    whole = chart.properties(title=told, background="white")
    legends = {"labelLimit": 400, "title": None}
    spec = whole.configure(font=_FONTS, legend=legends).to_dict()
    for row in chain.from_iterable(spec.get("datasets", {}).values()):
        row.update({"strong": 1} if "strong" in row else {})  # a bar is chosen on a page alone
    return json.dumps(spec)
