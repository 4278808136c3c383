"""What a query came to: a table, a chart or a graph, with its downloads, or its error."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from kg.errors import HccKgError
from kg.explanation.drawing import Frame
from kg.rdf.names import PREFIXES
from kg.reference.snippets import of_query
from kg.stores import Answer, Table
from kg.stores.formats import Format, serialise
from kg.stores.frames import TRIPLE
from kg.texts import capitalised, hint
from kg.ui import pictures, session
from kg.ui.components import graph
from kg.ui.query import drawn
from kg.ui.query.drawn import LEGEND, MOST_NODES, forest, graph_of, iris, labelled, numbers
from kg.ui.query.session import CHART, EXAMPLE, GRAPH, TABLE, AskedQuery, Desk, came_to
from kg.ui.query.writing import completions
from kg.ui.restoring import choice
from kg.ui.tables import workbook
from kg.ui.taking import copies, download
from kg.ui.words import literal

_NONE = "(one colour)"
_OUR_TERM = re.compile(r"\bhcc:[A-Za-z][\w-]*(?![\w\\/-])")
_ROWS: tuple[Format, ...] = ("csv", "tsv", "json", "xml")
_KINDS = {"ttl": "Turtle", "xlsx": "Excel"}


def show(desk: Desk) -> None:
    """Show what the query that was asked last came to."""
    asked = desk.asked
    if asked is None and desk.kept.get("sparql"):
        st.info("This query came with a link. Look at it, then press Run.")
    elif asked is None:
        st.info("Choose a saved question, or write a query and press Run. The answer shows here.")
    elif isinstance(asked.found, HccKgError):
        st.error(literal(capitalised(str(asked.found))))
        if asked.place:
            st.caption(f"Line {asked.place[0]} is marked in the editor.")
    else:
        _show_answer(desk, asked, asked.found)


def _show_answer(desk: Desk, asked: AskedQuery, answer: Answer) -> None:
    table, frame = asked.table, asked.frame
    views = [TABLE]
    if numbers(frame) and len(frame.columns) > 1 and len(frame):
        views.append(CHART)
    if isinstance(answer, list) or len(iris(table)) > 1:
        views.append(GRAPH)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{came_to(answer).capitalize()}** · {asked.seconds:.2f} s", width="content")
        if asked.text != desk.text:
            st.markdown(":orange-badge[of the query as it was run]", width="content")
        view = TABLE
        if len(views) > 1:
            told = {each: each for each in views}
            look: dict[str, Any] = {"required": True, "label_visibility": "collapsed"}
            widget = st.segmented_control
            view = choice(desk.shown, "view", "Show as", told, widget, default=TABLE, **look)
    if isinstance(answer, bool):
        st.markdown(f"### {'Yes' if answer else 'No'}")
    elif not table.rows:
        st.info(_nothing(desk))
    elif view == CHART:
        _chart(desk, labelled(session.guideline(), table, frame))
    elif view == GRAPH:
        _graph(desk, table)
    else:
        _rows(asked)
    _downloads(desk, asked, answer)


def _rows(asked: AskedQuery) -> None:
    """Show the rows, with labels beside what has one."""
    told = labelled(session.guideline(), asked.table, asked.frame)
    shown = asked.frame
    if len(told.columns) > len(shown.columns) and st.toggle(
        "Labels beside identifiers", value=True, key="query:labels", persist_state="session"
    ):
        shown = told
    st.dataframe(shown, key="query:rows", hide_index=True)


def _nothing(desk: Desk) -> str:
    chosen = desk.question
    if chosen is not None and chosen.is_check and not desk.is_edited:
        return "No rows: the check is passed."
    terms = [each.name for each in completions(session.guideline().edition)]
    absent = [name for name in dict.fromkeys(_OUR_TERM.findall(desk.text)) if name not in terms]
    told = [f"{name} is no term of this edition{hint(name, terms)}." for name in absent]
    return literal(" ".join(["No rows.", *told])) + (
        "" if told else " Give other values, or leave a condition out."
    )


def _downloads(desk: Desk, asked: AskedQuery, answer: Answer) -> None:
    forms: tuple[Format, ...] = ("ttl",) if isinstance(answer, list) else _ROWS
    made: dict[str, Callable[[], bytes]] = {
        form: partial(serialise, answer, form, PREFIXES) for form in forms
    }
    if isinstance(answer, Table):
        made["xlsx"] = partial(workbook, asked.frame)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Download", width="content")
        for ending, make in made.items():
            word = _KINDS.get(ending, ending.upper())
            file = f"{desk.name or 'answer'}.{ending}"
            download(file, make, word, icon=None, help=f"Download the answer as {file}")
        _copies(desk, asked)


def _copies(desk: Desk, asked: AskedQuery) -> None:
    """Offer the query to be run elsewhere, where others can have what it asks."""
    is_saved = desk.name and not desk.is_edited and asked.text == desk.text
    name, values = (desk.name, desk.values) if is_saved else ("", {})
    found = of_query(asked.text, name, values, edition=session.guideline().edition)
    if asked.about != EXAMPLE:
        found = {"SPARQL": found["SPARQL"]}
    if (url := st.context.url) is not None:
        found["Link"] = f"{url.partition('?')[0]}?{urlencode(desk.address(), doseq=True)}"
    copies(found)


def _chosen(desk: Desk, label: str, name: str, options: list[str], default: str) -> str:
    return choice(desk.shown, name, label, {each: each for each in options}, default=default)


def _chart(desk: Desk, frame: pl.DataFrame) -> None:
    """Show rows as bars, in the order of the answer."""
    bars = numbers(frame)
    places = st.columns(3)
    with places[0]:
        number = _chosen(desk, "Bars from", "number", bars, bars[0])
    others = [name for name in drawn.labels(frame) if name != number]
    with places[1]:
        label = _chosen(desk, "Labels from", "label", others, drawn.telling(frame, others))
    parts = drawn.parting(frame, [name for name in others if name != label])
    with places[2]:
        colour = _chosen(desk, "Colours from", "colour", [_NONE, *parts], (parts or [_NONE])[0])
    shown, left_out = drawn.first_bars(frame, label)
    dark = st.context.theme.type == "dark"
    chart = drawn.bars(shown, label, number, colour if colour in parts else None, dark)
    st.altair_chart(pictures.readable(chart), key="query:chart")
    title = desk.question.question if desk.question else f"{number} by {label}"
    pictures.saves(chart, desk.name or "answer", title, f"{len(shown):,} of {len(frame):,} rows")
    cut = f" {left_out:,} more labels are left out." if left_out else ""
    st.caption(
        f"{literal(number)} by {literal(label)}, a bar for each row.{cut} The table has all rows."
    )


def _graph(desk: Desk, table: Table) -> None:
    """Show rows as edges between two of their columns."""
    source, target = TRIPLE[0], TRIPLE[2]
    if table.variables != TRIPLE:
        nodes = iris(table)
        left, right = st.columns(2)
        with left:
            source = _chosen(desk, "Edges from", "from", nodes, nodes[0])
        others = [name for name in table.variables if name != source]
        first = next(name for name in nodes if name != source)
        with right:
            target = _chosen(desk, "Edges to", "to", others, first)
    found = graph_of(session.guideline(), table, source, target)
    said = f"{len(found.nodes)} nodes and {len(found.edges)} edges"
    graph(
        found.nodes,
        found.edges,
        "query:graph",
        label=f"The answer as a graph: {said}",
        layout="free",
        height=480,
    )
    cut = f"; {found.left_out:,} rows are left out, as {MOST_NODES} nodes are the most"
    st.caption(f"{said}{cut if found.left_out else ''}. Drag to look around.")
    title = desk.question.question if desk.question else "The answer to a query as a graph"
    of = f"{said}, from {len(table.rows) - found.left_out:,} of {len(table.rows):,} rows"
    frame = Frame(title, [of], LEGEND)
    pictures.tree_saves(forest(found), f"{desk.name or 'answer'}-graph", frame)
    with st.expander("The edges in words"):
        st.dataframe({"edge": found.said}, hide_index=True, key="query:edges")
