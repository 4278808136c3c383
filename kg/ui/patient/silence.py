"""If none of these: the verdicts where a silent record means that nothing is remarkable."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from kg.guideline import Guideline
from kg.patients.assumptions import unremarkable
from kg.texts import counted
from kg.ui import session
from kg.ui.patient import parts, state
from kg.ui.words import literal

_TO_ANSWER = "patient:to-answer"  # what changed it was far below it
_TOP = """<script>
document.querySelector(".st-key-patient-verdicts").scrollTo({ top: 0 });
</script>"""
_THERE = "patient:there"


def look(guideline: Guideline) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is assumed of a record, and what may be."""
    judged = state.now(guideline)
    return tuple(judged.parsed.record.assumed), judged.silent


def none_of_these(guideline: Guideline, assumed: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Offer to take open findings as unremarkable, and say what is taken so."""
    if st.session_state.pop(_TO_ANSWER, False):
        st.html(_TOP, unsafe_allow_javascript=True)
    if assumed:
        with st.container(horizontal=True, vertical_alignment="center", key="patient-assumed"):
            told = f"{counted(len(assumed), 'finding')} assumed unremarkable, not recorded"
            st.markdown(f":violet-badge[{told}]", help=_listed(guideline, assumed))
            st.button(
                "Confirm them", on_click=parts.then(_confirm), args=(guideline,), type="tertiary"
            )
            st.button("Take back", on_click=parts.then(_assume), args=((),), type="tertiary")
    if not names:
        return
    title = f"If none of these: {counted(len(names), 'open finding')}"
    box = st.expander(title, key="patient:silent", on_change="rerun")
    there = st.session_state.get(_THERE) or []
    kept = [name for name in there if name in names]
    if not box.open or kept != there:
        st.session_state[_THERE] = kept  # what is picked stays picked while nobody looks
    if not box.open:  # so many choices cost a browser what the verdicts do
        return
    with box:
        st.pills(
            "Pick those that are there, or that you do not know",
            names,
            selection_mode="multi",
            key=_THERE,
            format_func=lambda name: _remarkable(guideline, name),
        )
        picked = st.session_state[_THERE] or []
        rest = tuple(name for name in names if name not in picked)
        st.button(
            "None of the others" if picked else "None of these",
            type="primary",
            icon=":material/check:",
            disabled=not rest,
            on_click=parts.then(_assume),
            args=((*assumed, *rest),),
            help=_listed(guideline, rest),
        )


def _remarkable(guideline: Guideline, name: str) -> str:
    """Return what there is to pick: what is named, or what is other than usual."""
    variable, cells = guideline.variables[name], unremarkable(guideline)
    usual = next((value.label for value in variable.values if value.name == cells[name]), "")
    if variable.nothing is None and usual:
        return f"{variable.label}, if not {usual}"
    return variable.label


def _listed(guideline: Guideline, names: tuple[str, ...]) -> str:
    cells = unremarkable(guideline)
    variables = guideline.variables
    words = {v.name: {w.name: w.label for w in v.values} for v in variables.values()}
    told = [f"{variables[n].label}: {words[n].get(cells[n], cells[n])}" for n in names]
    return literal("; ".join(told))


def _assume(names: tuple[str, ...]) -> None:
    st.session_state[_TO_ANSWER] = True
    state.change(replace(session.draft(), assumed=names))


def _confirm(guideline: Guideline) -> None:
    """Enter what was assumed as what is known."""
    draft, cells = session.draft(), unremarkable(guideline)
    for name in draft.assumed:
        draft = draft.with_cell(name, cells[name])
    state.change(draft)
