"""Parts of pages that run in the browser: trees, graphs, an editor of SPARQL, what a tab remembers.

All of them are sent by this machine. A large library is a component of its own: what stays the
same is sent to a browser once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from html import escape
from typing import Any, Literal

import streamlit as st

from kg.explanation.drawing import Branch, outlined, tree
from kg.paths import ui_asset
from kg.reference.trees import GraphEdge, GraphNode

ROW, MARGIN = 30, 16  # pixels, as in graph.js


@dataclass(frozen=True)
class Fault:
    """A place in the text of an editor to mark; `number` tells one run from another."""

    line: int
    column: int | None
    message: str
    number: int


_styled = partial(st.components.v2.component, css=ui_asset("components.css"))
_cytoscape = st.components.v2.component("hcc_kg_cytoscape", js=ui_asset("cytoscape.min.js"))
_codemirror = st.components.v2.component("hcc_kg_codemirror", js=ui_asset("codemirror.min.js"))
tab = st.components.v2.component("hcc_kg_history", js=ui_asset("history.js"))
_drawing = _styled(
    "hcc_kg_drawing", html='<div class="drawing" tabindex="0"></div>', js=ui_asset("drawing.js")
)
_graph = _styled("hcc_kg_graph", html='<div class="graph"></div>', js=ui_asset("graph.js"))
_editor = _styled("hcc_kg_editor", html=ui_asset("editor.html"), js=ui_asset("sparql_editor.js"))


def show_tree(branches: Sequence[Branch], label: str, key: str) -> None:
    """Show a tree in the colours of the theme, and in words for screen readers."""
    words = "".join(f"<li>{escape(line)}</li>" for line in outlined(branches))
    _drawing(key=key, data=f"{tree(branches, label)}<ul>{words}</ul>")


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
) -> None:
    """Show a graph, of which nodes can be picked.

    `layout` is a tree with one node a row, columns of nodes, or free (springs; give a height).
    `label` says in words what the picture shows. A page offers the same choice as a list, for
    those who use the keyboard. `on_click` is told the id of a node before the run that a click
    starts.
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
        _cytoscape(key=f"{key}:library")
        _graph(key=key, data=data, on_clicked_change=clicked)


def in_order(said: Mapping[str, Any], names: Sequence[str], revision: str) -> list[tuple[str, str]]:
    """Return the texts under those names that were said under a revision, the first one first."""
    found = [(said[name]["time"], name, said[name]) for name in names if said.get(name)]
    return [(n, one["text"]) for _, n, one in sorted(found) if one["revision"] == revision]


def editor(
    text: str,
    revision: str,
    key: str,
    *,
    label: str,
    terms: Sequence[tuple[str, str, str]],
    prefixes: Mapping[str, str],
    fault: Fault | None,
    on_edit: Callable[[str], None],
    on_run: Callable[[str], None],
) -> None:
    """Show a query to edit, with its Run button; a term is its name, its label and its kind.

    Another `revision` puts `text` into the editor; under the same one the browser's text stands.
    `on_edit` is told the text when the typing pauses, `on_run` when it is to be asked, both
    before the run that this starts. What was typed under an earlier revision is not told. Where
    both come at once, they are told in the order in which they were said.
    """
    data = {
        "text": text,
        "revision": revision,
        "label": label,
        "terms": [*terms],
        "prefixes": dict(prefixes),
        "fault": vars(fault) if fault else None,
    }

    def tell(*names: str) -> None:
        for name, said in in_order(st.session_state[key], names, revision):
            tells[name](said)

    tells = {"edited": on_edit, "run": on_run}
    with st.container(gap=None):
        _codemirror(key=f"{key}:library")
        _editor(
            key=key,
            data=data,
            on_edited_change=partial(tell, "edited"),
            on_run_change=partial(tell, *tells),
        )
