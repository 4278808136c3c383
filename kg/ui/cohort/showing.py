"""Shows a view of a cohort, if nothing else is remarkable beside it, and the selected patients."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl
import streamlit as st

from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort
from kg.cohorts.report import conflict_messages, reason_words
from kg.cohorts.selections import (
    NONE,
    RECORDED,
    UNREMARKABLE,
    Selection,
    completed,
    patients,
)
from kg.keys import ID
from kg.patients.drafts import LONGEST, parameters_of, query_string
from kg.reasoning.verdicts import VERDICTS
from kg.reference.snippets import of_patients
from kg.texts import counted
from kg.ui import address, pictures
from kg.ui.cohort import charts, state, views
from kg.ui.cohort.views import EXAMPLE, View
from kg.ui.patient.state import open_draft
from kg.ui.restoring import field
from kg.ui.tables import TableQuery, table
from kg.ui.taking import NOTEBOOK
from kg.ui.words import literal, short

SHOWN = 500  # patients
_OPEN = "Open in Patient"
_HEADS = {RECORDED: "As recorded", UNREMARKABLE: "If nothing else is remarkable"}


def show(cohort: OpenCohort) -> None:
    """Show the view that is chosen: its lists, charts, patients and numbers."""
    selected = completed(cohort, state.now().selection)
    if selected != state.now().selection:
        state.now().select(selected)
    silence = selected.silence
    both = {RECORDED: cohort, UNREMARKABLE: state.assumed(cohort)} if silence else {"": cohort}
    *_, make = views.SHOWN[selected.view]
    shown = {name: make(each, selected) for name, each in both.items()}
    chosen = shown[silence]
    asked = chosen.asked if cohort.is_example and not silence else None  # as the graph has it
    has_patients = selected.view != "groups" and bool(chosen.charts)
    if silence:
        _boxes(chosen, 2)
        for (name, each), place in zip(shown.items(), st.columns(2, gap="medium"), strict=True):
            with place:
                st.markdown(f"**{_HEADS[name]}**")
                _charts(both[name], replace(selected, silence=name), each, asked)
        if has_patients:
            _which()
            _patients(both[silence], chosen)
    else:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _boxes(chosen, len(chosen.boxes) or 1)
            _charts(cohort, selected, chosen, asked)
        if has_patients:
            with right:
                _patients(cohort, chosen)
    if not chosen.frame.columns:
        return
    with st.expander("The numbers as a table"):
        frames = [cohort_views.with_percent(both[name], each.frame) for name, each in shown.items()]
        frame = frames[0] if len(frames) == 1 else cohort_views.beside(*frames)
        table(frame, f"cohort-{chosen.name}", asked, python=state.python(cohort, selected))


def switch() -> None:
    """Offer to show beside each picture what comes of it if nothing else is remarkable."""
    field(
        st.toggle,
        "Beside: if nothing else is remarkable",
        "cohort:silence",
        bool(state.now().selection.silence),
        lambda is_on: state.now().choose({"silence": RECORDED if is_on else ""}),
        help="Where a record is silent, the unremarkable value of the guideline's ontology is "
        "assumed, such as no extrahepatic spread; nothing that is recorded is changed.",
    )


def _which() -> None:
    """Offer which of both the patients are taken from."""
    field(
        st.segmented_control,
        "Patients",
        "cohort:which",
        state.now().selection.silence,
        lambda name: state.now().choose({"silence": name}, turn=False),
        options=list(_HEADS),
        required=True,
        format_func=_HEADS.__getitem__,
    )


def _boxes(view: View, columns: int) -> None:
    """Show lists for parts of the selection beside each other."""
    selection = state.now().selection
    for box, place in zip(view.boxes, st.columns(columns), strict=False):
        chosen: str = getattr(selection, box.field)
        field(
            place.selectbox,
            box.label,
            f"cohort:box:{selection.view}:{box.field}",
            chosen if chosen in box.options else None,
            partial(_changed, box.field),
            options=list(box.options),
            format_func=box.options.__getitem__,
            disabled=box.disabled,
            placeholder="Choose, or click a bar" if view.clicks else "Choose",
        )


def _changed(part: str, name: str | None) -> None:
    is_other = part == "therapy" and state.now().selection.view != "groups"
    state.now().choose({**({"chosen": ""} if is_other else {}), part: name or ""})


def _charts(cohort: OpenCohort, selected: Selection, view: View, asked: TableQuery | None) -> None:
    """Show the charts of a view, the first of which can be clicked, and offer the picture."""
    if not view.charts:
        st.info(view.empty)
        return
    key = f"cohort:chart:{selected.view}:{selected.silence}:{state.now().turn}"

    def hear(bar: dict[str, str]) -> None:
        told = {**(bar or {"chosen": ""}), "silence": selected.silence}
        state.now().choose(told, turn=False)

    (first, told), *others = view.charts
    with st.container(gap=None):
        charts.show(first, told, key, view.clicks, hear)
        for chart, told in others:
            charts.show(chart, told)
    if view.legend:
        pictures.legend(view.legend)
    if view.saved:
        name = f"cohort-{view.name}{'-if-unremarkable' * (selected.silence == UNREMARKABLE)}"
        queries = asked.snippets() if asked else {}
        copied = {
            NOTEBOOK: state.notebook(cohort, selected),
            "Python": state.python(cohort, selected),
        }
        pictures.saves(view.saved, name, *views.words(cohort, selected), copied | queries)
    if view.caption:
        st.caption(view.caption)


def _patients(cohort: OpenCohort, view: View) -> None:
    """Show the patients that are selected, or how to select some."""
    selection = state.now().selection
    if not selection.chosen:
        how = "Click a bar, or choose above the chart," if view.clicks else "Choose above the chart"
        st.info(f"{how} to see its patients here.")
        return
    frame = patients(cohort, selection)
    st.markdown(f"**{counted(len(frame), 'patient')}** · {literal(_told(cohort, selection))}")
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
        python=state.python(cohort, selection, of_patients),
        saved=frame,
        picked=rows.index(picked) if picked in rows else None,
        on_pick=lambda place: state.now().pick(rows[place]),
    )
    _open(cohort, dict(zip(rows, head[ID], strict=True)))


def _open(cohort: OpenCohort, names: dict[int, str]) -> None:
    """Offer to open one of the shown patients in Patient."""
    picked = state.now().row
    with st.container(horizontal=True, vertical_alignment="bottom"):
        field(
            st.selectbox,
            "Patient",
            "cohort:patient",
            picked if picked in names else None,
            state.now().pick,
            options=list(names),
            format_func=lambda row: short(names.get(row, ""), 60),
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


def _told(cohort: OpenCohort, selection: Selection) -> str:
    """Return in words which patients are selected."""
    guideline, chosen = cohort.guideline, selection.chosen
    therapy = guideline.therapies.get(selection.therapy)
    if therapy and selection.view in ("verdicts", "why-not", "flow"):
        word, _, reason = chosen.partition(".")
        because = f" ({reason_words(guideline, word, reason)})" if reason else ""
        return f"{therapy.label}: {views.outcomes(guideline)[word]}{because}"
    if selection.view == "overlaps":
        names = [] if chosen == NONE else chosen.split(",")
        labels = ", ".join(guideline.therapies[name].label for name in names)
        return f"eligible for {labels or 'no therapy'}" + (", and nothing else" if labels else "")
    if selection.view == "missing":
        return f"an undetermined verdict depends on {guideline.variables[chosen].label}"
    return conflict_messages(guideline)[chosen]


def _asked(cohort: OpenCohort, selection: Selection) -> TableQuery | None:
    """Return the saved question that gives the same patients of the example cohort."""
    if not cohort.is_example or selection.silence not in ("", RECORDED):
        return None
    if selection.view == "verdicts" and selection.chosen in VERDICTS:
        told = {"therapy": selection.therapy, "verdict": selection.chosen}
        return TableQuery("patients-of-verdict", {**told, **EXAMPLE})
    if selection.view == "overlaps" and selection.chosen == NONE:
        return TableQuery("eligible-for-none", EXAMPLE)
    return TableQuery("conflicts", EXAMPLE) if selection.view == "conflicts" else None
