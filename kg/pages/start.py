"""The front page: what this is, which guideline it holds, and three doors with an example each."""

import streamlit as st

from kg.patients.drafts import parameters_of
from kg.texts import counted
from kg.ui import address, restoring, session, shell
from kg.ui.patient import state
from kg.ui.shell import head
from kg.ui.words import literal

restoring.restored({})
g = session.guideline()
source = g.source
head(
    "Start",
    "For research and teaching: which therapies the guideline supports for a patient with "
    "hepatocellular carcinoma, why, and what is missing to decide.",
    name="hcc-kg: a liver-cancer guideline that answers",
)
others = [e for e in shell.known_editions().values() if e.id != source.id]
also = "; ".join(f"{e.year}, {e.country}" for e in others)
st.markdown(
    f"**{literal(source.title)}**, {literal(source.body)}, {literal(source.year)}. "
    f"{literal(source.part)} "
    f"Encoded exactly: {counted(len(g.statements), 'statement')}, "
    f"{counted(len(g.criteria), 'criterion')}, {counted(len(g.therapies), 'therapy')}. "
    "What a record does not say is unknown, and a verdict holds whatever the unknown values are."
    + (f" Other editions, by the switch above: {literal(also)}." if also else "")
)
patient, guideline, cohort = st.columns(3, gap="medium")
with patient, st.container(border=True, height="stretch"):
    st.subheader(":material/person: A patient", anchor=False)
    st.markdown("Enter what is known; read which therapies the guideline supports, and why.")
    address.link("patient", "Enter a patient", icon=":material/edit:")
    example = parameters_of(state.examples(g)[state.SHOWN])
    address.link("patient", "Example: a small tumour", example, icon=":material/play_arrow:")
with guideline, st.container(border=True, height="stretch"):
    st.subheader(":material/menu_book: The guideline", anchor=False)
    st.markdown("Read it statement by statement, each with its criterion, or therapy by therapy.")
    address.link(
        "guideline", "Read the guideline", {"view": "reading"}, icon=":material/menu_book:"
    )
    address.link(
        "therapies",
        "Example: when is RFA contraindicated?",
        {"therapy": "rfa"},
        icon=":material/play_arrow:",
    )
with cohort, st.container(border=True, height="stretch"):
    st.subheader(":material/groups: A cohort", anchor=False)
    st.markdown("Open a table of patients; see who is eligible for what, and what is missing.")
    address.link("cohort", "Open a table", icon=":material/upload:")
    address.link(
        "cohort",
        "Example: verdicts on made-up patients",
        {"cohort": "example"},
        icon=":material/play_arrow:",
    )
with st.container(horizontal=True):
    address.link("search", "Search everything", icon=":material/search:")
    address.link("query", "Ask a question in SPARQL", icon=":material/manage_search:")
    address.link("about", "What this is not, sources, how to cite", icon=":material/info:")
