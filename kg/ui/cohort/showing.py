"""Shows a view of a cohort: as recorded, and if nothing else is remarkable beside it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import RECORDED, UNREMARKABLE, Selection, completed
from kg.patients.assumptions import ALL
from kg.texts import counted
from kg.ui import pictures, session
from kg.ui.cohort import charts, patients, snippets, state, views
from kg.ui.cohort.views import Box, View
from kg.ui.tables import TableQuery, table
from kg.ui.taking import NOTEBOOK

_ASSUMED = "cohort:assumed"
_HEADS = {RECORDED: "As recorded", UNREMARKABLE: "If nothing else is remarkable"}


def show(cohort: OpenCohort) -> None:
    """Show the view that is chosen: its lists, charts, patients and numbers."""
    selected = completed(cohort, state.now().selection)
    if selected != state.now().selection:
        state.now().select(selected)
    silence = selected.silence
    both = {RECORDED: cohort, UNREMARKABLE: assumed(cohort)} if silence else {"": cohort}
    *_, make = views.SHOWN[selected.view]
    shown = {name: make(each, selected) for name, each in both.items()}
    chosen = shown[silence]
    asked = chosen.asked if cohort.is_example and not silence else None  # as the graph has it
    if silence:
        for box, place in zip(chosen.boxes, st.columns(2), strict=False):
            with place:
                _box(box)
        for (name, each), place in zip(shown.items(), st.columns(2, gap="medium"), strict=True):
            with place:
                st.markdown(f"**{_HEADS[name]}**")
                _charts(both[name], replace(selected, silence=name), each, asked)
        if selected.view != "groups" and chosen.charts:
            _which()
            patients.selected(both[silence])
    else:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            for box, place in zip(chosen.boxes, st.columns(len(chosen.boxes) or 1), strict=False):
                with place:
                    _box(box)
            _charts(cohort, selected, chosen, asked)
        if selected.view != "groups" and chosen.charts:
            with right:
                patients.selected(cohort)
    if not chosen.frame.columns:
        return
    with st.expander("The numbers as a table"):
        frames = [cohort_views.with_percent(both[name], each.frame) for name, each in shown.items()]
        frame = frames[0] if len(frames) == 1 else cohort_views.beside(*frames)
        python = snippets.of_view(cohort, selected)
        table(frame, f"cohort-{chosen.name}", asked, python=python)


def assumed(cohort: OpenCohort) -> OpenCohort:
    """Return a cohort with what is unremarkable assumed where its records are silent."""

    def classified() -> OpenCohort:
        with st.spinner("Classifying with what is unremarkable …"):
            return cohort.assuming(ALL)

    return session.once(_ASSUMED, cohort, classified)


def switch() -> None:
    """Offer to show beside each picture what comes of it if nothing else is remarkable."""
    key = "cohort:silence"
    st.session_state[key] = bool(state.now().selection.silence)

    def changed() -> None:
        state.now().choose({"silence": RECORDED if st.session_state[key] else ""})

    st.toggle(
        "Beside: if nothing else is remarkable",
        key=key,
        on_change=changed,
        help="Where a record is silent, the unremarkable value of the guideline's ontology is "
        "assumed, such as no extrahepatic spread; nothing that is recorded is changed.",
    )


def _which() -> None:
    """Offer which of both the patients are taken from."""
    key = "cohort:which"
    st.session_state[key] = state.now().selection.silence
    st.segmented_control(
        "Patients",
        list(_HEADS),
        key=key,
        required=True,
        format_func=_HEADS.__getitem__,
        on_change=lambda: state.now().choose({"silence": st.session_state[key]}, turn=False),
    )


def _box(box: Box) -> None:
    """Show a list for a part of the selection."""
    key = f"cohort:box:{state.now().selection.view}:{box.field}"
    chosen: str = getattr(state.now().selection, box.field)
    st.session_state[key] = chosen if chosen in box.options else None

    def changed() -> None:
        new = st.session_state[key] or ""
        kept = state.now().selection.view == "groups"
        cleared = {"therapy": new} if kept else {"therapy": new, "chosen": ""}
        state.now().choose(cleared if box.field == "therapy" else {box.field: new})

    st.selectbox(
        box.label,
        list(box.options),
        index=None,
        format_func=lambda name: box.options.get(name, name),
        key=key,
        on_change=changed,
        disabled=box.disabled,
        placeholder=box.placeholder,
    )


def _charts(cohort: OpenCohort, selected: Selection, view: View, asked: TableQuery | None) -> None:
    """Show the charts of a view, the first of which can be clicked, and offer the picture."""
    if not view.charts:
        st.info(view.empty)
        return
    with st.container(gap=None):
        for place, (chart, told) in enumerate(view.charts):
            if place == 0 and charts.BAR in str(chart.to_dict().get("params", "")):
                _clickable(chart, told, selected.silence)
            else:
                st.altair_chart(chart, alt=told)
    if view.legend:
        pictures.legend(view.legend)
    if view.saved:
        name = f"cohort-{view.name}{'-if-unremarkable' * (selected.silence == UNREMARKABLE)}"
        queries = asked.snippets() if asked else {}
        copied = {
            NOTEBOOK: snippets.notebook(cohort, selected),
            "Python": snippets.of_view(cohort, selected),
        }
        pictures.saves(view.saved, name, *words(cohort, selected), copied | queries)
    if view.caption:
        st.caption(view.caption)


def _clickable(chart: pictures.Chart, told: str, silence: str) -> None:
    key = f"cohort:chart:{state.now().selection.view}:{silence}:{state.now().turn}"

    def clicked() -> None:
        bars = st.session_state[key]["selection"].get(charts.BAR) or []
        told = {name: str(value) for name, value in bars[-1].items()} if bars else {"chosen": ""}
        state.now().choose({**told, "silence": silence}, turn=False)

    st.altair_chart(chart, key=key, on_select=clicked, selection_mode=charts.BAR, alt=told)


def words(cohort: OpenCohort, selected: Selection) -> tuple[str, str]:
    """Return the title of a picture, and what it counts."""
    therapy = cohort.guideline.therapies.get(selected.therapy)
    of = f": {therapy.label}" if therapy and selected.view in ("why-not", "flow", "groups") else ""
    by = f", by {selected.chosen}" if selected.view == "groups" else ""
    name = "the example cohort" if cohort.is_example else cohort.name
    if selected.silence == UNREMARKABLE:
        name += ", if nothing else is remarkable"
    patients_ = counted(cohort.summary.patients, "patient")
    return f"{views.SHOWN[selected.view][1]}{of}{by}", f"n = {patients_}, {name}"
