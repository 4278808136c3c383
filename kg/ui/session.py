"""What the pages share in a session: the edition, the draft of a patient, the open cohorts."""

from __future__ import annotations

import streamlit as st

from kg.cohorts.opened import OpenCohort
from kg.guideline import Guideline, load
from kg.patients.drafts import Draft
from kg.ui.address import EDITION

DRAFT, COHORT, UPLOADED, TASK = "draft", "cohort", "cohort:uploaded", "cohort:last"


def guideline() -> Guideline:
    """Return the edition of the guideline that this session reads."""
    return load(edition=st.session_state.get(EDITION) or None)


def turn_to(edition: str) -> None:
    """Read another edition; what a page showed of the one before is left, the patient stays."""
    kept = (DRAFT, COHORT, UPLOADED, TASK, "query:desk", "query:edition")
    for key in map(str, list(st.session_state)):
        if key not in kept and not key.startswith(("patient:", "address:", "links:")):
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
