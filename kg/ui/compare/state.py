"""What the page Compare shows, and its address, which holds the patient too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from kg.comparison.cohorts import CHANGES
from kg.guideline import load
from kg.patients.drafts import draft_at, parameters_of
from kg.ui import restoring, session
from kg.ui.address import Parameters
from kg.ui.cohort.state import UPLOAD
from kg.ui.patient.state import open_draft
from kg.ui.restoring import State, bound, follow, taken

_STATE, _START = "compare:state", "compare:start"
_RECORD = "record."  # in an address, before the parameters of the patient
ASSUMED, ALL = "assumed", "all"  # records that are silent are taken to be unremarkable


def restored(editions: Sequence[str], views: Sequence[str]) -> State:
    """Return what is shown, as the link brings it or as it was left."""
    start = {"view": views[0], "from": editions[0], "to": editions[-1]}
    st.session_state[_START] = start
    state: State = st.session_state.setdefault(_STATE, dict(start))
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
        faults = taken(state, rest, allowed, start)
        if record:
            found, strangers = draft_at(load(edition=state["to"]), record)
            open_draft(found)
            faults += [f"{name} is not part of a record" for name in strangers]
        return faults

    restoring.restore(read, parameters)
    return state


def parameters() -> dict[str, list[str]]:
    """Return the parameters of the address of what is shown."""
    state: State = st.session_state[_STATE]
    found = restoring.parameters(state, st.session_state[_START])
    if state["view"] != "patient":
        return found
    return found | {_RECORD + n: [*v] for n, v in parameters_of(session.draft()).items()}


def box(
    label: str, name: str, options: Mapping[str, str], placeholder: str = "", *, width: int = 260
) -> None:
    """Show a choice of one part of the state; with a placeholder it may be left open."""
    state: State = st.session_state[_STATE]
    if placeholder and state.get(name) not in options:
        state.pop(name, None)
    key = bound(state, name, f"compare:{state['view']}:{name}")
    st.selectbox(
        label,
        list(options),
        key=key,
        index=None if placeholder else 0,
        format_func=lambda each: options[each],
        placeholder=placeholder or None,
        on_change=follow,
        args=(state, name, key),
        width=width,
    )
