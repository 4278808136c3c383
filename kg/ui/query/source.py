"""What the query page asks: the shared dataset, or the guideline with patients of this session."""

from __future__ import annotations

import pyoxigraph as ox
import streamlit as st

from kg.errors import ComponentError, QueryError
from kg.guideline import load
from kg.keys import ID
from kg.ontology import HCC
from kg.patients.drafts import Draft
from kg.rdf.build import example_quads
from kg.rdf.memory import PatientGraph, cohort_quads, draft_graph
from kg.server.asking import CANNOT_FORK, Asker, can_fork
from kg.stores import Answer, Store, Table, open_store
from kg.ui import session
from kg.ui.query.session import COHORT, EXAMPLE, PATIENT, Desk

LARGEST_COHORT = 2_000  # patients; the graph of one is about 33 kB of text
_NO_PATIENT = "there is no patient yet; enter one on the page Patient, then ask here"
_NO_COHORT = "no cohort is open; open one on the page Cohort, then ask here"
_TOO_LARGE = (
    f"the cohort has more than {LARGEST_COHORT:,} patients, too many to be asked here; make a "
    "store of it with 'hcc-kg graph build', and ask that with 'hcc-kg query' or 'hcc-kg serve'"
)
_PATIENTS = f"SELECT ?id {{ ?p <{HCC}{ID}> ?id }} ORDER BY ?id"


@st.cache_resource(show_spinner="Reading the guideline …")
def shared_store(edition: str) -> Store:
    """Return the graph of an edition of the guideline and the example cohort, in memory."""
    store = open_store(None)
    store.add(ox.parse(_example_graph(edition), format=ox.RdfFormat.N_QUADS))
    return store


@st.cache_resource(show_spinner=False)
def _example_graph(edition: str) -> bytes:
    """Return an edition and the example cohort as N-Quads, made once for whoever asks them."""
    return example_quads(load(edition=edition))


@st.cache_resource(show_spinner="Reading the guideline …")
def _asker(edition: str) -> Asker:
    return Asker(_example_graph(edition))


def answer(desk: Desk, text: str) -> Answer:
    """Answer a query about the dataset that was chosen.

    Raises:
        QueryError: it is not valid, is refused, or met a limit, or the dataset is not there.
        ComponentError: this system answers saved questions only.
    """
    if not can_fork():
        if text != desk.filled or desk.about != EXAMPLE:
            raise ComponentError(CANNOT_FORK)
        return shared_store(session.guideline().edition).query(text)
    return _asked(desk.about).ask(text, _patient_graph() if desk.about == PATIENT else None)


def _asked(about: str) -> Asker:
    """Return what answers about a dataset; what is of a patient is added to it."""
    return _cohort_asker() if about == COHORT else _asker(session.guideline().edition)


def patients(about: str) -> tuple[str, ...]:
    """Return the identifiers of the patients of a dataset; none where it is not there."""
    try:
        if about == PATIENT:
            return _patient_graph().patients
        store = shared_store(session.guideline().edition)
        found = _cohort_asker().ask(_PATIENTS) if about == COHORT else store.query(_PATIENTS)
    except QueryError:
        return ()
    rows = found.rows if isinstance(found, Table) else []
    return tuple(term.value for (term,) in rows if isinstance(term, ox.Literal))


def graphs(about: str) -> tuple[str, ...]:
    """Return the names of the graphs of a dataset; none where it is not there."""
    if not can_fork():
        return tuple(shared_store(session.guideline().edition).graphs())
    try:
        if about == PATIENT:
            return _patient_graph().graphs
        return _asked(about).graphs
    except QueryError:
        return ()


def _patient_graph() -> PatientGraph:
    """Return the graph of this session's patient, made anew where the draft has changed."""
    guideline, draft = session.guideline(), session.draft()
    if draft == Draft():
        raise QueryError(_NO_PATIENT)
    about = (guideline.edition, draft)
    return session.once("query:of-draft", about, lambda: draft_graph(guideline, draft))


def _cohort_asker() -> Asker:
    """Return what answers about this session's cohort; its process ends with the session."""
    cohort = session.cohort()
    if cohort is None:
        raise QueryError(_NO_COHORT)
    if cohort.table.height > LARGEST_COHORT:
        raise QueryError(_TOO_LARGE)
    guideline, table = session.guideline(), cohort.table
    return session.once("query:of-cohort", cohort, lambda: Asker(cohort_quads(guideline, table)))
