"""The state of a page as parameters: what a link may hold, and what is told of the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from kg.ui import address
from kg.ui.words import literal, short

LONGEST = 200  # characters of a text that a link may bring
State = dict[str, str]


def restored(
    page: str, allowed: Mapping[str, Collection[str] | None], start: Mapping[str, str]
) -> State:
    """Return the state of a page, as the link brings it or as it was left.

    `allowed` names the parameters and what each may be (None is any text), `start` is where
    the page begins. What else a link holds is told in a warning.
    """
    state: State = st.session_state.setdefault(f"{page}:state", dict(start))
    arrived = address.arrived()
    if arrived is None:
        return state
    state.clear()
    state.update(start)
    faults = []
    for name, values in arrived.items():
        value = values[-1] if values else ""
        choice = allowed.get(name, ())
        if name not in allowed:
            faults.append(f"{short(name)} is not part of a link to this page")
        elif (choice is None and len(value) > LONGEST) or (
            choice is not None and value not in choice
        ):
            faults.append(f"there is no {name} {short(value)!r}")
        elif value:
            state[name] = value
    if faults:
        st.warning(
            f"The link was not read in full: {literal('; '.join(faults))}. "
            "The rest is shown; choose below what you were looking for."
        )
    return state


def keep(state: State, start: Mapping[str, str]) -> None:
    """Keep in the address what differs from the state in which the page begins."""
    kept = {name: [value] for name, value in state.items() if value and start.get(name) != value}
    address.keep(kept)


def given(key: str, parameter: str, value: str) -> dict[str, Any]:
    """Give a widget its value; return what to hand to it besides its key.

    In the first run of a session the browser may know better than the address: where the server
    was started anew, what was typed then comes with that run. So the value is merely a default.
    """
    if address.is_first():
        return {parameter: value}
    st.session_state[key] = value
    return {}


def bound(state: State, name: str, key: str, default: str | None = None) -> str:
    """Give a widget its value from the state, and return its key."""
    st.session_state[key] = state.get(name, default)
    return key


def follow(state: State, name: str, key: str) -> None:
    """Take the value of a widget into the state: for `on_change`."""
    value = st.session_state[key]
    if value is None or value == "":
        state.pop(name, None)
    else:
        state[name] = value


def view(state: State, titles: Mapping[str, str], key: str) -> str:
    """Show a choice of views by their titles, and return the one that is chosen."""
    st.segmented_control(
        "What to show",
        list(titles),
        key=bound(state, "view", key),
        required=True,
        format_func=titles.__getitem__,
        on_change=follow,
        args=(state, "view", key),
        label_visibility="collapsed",
        wrap=True,
    )
    return state["view"]
