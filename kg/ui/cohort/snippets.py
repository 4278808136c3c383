"""What is shown of an open cohort, as Python to run elsewhere."""

from __future__ import annotations

import tomllib
from typing import Any

import streamlit as st

from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import UNREMARKABLE, Selection
from kg.paths import example_cohort, example_lesions
from kg.patients.reading import Options
from kg.reference.notebooks import of_notebook
from kg.reference.snippets import TableRead, of_cohort, of_patients
from kg.ui import session
from kg.ui.cohort import state


def read(cohort: OpenCohort, silence: str = "") -> TableRead:
    """Return how an open cohort is read, as Python says it."""
    edition, assume = cohort.guideline.edition, "all" if silence == UNREMARKABLE else ""
    if cohort.is_example:
        lesions = example_lesions()
        paths = str(example_cohort()), str(lesions) if lesions else None
        return TableRead(*paths, Options(), edition, assume)
    task: state.UploadedTables | None = st.session_state.get(session.TASK)
    reading = cohort.reading
    options, mapping = Options(), dict[str, Any]()
    if task is not None and task.mapping:
        options["mapping"] = mapping = tomllib.loads(task.mapping)
    codes = {name or "all": list(told) for name, told in reading.missing.items()}
    if codes != mapping.get("missing", {}):
        options["missing"] = codes
    if reading.ignore_unknown:
        options["ignore_unknown"] = True
    if reading.sheet:
        options["sheet"] = reading.sheet
    lesions_name = task.lesions.name if task is not None and task.lesions else None
    return TableRead(cohort.name, lesions_name, options, edition, assume)


def notebook(cohort: OpenCohort, selected: Selection) -> str:
    """Return a notebook of Jupyter that gives a view as a frame and a figure."""
    how, title = read(cohort, selected.silence), f"{cohort.name}: {selected.view}"
    return of_notebook(how, title, selected.view, selected.therapy, selected.chosen)


def of_view(cohort: OpenCohort, selected: Selection) -> str:
    """Return the Python that gives the numbers of a view."""
    how = read(cohort, selected.silence)
    return of_cohort(how, selected.view, selected.therapy, selected.chosen)


def of_selected(cohort: OpenCohort, selected: Selection) -> str:
    """Return the Python that gives the patients that are selected."""
    how = read(cohort, selected.silence)
    return of_patients(how, selected.view, selected.therapy, selected.chosen)
