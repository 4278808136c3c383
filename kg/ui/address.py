"""The address of a page holds its state, and an address that is opened restores it.

1. At the start of a run the shell calls `arrive`. Where the address was opened, followed or gone
   back to, its parameters have `arrived`, and the page takes its state from them.
2. The page says by `keep` what its state is now. At the end of the run the shell writes that
   into the address (`leave`), without another run.
3. The edition of the guideline is part of every address, unless it is the default one.
4. What a user does before the browser has heard of a new address still comes with an older one:
   one that was written over, and not gone back to, brings nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Parameters = Mapping[str, Sequence[str]]
_PAGE, _WRITTEN, _ARRIVED, _KEPT = "address:page", "address:written", "address:arrived", "address:"
_BEFORE = "address:before"  # the addresses that were written over, until the browser knows
_FIRST = "address:first"
EDITION = "edition"


def arrive(page: str) -> None:
    """Find out whether the address brings a state that the page has not got."""
    state = st.session_state
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    before: list[Parameters] = state.get(_BEFORE, [])
    if state.get(_PAGE) != page:
        # The navigation opens a page without parameters: then the page has its state still.
        fresh = bool(found)
    else:
        fresh = found != state.get(_WRITTEN, {}) and (_went_back() or found not in before)
    if fresh or found == state.get(_WRITTEN):
        before = []
    state[_FIRST] = _PAGE not in state and not _went_back()
    state[_PAGE], state[_ARRIVED], state[_BEFORE] = page, found if fresh else None, before
    if fresh:
        state[_WRITTEN] = found


def edition() -> str | None:
    """Return the edition that the address names, empty for the default, None if it says nothing.

    An address that was opened or gone back to without one is of the default edition; a link
    between pages stays in the edition.
    """
    found: Parameters | None = st.session_state.get(_ARRIVED)
    if found is not None and EDITION in found:
        return found[EDITION][-1]
    return "" if (found is not None and is_first()) or _went_back() else None


def page() -> str:
    """Return the name of the page that runs."""
    found: str = st.session_state.get(_PAGE, "")
    return found


def arrived() -> Parameters | None:
    """Return the parameters that the address brings, or None where it brings nothing new."""
    found: Parameters | None = st.session_state.get(_ARRIVED)
    return None if found is None else {n: v for n, v in found.items() if n != EDITION}


def is_first() -> bool:
    """Return whether this is the first run of a session."""
    return bool(st.session_state.get(_FIRST))


def keep(parameters: Parameters) -> None:
    """Say what the address of this page should hold."""
    kept = {name: [str(v) for v in values] for name, values in parameters.items() if values}
    st.session_state[_KEPT] = kept


def leave() -> None:
    """Write what the page wants kept into the address."""
    state = st.session_state
    kept = state.pop(_KEPT, None)
    if kept is not None and (edition := state.get(EDITION)):
        kept = {**kept, EDITION: [edition]}
    if kept is not None and kept != state.get(_WRITTEN):
        state[_BEFORE] = [*state[_BEFORE], state.get(_WRITTEN, {})]
        st.query_params.from_dict(kept)
        state[_WRITTEN] = kept


def _went_back() -> bool:
    """Tell whether the buttons of the browser for back and forward started this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
