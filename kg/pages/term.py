"""The page of one term: its names and IRI, what it means, its formula, codes and uses, as RDF."""

import streamlit as st

from kg.reference.search import every_hit
from kg.ui import session, term_views
from kg.ui.restoring import State, choice, restored
from kg.ui.shell import head
from kg.ui.words import literal

g = session.guideline()
terms = every_hit(g)
start = {"id": next(iter(terms))}
state: State = restored({"id": terms}, start)
shown = terms[state["id"]]
head("Term", tab=shown.label)
labels = {name: f"{hit.label} · {hit.sort} {name}" for name, hit in terms.items()}
choice(state, "id", "Term", labels, label_visibility="collapsed")
with st.container(key="beside-formula"):
    left, right = st.columns([1, 1], gap="large")
with left:
    st.subheader(literal(shown.label), anchor=False)
    term_views.about(g, shown)
with right:
    term_views.identity(g, shown.id)
    term_views.formula(g, shown.id)
