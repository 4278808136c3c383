"""The guideline and the graph that all sessions share; nothing of a user's is ever in here."""

from __future__ import annotations

import polars as pl
import pyoxigraph as ox
import streamlit as st

from kg.catalogue.queries import question
from kg.guideline import load
from kg.rdf.build import example_quads
from kg.rdf.names import PREFIXES
from kg.stores import Store, open_store
from kg.stores.formats import shown
from kg.ui import session


@st.cache_resource(show_spinner="Reading the guideline …")
def shared_store(edition: str) -> Store:
    """Return the graph of an edition of the guideline and the example cohort, in memory."""
    store = open_store(None)
    store.add(ox.parse(example_graph(edition), format=ox.RdfFormat.N_QUADS))
    return store


@st.cache_resource(show_spinner=False)
def example_graph(edition: str) -> bytes:
    """Return an edition and the example cohort as N-Quads, made once for whoever asks them."""
    return example_quads(load(edition=edition))


def ask(name: str, **parameters: str) -> pl.DataFrame:
    """Return the rows of a saved question about the guideline and the example cohort, as text."""
    table = shared_store(session.guideline().edition).select(question(name).filled(parameters))
    rows = [[shown(term, PREFIXES) for term in row] for row in table.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(table.variables, pl.String), orient="row")
