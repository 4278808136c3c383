"""The selected patients of a cohort as a table, from which one is opened in Patient."""

from __future__ import annotations

import polars as pl
import streamlit as st

from kg.cohorts.opened import OpenCohort
from kg.cohorts.report import conflict_messages, reason_words
from kg.cohorts.selections import NONE, ONE_ANSWER, RECORDED, Selection, patients
from kg.explanation.wording import NO_INDICATION
from kg.keys import ID
from kg.patients.drafts import LONGEST, parameters_of, query_string
from kg.reasoning.verdicts import UNDETERMINED, VERDICTS
from kg.texts import counted
from kg.ui import address
from kg.ui.cohort import snippets, state
from kg.ui.patient.state import open_draft
from kg.ui.tables import TableQuery, table
from kg.ui.words import literal, short

SHOWN = 500
_OPEN = "Open in Patient"
_EXAMPLE = "hcc:graph/verdicts/example"


def selected(cohort: OpenCohort) -> None:
    """Show the patients that are selected, or how to select some."""
    selection = state.now().selection
    if not selection.chosen:
        st.info("Click a bar, or choose above the chart, to see its patients here.")
        return
    frame = patients(cohort, selection)
    st.markdown(f"**{counted(len(frame), 'patient')}** · {literal(told(cohort, selection))}")
    if frame.is_empty():
        st.caption("No patients in this selection; choose another bar.")
        return
    head = frame.head(SHOWN)
    rows = head["row"].to_list()
    picked = state.now().row
    table(
        head.with_columns(pl.col(ID).str.slice(0, 200)),
        "cohort-patients",
        _asked(cohort, selection),
        python=snippets.of_selected(cohort, selection),
        saved=frame,
        picked=rows.index(picked) if picked in rows else None,
        on_pick=lambda place: state.now().pick(rows[place]),
    )
    if len(frame) > SHOWN:
        st.caption(f"The first {SHOWN} are shown; the downloads have all.")
    _open(cohort, dict(zip(rows, head[ID], strict=True)))


def _open(cohort: OpenCohort, names: dict[int, str]) -> None:
    """Offer to open one of the shown patients in Patient."""
    picked = state.now().row
    st.session_state["cohort:patient"] = picked if picked in names else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Patient",
            list(names),
            index=None,
            format_func=lambda row: short(names.get(row, ""), 60),
            key="cohort:patient",
            on_change=lambda: state.now().pick(st.session_state["cohort:patient"]),
            placeholder="Pick a row, or choose here",
        )
        rows = list(names)
        place = rows.index(picked) if picked in names else -1
        for label, other in (("Previous", place - 1), ("Next", place + 1)):
            st.button(
                label,
                disabled=not 0 <= other < len(rows),
                on_click=lambda other=other: state.now().pick(rows[other]),
                key=f"cohort:{label.lower()}",
            )
        draft = cohort.draft(picked) if picked is not None and picked in names else None
        if draft is None or len(query_string(draft)) > LONGEST:
            st.button(  # a record too long for an address goes by the session
                _OPEN,
                icon=":material/person:",
                disabled=draft is None,
                on_click=lambda: open_draft(draft) if draft else None,
                key="cohort:open",
            )
            if st.session_state.get("cohort:open"):
                address.go("patient")
        else:
            address.link("patient", _OPEN, parameters_of(draft), icon=":material/person:")


def told(cohort: OpenCohort, selection: Selection) -> str:
    """Return in words which patients are selected."""
    guideline, chosen = cohort.guideline, selection.chosen
    therapy = guideline.therapies.get(selection.therapy)
    if therapy and selection.view in ("verdicts", "why-not", "flow"):
        return f"{therapy.label}: {_outcome(cohort, chosen)}"
    if selection.view == "overlaps":
        names = [] if chosen == NONE else chosen.split(",")
        labels = ", ".join(guideline.therapies[name].label for name in names)
        return f"eligible for {labels or 'no therapy'}" + (", and nothing else" if labels else "")
    if selection.view == "missing":
        return f"an undetermined verdict depends on {guideline.variables[chosen].label}"
    return conflict_messages(guideline)[chosen]


def _outcome(cohort: OpenCohort, chosen: str) -> str:
    """Return a verdict in words, with its reason where one is chosen."""
    guideline = cohort.guideline
    if chosen == ONE_ANSWER:
        return f"{guideline.verdicts[UNDETERMINED][0]}, one answer away from eligible"
    word, dot, reason = chosen.partition(".")
    if not dot:
        return guideline.verdicts[word][0]
    others = {"indications": NO_INDICATION, "together": "several things together"}
    label = others.get(reason) or reason_words(guideline, word, reason)
    return f"{guideline.verdicts[word][0]} ({label})"


def _asked(cohort: OpenCohort, selection: Selection) -> TableQuery | None:
    """Return the saved question that gives the same patients of the example cohort."""
    if not cohort.is_example or selection.silence not in ("", RECORDED):
        return None
    if selection.view == "verdicts" and selection.chosen in VERDICTS:
        told = {"therapy": selection.therapy, "verdict": selection.chosen, "graph": _EXAMPLE}
        return TableQuery("patients-of-verdict", told)
    if selection.view == "overlaps" and selection.chosen == NONE:
        return TableQuery("eligible-for-none", {"graph": _EXAMPLE})
    return TableQuery("conflicts", {"graph": _EXAMPLE}) if selection.view == "conflicts" else None
