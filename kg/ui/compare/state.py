"""What the page Compare shows, in which words; and its address, which holds the patient too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from kg.comparison.cohorts import CHANGES
from kg.guideline import Guideline, load
from kg.guideline.taxonomy import every_therapy, pairs
from kg.patients.drafts import Parameters, draft_at, parameters_of
from kg.ui import restoring, session
from kg.ui.cohort.state import UPLOAD
from kg.ui.patient.state import open_draft
from kg.ui.pictures import Look
from kg.ui.restoring import State, choice

_RECORD = "record."  # in an address, before the parameters of the patient
ASSUMED, ALL = "assumed", "all"  # records that are silent are taken to be unremarkable


_TOLD = (  # of each change: its sign, colours in charts (of Okabe and Ito) and badges, its meaning
    ("+", "#009E73", "green", "not eligible before, eligible now"),
    ("−", "#D55E00", "red", "eligible before, not eligible now"),
    ("↔", "#CC79A7", "violet", "another verdict of the same sort"),
    ("✓", "#56B4E9", "blue", "undetermined before, definite now"),
    ("?", "#E69F00", "orange", "definite before, undetermined now"),
    ("=", "#C9CDD3", "gray", "the same verdict"),
    ("∗", "", "gray", ""),
    ("✕", "", "gray", ""),
)
LOOKS: Mapping[str, Look] = {
    name: Look(f"{sign} {name}: {meaning}", colour, sign)
    for name, (sign, colour, _, meaning) in zip(CHANGES, _TOLD, strict=True)
    if meaning
}
BADGES: Mapping[str, str] = {
    name: f":{colour}-badge[{sign} {name}]"
    for name, (sign, _, colour, _) in zip(CHANGES, _TOLD, strict=True)
}


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


def pair_labels(before: Guideline, after: Guideline, *, brief: bool = False) -> dict[str, str]:
    """Return the pairs of therapies of two editions in words, by keys that addresses hold."""
    found = {}
    for pair in pairs(before, after):
        sides = ((before, pair.earlier), (after, pair.later))
        therapies = [every_therapy(edition)[name] for edition, name in sides if name]
        labels = dict.fromkeys(each.short_name if brief else each.label for each in therapies)
        names = dict.fromkeys(name or "" for _, name in sides)
        found[">".join(names)] = " → ".join(labels)
    return found


def sides_of(key: str) -> tuple[str, str]:
    """Return the therapies of a pair by its key, empty where an edition has none."""
    before, arrow, after = key.partition(">")
    return before, after if arrow else before
