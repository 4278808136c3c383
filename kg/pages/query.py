"""Query: saved questions with their parameters, an editor, and answers in any form."""

import streamlit as st

from kg.server.asking import SECONDS
from kg.ui import address
from kg.ui.query import answer, picking, source, writing
from kg.ui.query.session import Desk, desk_at
from kg.ui.shell import head
from kg.ui.words import literal

head("Query", "Ask the guideline and its patients a saved question, or one of your own in SPARQL.")

brought = address.arrived()
desk: Desk = st.session_state.setdefault("query:desk", Desk())
if brought is not None:
    desk, wrong = desk_at(answer.restore(brought), desk.past)
    st.session_state["query:desk"] = desk
    if wrong:
        st.warning(literal(f"In the link: {'; '.join(wrong)}. The rest is shown."))

source.follow_edition(desk)
picking.pick(desk)
left, right = st.columns([5, 6], gap="medium")
with right:
    if desk.wanted:
        with st.spinner(f"Asking … ({SECONDS:g} s at most)"):
            source.graphs(desk.about)  # starts what answers, which is not to count as asking
            desk.ask(lambda text: source.answer(desk, text))
    answer.show(desk)
with left:
    picking.form(desk)
    writing.write(desk)
    writing.before(desk)
address.keep(desk.address() | answer.place())
