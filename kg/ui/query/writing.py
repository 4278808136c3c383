"""Writing a query: the editor, and the queries of before."""

from __future__ import annotations

from functools import partial

import streamlit as st

from kg.guideline import load
from kg.ui import session
from kg.ui.components import Fault, editor, history
from kg.ui.query.completion import EDITOR_PREFIXES, Completion, completions
from kg.ui.query.picking import DATASETS
from kg.ui.query.session import Desk, Past
from kg.ui.words import literal, short


def write(desk: Desk) -> None:
    """Show the editor with the query, and mark the line of its fault."""
    asked, fault = desk.asked, None
    if asked is not None and asked.place is not None:
        line, column = asked.place
        fault = Fault(line, column, str(asked.error), asked.number)
    editor(
        desk.text,
        desk.revision,
        "query:editor",
        label="Query in SPARQL",
        terms=_terms(session.guideline().edition),
        prefixes=EDITOR_PREFIXES,
        fault=fault,
        on_edit=desk.edit,
        on_run=desk.run,
    )


def before(desk: Desk) -> None:
    """Offer the queries of this session, the last one first."""
    history(desk.past, "query:history", fresh=not desk.remembers, on_stored=desk.remember)
    with st.expander(f"Queries of this session ({len(desk.past)})"):
        if not desk.past:
            st.caption("What you ask is kept here until you close this tab, even if you reload it.")
        for number, past in enumerate(desk.past):
            st.button(
                literal(short(_words(past), 100)),
                key=f"query:past:{number}",
                on_click=partial(desk.reopen, past),
                type="tertiary",
                icon=":material/history:",
                help=f"{literal(DATASETS[past.about])}: {literal(past.came)}",
            )


def _words(past: Past) -> str:
    """Return what a query of before was: its question with values, or its first lines."""
    said = ", ".join(f"{name} {value}" for name, value in past.values.items())
    if past.name:
        return f"{past.name} {f'({said}) ' if said else ''}· {past.came}"
    lines = [line for line in past.text.splitlines() if line.strip()]
    told = [n for n in lines if not n.lstrip().upper().startswith(("PREFIX", "BASE", "#"))]
    return f"{' '.join((told or lines)[:3])} · {past.came}"


@st.cache_resource(show_spinner=False)
def _terms(edition: str) -> list[Completion]:
    return completions(load(edition=edition))
