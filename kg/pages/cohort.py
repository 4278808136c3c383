"""The page Cohort: classify a table of patients, and look into what comes of it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from kg.cohorts.opened import DOWNLOADS, OpenCohort
from kg.texts import counted
from kg.ui import address, session
from kg.ui.cohort import matching, showing, state, study, upload, views
from kg.ui.restoring import field
from kg.ui.shell import head
from kg.ui.tables import joined, workbook
from kg.ui.taking import download
from kg.ui.term_views import notes
from kg.ui.words import literal, short, told_notes

_ROWS_OF_EXCEL = 1 << 20


def results(cohort: OpenCohort) -> None:
    """Show an open cohort: its figures, a view of it, and the patients selected in that."""
    figures(cohort)
    if matching.match(cohort.guideline):
        return
    if not cohort.summary.patients:
        nothing(cohort)
        return
    titles, view = views.titles(cohort), state.now().selection.view
    look = {"required": True, "label_visibility": "collapsed", "format_func": titles.get}
    turn, widget = state.now().turn_to, st.segmented_control
    field(widget, "View of the cohort", "cohort:view", view, turn, options=list(titles), **look)
    if view == "rejected":
        views.rejected(cohort)
        return
    showing.show(cohort)


def nothing(cohort: OpenCohort) -> None:
    """Say why no patient was classified, and show the rows that were rejected."""
    rejected = cohort.summary.rejected
    told = f"{counted(rejected, 'row')} rejected. Correct the cells and open the table again."
    told = told if rejected else "the table has a header and no rows."
    st.warning(f"No patient was classified: {told}", icon=":material/warning:")
    if rejected or cohort.summary.rejected_lesions:
        views.rejected(cohort)


def figures(cohort: OpenCohort) -> None:
    """Show what the cohort comes to in one line, downloads, and the way to another table."""
    report = cohort.summary
    told = [
        f"**{counted(report.patients, 'patient')}**",
        f"**{report.with_conflicts:,}** with conflicts",
        f"**{counted(report.rejected, 'row')}** rejected",
    ]
    if report.rejected_lesions:
        told.append(f"**{counted(report.rejected_lesions, 'lesion')}** rejected")
    told_notes(report.notes)
    notes(cohort.guideline)
    name = "the example cohort" if cohort.is_example else literal(short(cohort.name))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{' · '.join(told)} · {name}", width="content")
        with st.popover("Results", icon=":material/download:"):
            st.caption("The verdicts on every patient, with what is met and what is missing.")
            keep = st.multiselect("With these columns of the table", cohort.columns)
            stem = cohort.name.rpartition(".")[0] or cohort.name
            for format_ in DOWNLOADS:
                file = f"{stem}.verdicts.{format_}"
                download(file, partial(cohort.download, format_, keep), file, icon=None)
            if report.patients * len(cohort.guideline.therapies) < _ROWS_OF_EXCEL:
                file = f"{stem}.verdicts.xlsx"
                download(file, lambda: workbook(joined(cohort.frame(keep))), file, icon=None)
            study.offer(cohort)
        showing.switch()
        address.link("compare", "Editions", {"view": "cohort"}, icon=":material/compare_arrows:")
        with st.popover("Another table", icon=":material/upload:"):
            others(cohort)


def others(cohort: OpenCohort) -> None:
    """Offer other cohorts than the one that is shown."""
    own = session.uploaded()
    if not cohort.is_example:
        st.button(
            "Open the example cohort", on_click=state.show_example, args=[session.guideline()]
        )
    elif own is not None:
        st.button(f"Back to {literal(short(own.name))}", on_click=state.show, args=[own])
    upload.form(session.guideline())


head(
    "Cohort",
    "Classify a table of patients: who is eligible for what, why not, and what is missing.",
)
state.restore(session.guideline())
state.follow_edition(session.guideline())
opened = session.cohort()
if opened is None:
    upload.start(session.guideline())
else:
    results(opened)
