"""The same record asked of HermiT, beside the page: that can be worked with meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import streamlit as st

from kg.engines.registry import engine_of
from kg.errors import HccKgError
from kg.guideline import Guideline
from kg.patients.drafts import Draft
from kg.reasoning.verdicts import PatientResult
from kg.texts import counted
from kg.ui import session
from kg.ui.patient import parts, state
from kg.ui.patient.state import Judged
from kg.ui.words import literal

_CHECK = "patient:verified"
_ROUND = 0.5  # seconds between two looks whether it is done
_beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hermit")


class _Check(NamedTuple):
    record: tuple[str, Draft]  # with the edition under which it was judged
    told: Future[tuple[bool, str]]  # whether HermiT agrees, and in words


def button(guideline: Guideline) -> None:
    """Offer to ask HermiT."""
    st.button(
        "Verify with HermiT",
        icon=":material/verified:",
        on_click=_ask,
        args=(guideline,),
        help="Ask the reasoner HermiT for the same answers. The first time takes seconds.",
    )


def verified(guideline: Guideline) -> None:
    """Show what HermiT says of this record, where it was asked."""

    def look() -> tuple[bool, bool]:
        check: _Check | None = st.session_state.get(_CHECK)
        is_shown = check is not None and check.record == (guideline.edition, session.draft())
        return is_shown, check is not None and check.told.done()

    parts.part("hermit", look, lambda looks: _draw(*looks))


def _draw(is_shown: bool, is_done: bool) -> None:
    if is_shown and is_done:
        agrees, told = st.session_state[_CHECK].told.result()
        (st.success if agrees else st.error)(literal(told))
    elif is_shown:
        st.info("HermiT reasons …", icon=":material/hourglass_top:")
        st.fragment(_wait, run_every=_ROUND)()


def _wait() -> None:
    if st.session_state[_CHECK].told.done():
        st.rerun()


def _ask(guideline: Guideline) -> None:
    judged = state.now(guideline)
    record = guideline.edition, judged.draft
    st.session_state[_CHECK] = _Check(record, _beside.submit(_answer, judged))


def _answer(judged: Judged) -> tuple[bool, str]:
    started = time.perf_counter()
    try:
        found = engine_of("hermit", judged.guideline).classify(judged.parsed.record)
    except HccKgError as error:
        return False, f"HermiT cannot run: {error}"
    seconds = time.perf_counter() - started
    if found != judged.result:
        return False, f"HermiT differs on {_differing(found, judged.result)}. Please report this."
    return True, (
        f"HermiT agrees: {counted(len(found.therapies), 'verdict')} and the states of "
        f"{counted(len(found.states), 'class')} are the same ({seconds:.1f} s)."
    )


def _differing(first: PatientResult, second: PatientResult) -> str:
    names = [n for n, one in first.therapies.items() if one != second.therapies[n]]
    names += [n for n, one in first.states.items() if one != second.states.get(n)]
    return ", ".join(names)
