"""The address of a page holds its state, and an address that is opened restores it.

1. At the start of a run the shell calls `arrive`. Where the parameters of the address are not
   those that the page wrote last, somebody opened, edited or went back to an address: they
   have `arrived`, and the page takes its state from them.
2. The page says by `keep` what its state is now. At the end of the run the shell writes that
   into the address (`leave`), without another run.
3. What a user does before the browser has heard of a new address still comes with an older
   one. For a moment older ones count as written, so that nothing is undone by them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

Parameters = Mapping[str, Sequence[str]]
_PAGE, _WRITTEN, _ARRIVED, _KEPT = "address:page", "address:written", "address:arrived", "address:"
_BEFORE = "address:before"  # the addresses that were written over, and when
_ON_THE_WAY = 1.0  # seconds in which a browser hears of an address


def arrive(page: str) -> None:
    """Find out whether the address brings a state that the page has not got."""
    state = st.session_state
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    changed_page = state.get(_PAGE) != page
    # The navigation opens a page without parameters: then the page has its state still.
    fresh = bool(found) if changed_page else found != state.get(_WRITTEN, {}) and not _late(found)
    state[_PAGE], state[_ARRIVED] = page, found if fresh else None
    if fresh:
        state[_WRITTEN] = found


def arrived() -> Parameters | None:
    """Return the parameters that the address brings, or None where it brings nothing new."""
    found: Parameters | None = st.session_state.get(_ARRIVED)
    return found


def keep(parameters: Parameters) -> None:
    """Say what the address of this page should hold."""
    kept = {name: [str(v) for v in values] for name, values in parameters.items() if values}
    st.session_state[_KEPT] = kept


def leave() -> None:
    """Write what the page wants kept into the address."""
    state = st.session_state
    kept = state.pop(_KEPT, None)
    if kept is not None and kept != state.get(_WRITTEN):
        state[_BEFORE] = [*_on_the_way(), (state.get(_WRITTEN, {}), time.monotonic())]
        st.query_params.from_dict(kept)
        state[_WRITTEN] = kept


def _late(found: Parameters) -> bool:
    """Tell whether this address has just been written over."""
    return any(before == found for before, _ in _on_the_way())


def _on_the_way() -> list[tuple[Parameters, float]]:
    """Return the addresses that were written over a moment ago."""
    before: list[tuple[Parameters, float]] = st.session_state.get(_BEFORE, [])
    return [each for each in before if time.monotonic() - each[1] < _ON_THE_WAY]
