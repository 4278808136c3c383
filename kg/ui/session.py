"""What the pages share in a session: the draft of a patient, and the cohorts that are open."""

from __future__ import annotations

import streamlit as st

from kg.cohorts.opened import OpenCohort
from kg.patients.drafts import Draft

DRAFT, COHORT, UPLOADED = "draft", "cohort", "cohort:uploaded"


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
