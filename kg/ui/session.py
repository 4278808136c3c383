"""What the pages share in a session: the edition, the draft of a patient, the open cohorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from kg.cohorts.opened import OpenCohort
from kg.guideline import Guideline, load
from kg.patients.drafts import Draft
from kg.ui.address import EDITION

_T = TypeVar("_T")
DRAFT, COHORT, UPLOADED, TASK = "draft", "cohort", "cohort:uploaded", "cohort:last"
STATE = ":state"  # after the name of a page: where in it one is


def guideline() -> Guideline:
    """Return the edition of the guideline that this session reads."""
    return load(edition=st.session_state.get(EDITION) or None)


def turn_to(edition: str) -> None:
    """Read another edition; what was made of the one before is left, the place and patient stay."""
    kept = (DRAFT, COHORT, UPLOADED, TASK, "query:desk")
    for key in map(str, list(st.session_state)):
        stays = key.startswith(("patient:", "address:")) or key.endswith(STATE)
        if key not in kept and not stays:
            del st.session_state[key]
    st.session_state[EDITION] = edition


def draft() -> Draft:
    """Return the draft of this session."""
    found: Draft = st.session_state.setdefault(DRAFT, Draft())
    return found


def cohort() -> OpenCohort | None:
    """Return the cohort that is shown."""
    found: OpenCohort | None = st.session_state.get(COHORT)
    return found


def uploaded() -> OpenCohort | None:
    """Return the cohort that was uploaded last."""
    found: OpenCohort | None = st.session_state.get(UPLOADED)
    return found


def once(key: str, about: object, make: Callable[[], _T]) -> _T:
    """Return what is made of something, which is made anew only where that is something else."""
    known: tuple[object, _T] | None = st.session_state.get(key)
    if known is None or known[0] != about:
        known = st.session_state[key] = about, make()
    return known[1]
