"""A patient in one line, the answer in a sentence, and what to find out next."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from kg.explanation.answer import answer, headline
from kg.guideline import Guideline
from kg.patients.drafts import not_understood
from kg.reasoning.logic import MissingVariable, missing_variables
from kg.texts import counted
from kg.ui.patient import parts, state
from kg.ui.words import literal, short

_ANOTHER = "ask-another"
_ASKED = 3  # variables to find out next that are offered at once


class Summary(NamedTuple):
    """What is said of a patient, in the Markdown of Streamlit."""

    lines: str
    answer: str
    wrong: str
    conflicts: str


def look(guideline: Guideline) -> Summary:
    """Return the patient in one line, the answer, what is not understood or in conflict."""
    judged = state.now(guideline)
    identifier = literal(short(judged.draft.patient_id))
    name = f"{identifier}: " if identifier else ""
    lines = f"{name}{literal(headline(guideline, judged.parsed.record))}"
    if stage := judged.explanation.stage:
        lines += f"\n\n:small[Stage: **{literal(stage.text)}**]"
    wrong = not_understood(guideline, judged.parsed).values()
    return Summary(
        lines,
        f"**{literal(answer(guideline, judged.explanation))}**",
        "; ".join(literal(each) for each in wrong),
        " ".join(literal(conflict.message) for conflict in judged.explanation.conflicts),
    )


def draw(said: Summary) -> None:
    """Show the patient in one line, what was not understood, and what does not go together."""
    st.markdown(said.lines)
    with st.container(key="patient-answer"):
        st.markdown(said.answer)
    if said.wrong:
        told = f"Not understood, and treated as unknown: {said.wrong}."
        st.error(told, icon=":material/error:")
    if said.conflicts:
        st.warning(f"Conflicts in the record: {said.conflicts}", icon=":material/warning:")


def missing(guideline: Guideline) -> tuple[tuple[str, str], ...]:
    """Return what to find out next, and of the first few what learning a value would do."""
    judged = state.now(guideline)
    if not (judged.draft.cells or judged.draft.lesions):
        return ()
    found = missing_variables(guideline, judged.parsed.record, judged.result)
    first = ((each.variable, _use(guideline, each)) for each in found[:_ASKED])
    return (*first, *((each.variable, "") for each in found[_ASKED:]))


def ask(guideline: Guideline, found: tuple[tuple[str, str], ...]) -> None:
    """Show what to find out next, each variable a click away from its field."""
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Find out next**", width="content")
        for variable, use in found[:_ASKED]:
            st.button(
                guideline.variables[variable].label,
                key=f"ask:{variable}",
                help=use,
                on_click=parts.then(state.go_to),
                args=(guideline, variable),
            )
        if len(found) > _ASKED:
            st.selectbox(
                "Another missing variable",
                [variable for variable, _ in found[_ASKED:]],
                format_func=lambda name: guideline.variables[name].label,
                index=None,
                placeholder=f"{len(found) - _ASKED} more facts",
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
