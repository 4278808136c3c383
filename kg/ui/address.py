"""The address of a page holds its state; one that is opened, or linked to, restores it.

1. At the start of a run the shell calls `arrive`. Where the address was opened, followed or gone
   back to, its parameters have `arrived`, and the page takes its state from them.
2. The page says by `keep` what gives its state. At the end of the run the shell writes that
   into the address (`leave`), without another run.
3. The edition of the guideline is part of every address, unless it is the default one.
4. What a user does before the browser has heard of a new address still comes with an older one:
   one that was written over, and not gone back to, brings nothing.
5. Whatever runs can be cut short by the next thing that a user does, wherever it touches
   Streamlit. So what is known of the address is changed in one go, and what an address brings
   stays until the page has taken it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kg.patients.drafts import Parameters

_KNOWN, _PAGES = "address:", "address:pages"
EDITION = "edition"


@dataclass
class _Known:
    """What a session knows of its address."""

    page: str | None = None
    is_first: bool = True  # whether this is its first run
    written: Parameters = field(default_factory=dict)
    arrived: Parameters | None = None  # what was opened, until the page has taken it
    opened: Parameters | None = None  # the same, until the edition is read from it
    before: list[Parameters] = field(default_factory=list)  # written over, till the browser knows
    kept: Callable[[], Parameters] | None = None


def _known() -> _Known:
    found: _Known = st.session_state.setdefault(_KNOWN, _Known())
    return found


def arrive(page: str) -> None:
    """Find out whether the address brings a state that the page has not got."""
    known, went_back = _known(), _went_back()
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    if known.page != page:
        # The navigation opens a page without parameters: then the page has its state still.
        fresh = bool(found)
        known.arrived = known.opened = None
    else:
        fresh = found != known.written and (went_back or found not in known.before)
    if fresh or found == known.written:
        known.before = []
    known.is_first = known.page is None and not went_back
    known.page, known.kept = page, None
    if fresh:
        known.written = known.arrived = known.opened = found


def edition() -> str | None:
    """Return the edition that the address names, empty for the default, None if it says nothing.

    An address that was opened or gone back to without one is of the default edition; a link
    between pages stays in the edition.
    """
    found = _known().opened
    if found is not None and EDITION in found:
        return found[EDITION][-1]
    return "" if (found is not None and is_first()) or _went_back() else None


def edition_taken() -> None:
    """Say that the edition is read from the address."""
    _known().opened = None


def page() -> str:
    """Return the name of the page that runs."""
    return _known().page or ""


def arrived() -> Parameters | None:
    """Return the parameters that the address brings, or None where it brings nothing new."""
    found = _known().arrived
    return None if found is None else {n: v for n, v in found.items() if n != EDITION}


def taken() -> None:
    """Say that the page has taken over what the address brings."""
    _known().arrived = None


def is_first() -> bool:
    """Return whether this is the first run of a session."""
    context = get_script_run_ctx()
    return _known().is_first and not (context and context.fragment_ids_this_run)


def keep(parameters: Callable[[], Parameters]) -> None:
    """Say what gives the parameters that the address of this page should hold."""
    _known().kept = parameters


def leave() -> None:
    """Write what the page wants kept into the address."""
    known = _known()
    if known.kept is None:
        return
    kept = {name: [str(v) for v in values] for name, values in known.kept().items() if values}
    if edition := st.session_state.get(EDITION):
        kept[EDITION] = [edition]
    if kept != known.written:
        before = [*known.before, known.written]
        st.query_params.from_dict(kept)  # cut short, if at all, before the browser is told
        known.before, known.written = before, kept


def _went_back() -> bool:
    """Tell whether the buttons of the browser for back and forward started this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def register(pages: Mapping[str, StreamlitPage]) -> None:
    """Make pages known to this session by their names."""
    st.session_state[_PAGES] = dict(pages)


def link(
    page: str,
    label: str,
    parameters: Mapping[str, str | Sequence[str]] | None = None,
    *,
    icon: str | None = None,
    help: str | None = None,
) -> None:
    """Show a link to a page in the state that the parameters of its address give."""
    query = {name: value for name, value in (parameters or {}).items() if value}
    shown = st.session_state[_PAGES][page]
    st.page_link(shown, label=label, icon=icon, help=help, query_params=query or None)


def go(page: str) -> None:
    """Open a page in the state that it has."""
    st.switch_page(st.session_state[_PAGES][page])
