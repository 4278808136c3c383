"""Query: saved questions with their parameters, an editor, and answers in any form."""

import streamlit as st

from kg.patients.drafts import Parameters
from kg.server.asking import SECONDS
from kg.ui import session
from kg.ui.query import answer, picking, source, writing
from kg.ui.query.picking import desk_at
from kg.ui.query.session import Desk
from kg.ui.restoring import restore
from kg.ui.shell import head

head("Query", "Ask the guideline and its patients a saved question, or one of your own in SPARQL.")


def read(parameters: Parameters) -> list[str]:
    """Take the state of the page from a link."""
    new, wrong = desk_at(parameters, desk().past, remembers=desk().remembers)
    st.session_state["query:desk"] = new
    return wrong


def desk() -> Desk:
    """Return the desk of this session."""
    found: Desk = st.session_state.setdefault("query:desk", Desk())
    return found


restore(read, lambda: desk().address())
asking = desk()
asking.follow(session.guideline().edition)
picking.pick(asking)
left, right = st.columns([5, 6], gap="medium")
with right:
    if asking.wanted is not None:
        with st.spinner(f"Asking … ({SECONDS:g} s at most)"):
            source.graphs(asking.about)  # starts what answers, which is not to count as asking
            asking.ask(lambda text: source.answer(asking, text))
    answer.show(asking)
with left:
    picking.form(asking)
    writing.write(asking)
    writing.before(asking)
