"""The page Guideline: its statements, what they are read as, and how much they cover."""

import streamlit as st

from kg.reference.inventory import encoded, sections
from kg.reference.pictures import every_therapy
from kg.ui.data import guideline
from kg.ui.guideline_views import DECIDABLE, VIEWS
from kg.ui.restoring import bound, follow, keep, restored
from kg.ui.shell import head

head(
    "Guideline",
    "Every statement of the guideline: where it stands, what it says, and what it is read as.",
)
g = guideline()
start = {"view": next(iter(VIEWS))}
allowed = {
    "view": VIEWS,
    "statement": g.statements,
    "criterion": encoded(g),
    "section": sections(g),
    "kind": g.kinds,
    "role": g.kinds,
    "therapy": every_therapy(g),
    "decidable": DECIDABLE,
    "text": None,
}
state = restored("guideline", allowed, start)
if "criterion" in state and "statement" not in state and state["view"] == start["view"]:
    state["view"] = "criteria"

key = bound(state, "view", "guideline:view")
st.segmented_control(
    "What to show",
    list(VIEWS),
    key=key,
    required=True,
    format_func=lambda view: VIEWS[view][0],
    on_change=follow,
    args=(state, "view", key),
    label_visibility="collapsed",
    wrap=True,
)
VIEWS[state["view"]][1](g, state)
keep(state, start)
