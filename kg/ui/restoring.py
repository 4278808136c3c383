"""The state of a page and its address: what a link brings, what is told of the rest, what is kept.

Every page does the same: it names how its state is read from the parameters of an address and how
it is written as such (`restore`), at its beginning; what is written is kept at its end. Streamlit
can bind a widget to a parameter of the address itself; it does not serve here, as the state of
most pages is in no one widget (a record, a bar that was clicked), and as it drops without a word
what a link asks for and there is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from kg.patients.drafts import Parameters
from kg.ui import address
from kg.ui.session import STATE
from kg.ui.words import literal, short

LONGEST = 200  # characters of a text that a link may bring
_MOST = 5  # faults that are told
State = dict[str, str]


def restore(read: Callable[[Parameters], Sequence[str]], write: Callable[[], Parameters]) -> None:
    """Take the state of a page from its address, where that brings one, and keep it in there.

    `read` takes the parameters over and returns what in them makes no sense here; that is told
    for as long as the state, as `write` gives it, is what was made of the link.
    """
    address.keep(write)
    brought = address.arrived()
    if brought is not None:
        faults = read(brought)
        st.session_state[_key()] = (write(), faults)
        address.taken()
    if faults := faults_of(write):
        more = f"; and {len(faults) - _MOST} more" if len(faults) > _MOST else ""
        told = "; ".join(short(fault, 300) for fault in faults[:_MOST]) + more
        st.warning(
            f"The link was not read in full: {literal(told)}. The rest is shown; check it, and "
            "choose below what you were looking for."
        )


def faults_of(write: Callable[[], Parameters]) -> list[str]:
    """Return what in a link made no sense, while the state is what was made of it."""
    made, faults = st.session_state.get(_key(), ({}, ()))
    return [*faults] if made == write() else []


def _key() -> str:
    return f"address:faults:{address.page()}"


def restored(
    allowed: Mapping[str, Collection[str] | None], start: Mapping[str, str] | None = None
) -> State:
    """Return the state of a page that is words by name, as the link brings it or as it was left.

    `allowed` names the parameters and what each may be (None is any text), `start` is where
    the page begins.
    """
    first = start or {}
    state: State = st.session_state.setdefault(f"{address.page()}{STATE}", dict(first))
    restore(lambda brought: taken(state, brought, allowed, first), lambda: parameters(state, first))
    _leave_out(state, allowed, first)
    return state


def _leave_out(
    state: State, allowed: Mapping[str, Collection[str] | None], start: Mapping[str, str]
) -> None:
    """Drop what another edition had and this one has not, and tell it."""
    for name in [*state]:
        known = allowed.get(name)
        if known is None or state[name] in known:
            continue
        st.info(f"Not in this edition: {literal(short(state.pop(name)))}.")
        state.update({name: start[name]} if name in start else {})


def taken(
    state: State,
    brought: Parameters,
    allowed: Mapping[str, Collection[str] | None],
    start: Mapping[str, str],
) -> list[str]:
    """Take a state from parameters; return what in them makes no sense here."""
    state.clear()
    state.update(start)
    faults = []
    for name, values in brought.items():
        value, choice = values[-1] if values else "", allowed.get(name, ())
        if name not in allowed:
            faults.append(f"{short(name)} is not part of a link to this page")
        elif len(value) > LONGEST if choice is None else value not in choice:
            faults.append(f"there is no {name} {short(value)!r}")
        elif value:
            state[name] = value
    return faults


def parameters(state: State, start: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what differs from the state in which the page begins."""
    return {name: [value] for name, value in state.items() if value and start.get(name) != value}


def given(key: str, parameter: str, value: str | bool) -> dict[str, Any]:
    """Give a widget its value; return what to hand to it besides its key.

    In the first run of a session the browser may know better than the address: where the server
    was started anew, what was typed then comes with that run. So the value is merely a default.
    It is so too where the widget has that value: what is set, a browser draws once more.
    """
    if address.is_first() or st.session_state.get(key) == value:
        return {parameter: value}
    st.session_state[key] = value
    return {}


def field(
    widget: Callable[..., object],
    label: str,
    key: str,
    value: object,
    hear: Callable[[Any], object],
    /,
    **more: Any,
) -> None:
    """Show a widget with a value that stands elsewhere; hear of another that it is given."""
    if "options" in more and "placeholder" in more:
        more["index"] = None  # so that what is chosen in a list can be cleared
    st.session_state[key] = value
    widget(label, key=key, on_change=lambda: hear(st.session_state[key]), **more)


def follow(state: State, name: str, value: str | None) -> None:
    """Take the value of a widget into the state; none and an empty one leave it."""
    if value:
        state[name] = value
    else:
        state.pop(name, None)


def choice(
    state: State,
    name: str,
    label: str,
    options: Mapping[str, str],
    widget: Callable[..., object] = st.selectbox,
    *,
    default: str | None = None,
    **more: Any,
) -> str:
    """Show a part of a state as a choice of options, given with their words; return what it is.

    Where the state names none of them it is the default, empty if there is none.
    """
    now = state[name] if state.get(name) in options else default
    key, told = f"{address.page()}:{name}", options.__getitem__
    hear = partial(follow, state, name)
    field(widget, label, key, now, hear, options=list(options), format_func=told, **more)
    return now or ""


def words(state: State, label: str = "Words", dropped: str = "", **more: Any) -> str:
    """Show the part `text` of a state as a field for words that are sought, and return them.

    With other words a part of the state is dropped, which was about these.
    """

    def hear(text: str) -> None:
        state.pop(dropped, None)
        follow(state, "text", text)

    key, text = f"{address.page()}:text", state.get("text", "")
    field(st.text_input, label, key, text, hear, max_chars=LONGEST, **more)
    return text


def view(state: State, titles: Mapping[str, str]) -> str:
    """Show a choice of views by their titles, and return the one that is chosen."""
    more: dict[str, Any] = {"required": True, "label_visibility": "collapsed", "wrap": True}
    return choice(state, "view", "What to show", titles, st.segmented_control, **more)
