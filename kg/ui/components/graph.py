"""A graph to look at and to pick nodes from, drawn by cytoscape in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Literal, cast

import streamlit as st

from kg.paths import ui_assets
from kg.reference.trees import GraphEdge, GraphNode

ROW, MARGIN = 30, 16  # pixels, as in graph.js

_CSS = """
.graph { position: relative; width: 100%; }
.graph { color: var(--st-text-color); transition: color 1ms; }
"""


def _asset(name: str) -> str:
    return (ui_assets() / name).read_text("utf-8")


# Two components: the library is large, and what stays the same is sent to a browser once.
_library = st.components.v2.component("hcc_kg_cytoscape", js=_asset("cytoscape.min.js"))
_graph = st.components.v2.component(
    "hcc_kg_graph",
    html='<div class="graph"></div>',
    css=_CSS,
    js=_asset("graph.js"),
)


def graph(
    nodes: Sequence[GraphNode],
    edges: Sequence[GraphEdge],
    key: str,
    *,
    label: str,
    layout: Literal["tree", "columns", "free"] = "columns",
    selected: str | None = None,
    height: int | None = None,
    on_click: Callable[[str], None] | None = None,
) -> str | None:
    """Show a graph and return the id of the node that was clicked in this run.

    `layout` is a tree with one node a row, columns of nodes, or free (springs; give a height).
    `label` says in words what the picture shows. A page offers the same choice as a list, for
    those who use the keyboard. `on_click` is called before the run that a click starts.
    """
    rows = max((node.row for node in nodes), default=0) + 1
    data = {
        "nodes": [asdict(node) for node in nodes],
        "edges": [asdict(edge) for edge in edges],
        "layout": layout,
        "selected": selected,
        "label": label,
        "height": height or rows * ROW + MARGIN,
    }

    def clicked() -> None:
        name = st.session_state[key].get("clicked")
        if name is not None and on_click is not None:
            on_click(name)

    with st.container(gap=None):
        _library(key=f"{key}:library")
        found = _graph(key=key, data=data, on_clicked_change=clicked)
    return cast("str | None", found.get("clicked"))
