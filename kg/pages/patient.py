"""The page of one patient: enter what is known, read the verdicts and their reasons."""

import streamlit as st

from kg.ui import session
from kg.ui.patient import form, line, silence, state, tools, verdicts
from kg.ui.shell import head

g = session.guideline()
state.restore(g)
now = state.judged(g, session.draft())

head("Patient")
with st.container(horizontal=True, gap="small", key="patient-tools"):
    line.field()
    tools.tools(g, now)
line.read(g)
other = state.other()
if other is not None:
    with st.container(key="patient-comparison"):
        tools.compared(g, now, state.judged(g, other))

# What changes with a click stands beside the form, so that nothing in the form moves under it.
record, answers = st.columns([5, 7], gap="medium")
with record, st.container(key="patient-record"):
    form.form(g, now)
with answers, st.container(key="patient-verdicts"):
    verdicts.summary(g, now)
    tools.verified(g, now)
    if now.draft.cells or now.draft.lesions:
        verdicts.next_variables(g, now)
        silent = silence.silent(g, now)
        silence.none_of_these(g, now, silent)
    else:
        silent = ()
        st.info(
            "Nothing is known yet, so most verdicts are undetermined. Enter a value, or load an "
            "example."
        )
    verdicts.verdicts(g, now, silence.if_unremarkable(g, now, silent))
