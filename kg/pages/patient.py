"""The page of one patient: enter what is known, read the verdicts and their reasons."""

import streamlit as st

from kg.explanation.headline import headline
from kg.guideline import load
from kg.ui import session
from kg.ui.patient import form, state, tools, verdicts
from kg.ui.shell import head
from kg.ui.words import literal, short

g = load()
state.restore(g)
now = state.judged(g, session.draft())

head(
    "Patient",
    "Enter what is known of a patient; read what the guideline says, for which therapy, and why.",
)
name = f"{literal(short(now.draft.patient_id))}: " if now.draft.patient_id else ""
st.markdown(f"**{name}{literal(headline(g, now.parsed.record))}**")
tools.tools(g, now)
if now.explanation.conflicts:
    told = " ".join(literal(conflict.message) for conflict in now.explanation.conflicts)
    st.warning(f"Conflicts in the record: {told}", icon=":material/warning:")

other = state.other()
if other is not None:
    with st.container(key="patient-comparison"):
        tools.compared(g, now, state.judged(g, other))

record, answers = st.columns([5, 7], gap="medium")
with record, st.container(key="patient-record"):
    form.form(g, now)
with answers, st.container(key="patient-verdicts"):
    if now.draft.cells or now.draft.lesions:
        verdicts.next_variables(g, now)
    else:
        st.info(
            "Nothing is known yet, so most verdicts are undetermined. Enter a value, or load an "
            "example."
        )
    verdicts.verdicts(g, now)
state.keep()
