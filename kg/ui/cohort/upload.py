"""Where a cohort comes from: an upload, or the example; and the progress of classifying it."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kg.cohorts.opened import LARGEST, open_cohort
from kg.errors import HccKgError, UnknownColumnsError
from kg.guideline import Guideline
from kg.paths import example_cohort
from kg.patients.reading import Options, missing_of, reading_of
from kg.readers import FORMATS
from kg.readers.sheet import sheets_of
from kg.readers.uploads import Upload
from kg.reference.parts import TEMPLATES
from kg.texts import counted
from kg.ui import session
from kg.ui.cohort import matching, state
from kg.ui.cohort.state import LESIONS, PATIENTS, SHEET
from kg.ui.taking import download
from kg.ui.words import literal, short

_SENT, _SHEETS = "cohort:sent", "cohort:sheets"
_BOX = "Leave out columns that are not variables"


def start(guideline: Guideline) -> None:
    """Show what to do where no cohort is open yet."""
    if state.now().awaited or state.now().selection.chosen:
        st.info(
            "This link shows a table that is not open in this session. Tables are never "
            "stored: upload it again, and what the link selects will be shown."
        )
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.subheader("Look around", anchor=False)
        st.write("Made-up patients, with lesions, missing values and conflicts.")
        st.button(
            "Open the example cohort",
            type="primary",
            icon=":material/groups:",
            on_click=state.show_example,
            args=[guideline],
        )
        templates(guideline)
    with right:
        st.subheader("Your own table", anchor=False)
        form(guideline)
    matching.match(guideline)


def form(guideline: Guideline) -> None:
    """Show the form for an upload, and what became of the last one."""
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        f"One row per patient: CSV, Excel, JSON, Parquet or RDF, up to {limit} MB and {LARGEST:,} "
        "patients. The table stays in the memory of this session: it is not stored, and is "
        "gone within a minute of closing the page."
    )
    endings = [ending.removeprefix(".") for ending in FORMATS]
    patients = st.file_uploader("Table of patients", endings, key=PATIENTS)
    lesions = st.file_uploader("Table of lesions, if there is one", endings, key=LESIONS)
    if patients is not None:
        _sheets(patients)
    if matching.is_needed(guideline, patients) and not st.session_state.get("cohort:mapping"):
        told = f"{short(patients.name)} has no column patient_id" if patients else ""
        st.caption(literal(f"{told}: say below how its columns are read."))
        st.session_state[_SENT] = False
    else:
        st.checkbox(_BOX, key="cohort:ignore")
        if st.button("Classify", icon=":material/play_arrow:", key="cohort:classify"):
            st.session_state[_SENT] = True  # a table that is still being uploaded is waited for
    with st.expander("You have a mapping file, or codes that mean unknown"):
        st.file_uploader("Mapping file", ["toml"], key="cohort:mapping")
        st.text_input(
            "Codes that mean unknown, with commas between them",
            key="cohort:missing",
            placeholder="999, ecog=9",
        )
    if st.session_state.get(_SENT) and patients is None:
        state.now().end("Choose a table of patients first.")
    elif st.session_state.get(_SENT) and patients is not None:
        _begin(patients, lesions)
        st.session_state[_SENT] = False
    run(guideline)
    if state.now().error:
        st.error(literal(state.now().error), icon=":material/error:")


def _sheets(patients: UploadedFile) -> None:
    """Offer the sheets of a workbook, where it has several."""
    about = Upload(patients.name, patients.getvalue())
    names = session.once(_SHEETS, patients.file_id, lambda: sheets_of(about))
    if len(names) > 1:
        st.selectbox("Sheet of the workbook", names, key=SHEET)
    else:
        st.session_state.pop(SHEET, None)


def _begin(patients: UploadedFile, lesions: UploadedFile | None) -> None:
    """Ask for the tables to be classified, as the form says that they are read."""
    said = st.session_state
    mapping = said["cohort:mapping"]
    codes = [text.strip() for text in said["cohort:missing"].split(",") if text.strip()]
    options = Options(
        ignore_unknown=said["cohort:ignore"],
        missing=missing_of(codes),
        sheet=said.get(SHEET),
        mapping=Upload(mapping.name, mapping.getvalue()) if mapping else None,
    )
    state.now().begin(state.tables_of(patients, lesions, options))


def run(guideline: Guideline) -> None:
    """Classify what was sent; a run that is cut short by a click starts anew, or is stopped."""
    task = state.now().task
    if task is None:
        return
    bar = st.progress(0.0, f"Reading {literal(short(task.patients.name))} …")
    stop = st.empty()
    stop.button("Stop", icon=":material/stop:", on_click=state.now().end, args=["Stopped."])

    def tell(done: int, total: int) -> None:
        bar.progress(min(done / max(total, 1), 1.0), f"{done:,} of {counted(total, 'patient')}")

    try:
        reading = reading_of(guideline, task.options)
        opened = open_cohort(guideline, task.patients, task.lesions, reading=reading, progress=tell)
    except HccKgError as error:
        told = str(error)
        if isinstance(error, UnknownColumnsError):
            told = error.advised(f"tick “{_BOX}”")
        state.now().end(short(told, 1_000))
        bar.empty()
        stop.empty()
        return
    state.now().end()
    st.session_state[session.TASK] = task
    state.show(opened)
    matching.done(st.session_state.get(PATIENTS))
    st.rerun()


def templates(guideline: Guideline) -> None:
    """Offer tables to fill in, what their columns take, and one that is filled in."""
    st.caption("To write a table of your own, begin with one of these.")
    table, text = example_cohort(), {kind: make(guideline) for kind, make in TEMPLATES.items()}
    with st.container(horizontal=True):
        for label, data, name, told in (
            ("Empty table", text["patients"], "patients.csv", "A column for every variable"),
            ("Empty table of lesions", text["lesions"], "lesions.csv", "A row for each lesion"),
            ("What columns mean", text["columns"], "columns.csv", "Meaning, unit and cells"),
            ("Example table", table.read_bytes(), "example.csv", "The example cohort as CSV"),
        ):
            download(name, data, label, help=told)
