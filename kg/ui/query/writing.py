"""Writing a query: the editor, which completes terms of the ontology, and queries of before."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import NamedTuple

import pyoxigraph as ox
import streamlit as st

from kg.guideline import load
from kg.ontology import DCTERMS, LABEL, OA, OWL, RDF
from kg.rdf.names import PREFIXES
from kg.stores.formats import shown
from kg.ui import session
from kg.ui.components import Fault, editor, tab
from kg.ui.query.session import DATASETS, Desk, Past, past_of
from kg.ui.words import literal, short

EDITOR_PREFIXES: Mapping[str, str] = {**PREFIXES, "dcterms": DCTERMS, "oa": OA}
_KINDS = {  # the most telling first, as a term may be of several
    OWL + "Class": "class",
    OWL + "ObjectProperty": "property",
    OWL + "DatatypeProperty": "property",
    OWL + "AnnotationProperty": "property",
    OWL + "NamedIndividual": "constant",
}
_MOST = 2_000_000  # characters that are read back from a tab
_NAME = re.compile(r"\w+:[A-Za-z_][\w-]*")


def write(desk: Desk) -> None:
    """Show the editor with the query, and mark the line of its fault."""
    asked, fault = desk.asked, None
    if asked is not None and asked.place is not None:
        line, column = asked.place
        fault = Fault(line, column, str(asked.found), asked.number)
    editor(
        desk.text,
        desk.revision,
        "query:editor",
        label="Query in SPARQL",
        terms=completions(session.guideline().edition),
        prefixes=EDITOR_PREFIXES,
        fault=fault,
        on_edit=desk.edit,
        on_run=desk.run,
    )


def before(desk: Desk) -> None:
    """Offer the queries of this session, the last one first."""
    _history(desk)
    with st.expander(f"Queries of this session ({len(desk.past)})"):
        if not desk.past:
            st.caption("What you ask is kept here until you close this tab, even if you reload it.")
        for number, past in enumerate(desk.past):
            st.button(
                literal(short(told_of(past), 120)),
                key=f"query:past:{number}",
                on_click=partial(desk.reopen, past),
                type="tertiary",
                icon=":material/history:",
                help=f"{literal(DATASETS[past.about])}: {literal(past.came)}",
            )


def _history(desk: Desk) -> None:
    """Keep the queries in the tab of the browser; a new session is told those that it has."""
    key = "query:history"

    def told() -> None:
        text = st.session_state[key].get("stored")
        kept = []
        if isinstance(text, str) and len(text) <= _MOST:
            with suppress(ValueError):
                kept = json.loads(text)
        found = [past_of(each) for each in kept] if isinstance(kept, list) else []
        desk.remember([each for each in found if each is not None])

    session_ = st.session_state.setdefault(f"{key}:session", secrets.token_hex(4))
    past = [asdict(each) for each in desk.past]
    data = {"past": past, "fresh": not desk.remembers, "session": session_}
    tab(key=key, data=data, on_stored_change=told)


def told_of(past: Past) -> str:
    """Return what a query of before was: its question with values, or its first lines."""
    said = ", ".join(f"{name} {value}" for name, value in past.values.items())
    asked = Desk(past.name, dict(past.values), past.text)
    if asked.question is not None and not asked.is_edited:
        return f"{asked.question.title} {f'({said}) ' if said else ''}· {past.came}"
    lines = [line for line in past.text.splitlines() if line.strip()]
    told = [n for n in lines if not n.lstrip().upper().startswith(("PREFIX", "BASE", "#"))]
    return f"{short(' '.join((told or lines)[:3]))} · {past.came}"


class Completion(NamedTuple):
    """A term as it is written in a query, its label, and its kind."""

    name: str
    label: str
    kind: str


@st.cache_resource(show_spinner=False)
def completions(edition: str) -> list[Completion]:
    """Return all named terms of the ontology that a prefixed name can write, sorted by name."""
    ontology, found = load(edition=edition).ontology, dict[str, Completion]()
    nodes = [(ox.NamedNode(RDF + "type"), "property")]
    nodes += [(node, kind) for type_, kind in _KINDS.items() for node in ontology.of_type(type_)]
    used = sorted({triple.predicate.value for triple in ontology.triples})
    for node, kind in (*nodes, *((ox.NamedNode(name), "property") for name in used)):
        name = shown(node, EDITOR_PREFIXES)
        if name not in found and _NAME.fullmatch(name):
            found[name] = Completion(name, ontology.text(node, LABEL) or "", kind)
    return [found[name] for name in sorted(found, key=str.casefold)]
