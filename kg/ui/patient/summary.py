"""A patient in one line, the answer in a sentence, and what is open: to find out, or to assume."""

from __future__ import annotations

import time
from typing import NamedTuple

import streamlit as st

from kg.explanation.answer import answer, headline
from kg.explanation.wording import knowledge_words
from kg.guideline import Guideline
from kg.patients.assumptions import unremarkable
from kg.patients.cells import parse_cell
from kg.patients.drafts import not_understood
from kg.reasoning.logic import MissingVariable
from kg.texts import counted
from kg.ui import session
from kg.ui.patient import parts, state
from kg.ui.patient.state import THERE
from kg.ui.words import literal, short

_ANOTHER = "ask-another"
TO_ANSWER = "patient:to-answer"  # what changed it was far from it
_TOP = """<script>{
const answers = document.querySelector(".st-key-patient-verdicts");
answers.scrollTo({ top: 0 });
const y = answers.getBoundingClientRect().top;
if (y < 0 || y > innerHeight) answers.scrollIntoView(); // on a phone
}</script>"""
_ASKED = 3  # variables to find out next that are offered at once


class PatientSummary(NamedTuple):
    """What is said of a patient, in the Markdown of Streamlit."""

    lines: str
    answer: str
    wrong: str
    conflicts: str


def look(guideline: Guideline) -> PatientSummary:
    """Return the patient in one line, the answer, what is not understood or in conflict."""
    judged = state.now(guideline)
    identifier = literal(short(judged.draft.patient_id))
    name = f"{identifier}: " if identifier else ""
    lines = f"{name}{literal(headline(guideline, judged.parsed.record))}"
    if stage := judged.explanation.stage:
        lines += f"\n\n:small[Stage: **{literal(stage.text)}**]"
    wrong = not_understood(guideline, judged.parsed).values()
    return PatientSummary(
        lines,
        f"**{literal(answer(guideline, judged.explanation))}**",
        "; ".join(literal(each) for each in wrong),
        " ".join(literal(conflict.message) for conflict in judged.explanation.conflicts),
    )


def draw(said: PatientSummary) -> None:
    """Show the patient in one line, what was not understood, and what does not go together."""
    st.markdown(said.lines)
    with st.container(key="patient-answer"):
        st.markdown(said.answer)
    if said.wrong:
        told = f"Not understood, and treated as unknown: {said.wrong}."
        st.error(told, icon=":material/error:")
    if said.conflicts:
        st.warning(f"Conflicts in the record: {said.conflicts}", icon=":material/warning:")


def ask(guideline: Guideline, found: tuple[MissingVariable, ...]) -> None:
    """Show what to find out next, each variable a click away from its field."""
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Find out next**", width="content")
        for each in found[:_ASKED]:
            st.button(
                guideline.variables[each.variable].label,
                key=f"ask:{each.variable}",
                help=_use(guideline, each),
                on_click=parts.then(state.go_to),
                args=(guideline, each.variable),
            )
        if others := [each.variable for each in found[_ASKED:]]:
            st.selectbox(
                "Another missing variable",
                others,
                format_func=lambda name: guideline.variables[name].label,
                index=None,
                placeholder=f"{len(others)} more facts",
                key=_ANOTHER,
                on_change=parts.then(_go_to_another),
                args=(guideline,),
                label_visibility="collapsed",
                width=160,
            )


def _go_to_another(guideline: Guideline) -> None:
    variable = st.session_state.pop(_ANOTHER)
    if variable is not None:
        state.go_to(guideline, variable)


def _use(guideline: Guideline, found: MissingVariable) -> str:
    """Return what learning a value would do."""
    number = len(found.bears_on)
    return (
        f"{counted(number, 'undetermined verdict')} depend{'s' if number == 1 else ''} on it; any "
        f"value settles {len(found.settles)}, some value settles {len(found.may_settle)}. "
        f"{literal(guideline.variables[found.variable].definition)}"
    )


def silent(guideline: Guideline) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is assumed of a record, and what may be."""
    judged = state.now(guideline)
    return tuple(judged.parsed.record.assumed), judged.silent


def to_answer() -> None:
    """Bring the answer into sight, where what was pressed asks for it."""
    if st.session_state.pop(TO_ANSWER, False):
        again = f"<!-- {time.monotonic_ns()} -->"  # what a page has already does not run
        st.html(_TOP + again, unsafe_allow_javascript=True)


def none_of_these(guideline: Guideline, assumed: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Offer to take open findings as unremarkable, and say what is taken so."""
    to_answer()
    if assumed:
        with st.container(horizontal=True, vertical_alignment="center", key="patient-assumed"):
            told = f"{counted(len(assumed), 'finding')} assumed unremarkable, not recorded"
            st.markdown(f":violet-badge[{told}]", help=_listed(guideline, assumed))
            st.button(
                "Confirm them", on_click=parts.then(_confirm), args=(guideline,), type="tertiary"
            )
            st.button("Take back", on_click=parts.then(_take_back), type="tertiary")
    if not names:
        return
    title = f"If none of these: {counted(len(names), 'open finding')}"
    box = st.expander(title, key="patient:silent", on_change="rerun")
    there = st.session_state.get(THERE) or []
    kept = [name for name in there if name in names]
    if not box.open or kept != there:
        st.session_state[THERE] = kept  # what is picked stays picked while nobody looks
    if not box.open:  # so many choices cost a browser what the verdicts do
        return
    with box:
        st.pills(
            "Pick those that are there, or that you do not know",
            names,
            selection_mode="multi",
            key=THERE,
            format_func=lambda name: _remarkable(guideline, name),
        )
        picked = st.session_state[THERE] or []
        rest = tuple(name for name in names if name not in picked)
        st.button(
            "None of the others" if picked else "None of these",
            type="primary",
            icon=":material/check:",
            disabled=not rest,
            on_click=parts.then(_assume),
            args=(rest,),
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
    cells, known = unremarkable(guideline), guideline.variables
    facts = ((known[name], parse_cell(known[name], cells[name])) for name in names)
    return literal("; ".join(knowledge_words(v, found) for v, found in facts if found))


def _assume(names: tuple[str, ...]) -> None:
    st.session_state[TO_ANSWER] = True
    state.change(assumed=tuple(dict.fromkeys((*session.draft().assumed, *names))))


def _take_back() -> None:
    st.session_state[TO_ANSWER] = True
    state.change(assumed=())


def _confirm(guideline: Guideline) -> None:
    """Enter what was assumed, under this edition, as what is known."""
    for name, cell in state.now(guideline).parsed.record.assumed.items():
        state.set_cell(name, cell)
