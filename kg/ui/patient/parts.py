"""Parts of the page, each of which is drawn anew by itself once it has something else to show.

1. A part says what it shows (`look`), a value that can be compared, and draws it.
2. A callback that changes the patient is wrapped in `then`: it asks the parts what they show now,
   and the browser gets those alone that differ from what was drawn. A page whole would cost it
   five times as much.
3. A part `a/b` is drawn by the part `a`, and with it. The page itself is the part "".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import streamlit as st
from streamlit import rerun

from kg.ui import address
from kg.ui.restoring import given

_PARTS = "patient:parts"
_BEGUN = object()  # what a part shows that is not drawn to its end
Look = TypeVar("Look")
Given = ParamSpec("Given")


class _Part(NamedTuple):
    look: Callable[[], object]
    drawn: object


def begin() -> None:
    """Begin to draw the whole page."""
    st.session_state[_PARTS] = {}


def end(look: Callable[[], object]) -> None:
    """End the whole page; where what `look` says of the rest of it changes, it is drawn again."""
    st.session_state[_PARTS][""] = _Part(look, look())


def part(key: str, look: Callable[[], Look], draw: Callable[[Look], object]) -> None:
    """Draw a part of the page: what `look` returns, by `draw`."""

    @st.fragment(key=f"patient:part:{key}")
    def drawn() -> None:
        known: dict[str, _Part] = st.session_state[_PARTS]
        for inner in [name for name in known if name.startswith(f"{key}/")]:
            del known[inner]
        known[key] = _Part(look, _BEGUN)
        draw(look())
        known[key] = _Part(look, look())
        address.leave()

    drawn()


def then(change: Callable[Given, object]) -> Callable[Given, None]:
    """Return a callback that makes a change, after which what it changes is drawn anew."""

    @wraps(change)
    def changed(*args: Given.args, **kwargs: Given.kwargs) -> None:
        change(*args, **kwargs)
        redraw()

    return changed


def typed(
    widget: Callable[..., object],
    label: str,
    key: str,
    value: str,
    hear: Callable[[], object],
    /,
    **more: Any,
) -> None:
    """Show a widget with a value that stands elsewhere; `hear` takes what it is given instead.

    What was given while there was no session to hear of it, the browser brings with the first run.
    """
    told = given(key, "default" if "options" in more else "value", value)
    found = widget(label, key=key, on_change=then(hear), **more, **told)
    if found != value:
        hear()
        st.rerun()


def redraw() -> None:
    """Draw the parts anew that have something else to show: in a callback."""
    known: dict[str, _Part] = st.session_state[_PARTS]
    due: list[str] = []
    for key, (look, drawn) in sorted(known.items()):
        within = any(key.startswith(f"{each}/") for each in due)
        if not within and look() != drawn:
            due.append(key)
    if "" in due or "" not in known:
        rerun()
    if due:
        rerun([f"patient:part:{key}" for key in due])
