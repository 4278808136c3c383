"""A cohort to take along: its numbers, figures, methods and versions as one ZIP, and as Python."""

from __future__ import annotations

import io
import json
import platform
from importlib import metadata
from zipfile import ZIP_DEFLATED, ZipFile

import streamlit as st

from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import RECORDED, UNREMARKABLE, Selection
from kg.paths import example_cohort, example_lesions
from kg.patients.options import Options
from kg.reference.citation import header
from kg.reference.snippets import TableRead, of_cohort
from kg.texts import NOTE_ON_USE, counted
from kg.ui import pictures, session
from kg.ui.cohort import showing, state, views

_MADE = "cohort:study"
_LIBRARIES = ("hcc-kg", "polars", "altair", "vl-convert-python")


def read(cohort: OpenCohort, assume: str = "") -> TableRead:
    """Return how an open cohort is read, as Python says it."""
    edition = cohort.guideline.edition
    if cohort.is_example:
        lesions = example_lesions()
        paths = str(example_cohort()), str(lesions) if lesions else None
        return TableRead(*paths, Options(), edition, assume)
    task: state.Task | None = st.session_state.get(session.TASK)
    reading = cohort.reading
    options = Options()
    if task is not None and task.mapping:
        options["mapping"] = f"{task.patients.stem}.toml"
    elif reading.missing:
        options["missing"] = {name or "all": list(codes) for name, codes in reading.missing.items()}
    if reading.ignore_unknown:
        options["ignore_unknown"] = True
    if reading.sheet:
        options["sheet"] = reading.sheet
    lesions_name = task.lesions.name if task is not None and task.lesions else None
    return TableRead(cohort.name, lesions_name, options, edition, assume)


def snippet(cohort: OpenCohort) -> str:
    """Return the Python that gives the numbers of the view that is shown."""
    selected = state.selection()
    assume = "all" if selected.silence == UNREMARKABLE else ""
    return of_cohort(read(cohort, assume), selected.view, selected.therapy, selected.chosen)


def offer(cohort: OpenCohort) -> None:
    """Offer the whole study as a ZIP, which is made when it is asked for."""
    stem = cohort.name.rpartition(".")[0] or cohort.name
    st.caption("Verdicts, numbers, figures, methods and versions, as recorded and beside it.")
    if st.button("Make a ZIP of the study", key="cohort:study:make", icon=":material/folder_zip:"):
        with st.spinner("Drawing the figures …"):
            st.session_state[_MADE] = cohort, zipped(cohort)
    made: tuple[OpenCohort, bytes] | None = st.session_state.get(_MADE)
    if made is not None and made[0] is cohort:
        name = f"{stem}.study.zip"
        st.download_button(name, made[1], name, "application/zip", on_click="ignore")


def zipped(cohort: OpenCohort) -> bytes:
    """Return the study as a ZIP."""
    held, before = io.BytesIO(), state.selection()
    both = {RECORDED: cohort, UNREMARKABLE: showing.assumed(cohort)}
    with ZipFile(held, "w", ZIP_DEFLATED) as file:
        for view, make in views.SHOWN.items():
            if view == "groups":
                continue
            frames = []
            for silence, each in both.items():
                state.select(Selection(view, before.therapy))
                shown = make(each)
                frames.append(cohort_views.with_percent(each, shown.frame))
                if shown.charts and shown.saved is not None:
                    for ending, (_, draw) in pictures.made(
                        shown.saved, *showing.words(each, silence)
                    ).items():
                        file.writestr(f"figures/{view}-{silence}.{ending}", draw())
            file.writestr(f"data/{view}.csv", cohort_views.beside(*frames).write_csv())
        file.writestr("data/verdicts-of-patients.csv", cohort.download("csv"))
        file.writestr("methods.txt", methods(cohort))
        file.writestr("versions.json", json.dumps(versions(cohort), indent=2, ensure_ascii=False))
        file.writestr("analysis.py", of_cohort(read(cohort), "verdicts"))
        task: state.Task | None = st.session_state.get(session.TASK)
        if task is not None and task.mapping and not cohort.is_example:
            file.writestr(f"{task.patients.stem}.toml", task.mapping)
    state.select(before)
    return held.getvalue()


def methods(cohort: OpenCohort) -> str:
    """Return a paragraph on methods, for a paper."""
    report, about = cohort.report, header(cohort.guideline)
    rejected = f" {counted(report.rejected, 'row')} could not be read and were set aside."
    return (
        f"{counted(report.patients, 'patient')} were classified by hcc-kg {about.version}, "
        f"an OWL 2 DL ontology of {cohort.guideline.source.citation} Its criteria were applied "
        "to each record: a verdict was given only if it holds for every possible value of what "
        "is unknown; otherwise it is undetermined. Beside that, the records were classified with "
        "the unremarkable value assumed of each variable on which they are silent."
        f"{rejected if report.rejected else ''}\n\n{about.citation}\n\n{NOTE_ON_USE}\n"
    )


def versions(cohort: OpenCohort) -> dict[str, str]:
    """Return the versions of what the study was made with."""
    about = header(cohort.guideline)
    libraries = {name: metadata.version(name) for name in _LIBRARIES}
    return {
        "python": platform.python_version(),
        **libraries,
        "edition": cohort.guideline.edition,
        "ontology": about.version_iri,
        "ontology_sha256": about.sha256,
    }
