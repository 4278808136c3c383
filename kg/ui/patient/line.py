"""A patient in one line: what is pasted is read, shown field by field, and taken when confirmed."""

from __future__ import annotations

import streamlit as st

from kg.explanation.wording import knowledge_words
from kg.guideline import Guideline
from kg.patients.cells import parse_cell
from kg.patients.lines import LineReading, read_line
from kg.ui import session
from kg.ui.patient import state
from kg.ui.patient.fields import implausible
from kg.ui.words import literal

_TEXT = "patient:line"
_LONGEST = 2_000  # characters
EXAMPLE = (
    "62 y, two tumours 3.4 and 2.1 cm near gallbladder, CP B8, plt 55, PV free, bili 2.4 mg/dL, "
    "INR 1.5, alb 3.1 g/dL, mild ascites, no HE"
)


def field() -> None:
    """Show the field for a line of text."""
    st.text_input(
        "Paste a patient in one line, and press Enter",
        key=_TEXT,
        max_chars=_LONGEST,
        placeholder=f"Paste a patient in one line, such as: {EXAMPLE}",
        label_visibility="collapsed",
        icon=":material/content_paste:",
        help=f"Such as: {literal(EXAMPLE)}",
    )


def read(guideline: Guideline) -> None:
    """Show what was read in the line, to be confirmed."""
    text = st.session_state.get(_TEXT, "").strip()
    if not text:
        return
    reading = read_line(guideline, text)
    with st.container(border=True, key="patient-line"):
        if reading.understood or reading.sizes:
            st.markdown("**Read as follows. Nothing is entered until you take it.**")
            st.markdown(" · ".join(_facts(guideline, reading)))
        if reading.not_understood:
            parts = "; ".join(_unread(reading, part) for part in reading.not_understood)
            st.markdown(f":red[:material/error: Not understood: {parts}]")
        with st.container(horizontal=True):
            st.button(
                "Take these",
                type="primary",
                icon=":material/check:",
                disabled=not (reading.understood or reading.sizes),
                on_click=_take,
                args=(guideline, reading),
            )
            st.button("Discard", on_click=_leave, args=("",), icon=":material/close:")


def _facts(guideline: Guideline, reading: LineReading) -> list[str]:
    """Return what was read, each fact with the words that say it."""
    told = []
    for each in reading.understood:
        variable = guideline.variables[each.variable]
        knowledge = parse_cell(variable, each.cell)
        fact = knowledge_words(variable, knowledge) if knowledge else each.cell
        told.append(f"**{literal(fact)}** :small[:gray[“{literal(each.words)}”]]")
        if knowledge and (odd := implausible(variable, knowledge)):
            told[-1] += f" :orange[:material/warning: {literal(odd)}]"
    if reading.sizes:
        sizes = literal(", ".join(reading.sizes))
        told.append(f"**all tumours: {sizes} cm**")
    return told


def _unread(reading: LineReading, part: str) -> str:
    """Return what was not understood, and why where that can be said."""
    why = f" ({literal(reading.why[part])})" if part in reading.why else ""
    return f"“{literal(part)}”{why}"


def _take(guideline: Guideline, reading: LineReading) -> None:
    """Enter what was read; what was not understood stays in the field."""
    state.open_draft(reading.draft(guideline, session.draft()))
    _leave("; ".join(reading.not_understood))


def _leave(text: str) -> None:
    st.session_state[_TEXT] = text
