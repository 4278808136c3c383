"""What the page Compare shows, and its address, which holds the patient too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from kg.comparison.cohorts import CHANGES
from kg.guideline import load
from kg.patients.drafts import Parameters, draft_at, parameters_of
from kg.ui import restoring, session
from kg.ui.cohort.state import UPLOAD
from kg.ui.patient.state import open_draft
from kg.ui.restoring import State, choice

_RECORD = "record."  # in an address, before the parameters of the patient
ASSUMED, ALL = "assumed", "all"  # records that are silent are taken to be unremarkable


def restored(editions: Sequence[str], views: Sequence[str]) -> State:
    """Return what is shown, as the link brings it or as it was left."""
    allowed = {
        "view": views,
        **dict.fromkeys(("from", "to"), editions),
        **dict.fromkeys(("therapy", "term", "text", "relation"), None),
        "change": CHANGES,
        ASSUMED: [ALL],
        "cohort": [UPLOAD],
    }

    def read(brought: Parameters) -> list[str]:
        record = {n.removeprefix(_RECORD): v for n, v in brought.items() if n.startswith(_RECORD)}
        rest = {n: v for n, v in brought.items() if not n.startswith(_RECORD)}
        faults = restoring.taken(state, rest, allowed, start)
        if record:
            found, strangers = draft_at(load(edition=state["to"]), record)
            open_draft(found)
            faults += [f"{name} is not part of a record" for name in strangers]
        return faults

    def parameters() -> Parameters:
        found = restoring.parameters(state, start)
        record = parameters_of(session.draft()) if state["view"] == "patient" else {}
        return found | {_RECORD + name: [*values] for name, values in record.items()}

    start = {"view": views[0], "from": editions[0], "to": editions[-1]}
    state: State = st.session_state.setdefault("compare:state", dict(start))
    restoring.restore(read, parameters)
    return state


def box(
    state: State,
    label: str,
    name: str,
    options: Mapping[str, str],
    empty: str = "All",
    *,
    width: int = 260,
) -> None:
    """Show a choice of one part of the state, which may be left open; what it lacks is dropped."""
    if state.get(name) not in options:
        state.pop(name, None)
    choice(state, name, label, options, index=None, placeholder=empty, width=width)
