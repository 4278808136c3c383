"""The same record asked of HermiT, beside the page: that can be worked with meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from kg.engines.registry import engine_of
from kg.errors import HccKgError
from kg.guideline import Guideline
from kg.texts import counted
from kg.ui import session
from kg.ui.patient import parts, state, summary
from kg.ui.patient.state import Judged
from kg.ui.words import literal

_CHECK = "patient:verified"  # the record, with its edition, and what is told of it
_WAITING = False, ""
_ROUND = 0.5  # seconds between two looks whether it is done
_beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hermit")


def button(guideline: Guideline) -> None:
    """Offer to ask HermiT."""
    st.button(
        "Verify with HermiT",
        icon=":material/verified:",
        on_click=_ask,
        args=(guideline,),
        help="Ask the reasoner HermiT for the same answers. The first time takes some seconds.",
    )


def verified(guideline: Guideline) -> None:
    """Show what HermiT says of this record, where it was asked."""

    def look() -> tuple[bool, str] | None:
        record, told = st.session_state.get(_CHECK, (None, None))
        if record != (guideline.edition, session.draft()):
            return None
        found: tuple[bool, str] = told.result() if told.done() else _WAITING
        return found

    def draw(said: tuple[bool, str] | None) -> None:
        if said is not None:
            summary.to_answer()
        if said == _WAITING:
            st.info("HermiT reasons …", icon=":material/hourglass_top:")
            wait()
        elif said is not None:
            agrees, words = said
            (st.success if agrees else st.error)(literal(words))

    @st.fragment(run_every=_ROUND)
    def wait() -> None:
        if look() != _WAITING:
            st.rerun()

    parts.part("hermit", look, draw)


def _ask(guideline: Guideline) -> None:
    judged = state.now(guideline)
    record = guideline.edition, judged.draft
    st.session_state[_CHECK] = record, _beside.submit(_answer, judged)
    st.session_state[summary.TO_ANSWER] = True


def _answer(judged: Judged) -> tuple[bool, str]:
    """Return whether HermiT gives the same, and in words."""
    started = time.perf_counter()
    try:
        found = engine_of("hermit", judged.guideline).classify(judged.parsed.record)
    except HccKgError as error:
        return False, f"HermiT cannot run: {error}"
    seconds = time.perf_counter() - started
    if found == judged.result:
        return True, (
            f"HermiT agrees: {counted(len(found.therapies), 'verdict')} and the states of "
            f"{counted(len(found.states), 'class')} are the same ({seconds:.1f} s)."
        )
    ours = {**judged.result.states, **judged.result.therapies}
    told = {**found.states, **found.therapies}
    names = ", ".join(name for name, one in told.items() if one != ours.get(name))
    return False, f"HermiT differs on {names}. Please report this."
