"""A cohort to take along: its numbers, figures, methods and versions as one ZIP."""

from __future__ import annotations

import io
import json
import platform
from dataclasses import replace
from importlib import metadata
from zipfile import ZIP_DEFLATED, ZipFile

import streamlit as st

from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import RECORDED, UNREMARKABLE, Selection, completed
from kg.readers.uploads import Upload
from kg.reference.citation import header
from kg.texts import NOTE_ON_USE, counted
from kg.ui import pictures, session
from kg.ui.cohort import state, views
from kg.ui.cohort.state import notebook
from kg.ui.taking import download

_MADE = "cohort:study"
_LIBRARIES = ("hcc-kg", "polars", "altair", "vl-convert-python")


def offer(cohort: OpenCohort) -> None:
    """Offer the whole study as a ZIP, which is made when it is asked for."""
    stem = cohort.name.rpartition(".")[0] or cohort.name
    if (mapping := _mapping(cohort)) is not None:
        told = f"{mapping.name} (how columns and cells are read)"
        download(mapping.name, mapping.content, told, icon=None)
    st.caption(
        "Verdicts, numbers, figures, methods and versions, as recorded and if nothing else is "
        "remarkable; and a notebook that gives them anew from your table."
    )
    if st.button("Make a ZIP of the study", key="cohort:study:make", icon=":material/folder_zip:"):
        with st.spinner("Drawing the figures …"):
            st.session_state[_MADE] = cohort, zipped(cohort, state.now().selection.therapy)
    made: tuple[OpenCohort, bytes] | None = st.session_state.get(_MADE)
    if made is not None and made[0] is cohort:
        name = f"{stem}.study.zip"
        download(name, made[1], name, icon=None, type="secondary")


def zipped(cohort: OpenCohort, therapy: str) -> bytes:
    """Return the study as a ZIP; `therapy` is what views of one are about, if one is chosen."""
    held = io.BytesIO()
    both = {RECORDED: cohort, UNREMARKABLE: state.assumed(cohort)}
    with ZipFile(held, "w", ZIP_DEFLATED) as file:
        for view, (_, _, make) in views.SHOWN.items():
            if view == "groups":
                continue
            selected, frames = completed(cohort, Selection(view, therapy)), []
            for silence, each in both.items():
                shown = make(each, selected)
                frames.append(cohort_views.with_percent(each, shown.frame))
                if shown.saved is not None:
                    told = views.words(each, replace(selected, silence=silence))
                    for ending, draw in pictures.made(shown.saved, *told).items():
                        file.writestr(f"figures/{view}-{silence}.{ending}", draw())
            file.writestr(f"data/{view}.csv", cohort_views.beside(*frames).write_csv())
        file.writestr("data/verdicts-of-patients.csv", cohort.download("csv"))
        file.writestr("methods.txt", methods(cohort))
        file.writestr("versions.json", json.dumps(versions(cohort), indent=2, ensure_ascii=False))
        file.writestr("analysis.ipynb", notebook(cohort, Selection()))
        if (mapping := _mapping(cohort)) is not None:
            file.writestr(mapping.name, mapping.content)
    return held.getvalue()


def _mapping(cohort: OpenCohort) -> Upload | None:
    """Return the mapping file by which the table was read, where the page wrote one."""
    task: state.UploadedTables | None = st.session_state.get(session.TASK)
    if task is None or not task.mapping or cohort.is_example:
        return None
    return Upload(f"{task.patients.stem}.toml", task.mapping.encode())


def methods(cohort: OpenCohort) -> str:
    """Return a paragraph on methods, for a paper."""
    report, about = cohort.summary, header(cohort.guideline)
    rejected = f" Rejected, and not counted: {counted(report.rejected, 'row')}."
    return (
        f"{counted(report.patients, 'patient')} were classified by hcc-kg {about.version}, "
        f"an OWL 2 DL ontology of this guideline: {cohort.guideline.source.citation} Its "
        "criteria were applied to each record: a verdict was given only if it holds for every "
        "possible value of what is unknown; otherwise it is undetermined. Beside that, the records "
        "were classified with the unremarkable value assumed of each variable on which they are "
        "silent."
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
