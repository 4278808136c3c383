"""The page of one patient: enter what is known, read the verdicts and their reasons."""

import streamlit as st

from kg.paths import ui_asset
from kg.ui import session
from kg.ui.patient import form, hermit, line, parts, state, summary, tools, verdicts
from kg.ui.shell import head

g = session.guideline()
state.restore(g)
now = state.now(g)
parts.begin()

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
if other is None:
    st.html(f"<style>{ui_asset('patient.css')}</style>")
record, answers = st.columns([5, 7], gap="medium")
with record, st.container(key="patient-record"):
    form.form(g)
with answers, st.container(key="patient-verdicts"):
    parts.part("summary", lambda: summary.look(g), summary.draw)
    hermit.verified(g)
    if now.draft.has_facts:
        parts.part("missing", lambda: state.now(g).missing, lambda found: summary.ask(g, found))
        parts.part("silent", lambda: summary.silent(g), lambda it: summary.none_of_these(g, *it))
    else:
        st.info(
            "Nothing is known yet, so most verdicts are undetermined. Enter a value, or load an "
            "example."
        )
    parts.part("cards", lambda: verdicts.look(g), lambda found: verdicts.verdicts(g, *found))
parts.end(lambda: (state.whole(), form.look(g)))
