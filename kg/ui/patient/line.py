"""A patient from a line of text or a bundle of FHIR: shown fact by fact, taken when confirmed.

The sources of a bundle stand beside the fields that are still as they were read; they are kept in
the session alone, never in a link.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import streamlit as st

from kg.explanation.wording import knowledge_words
from kg.guideline import Guideline
from kg.keys import ID, SOURCES
from kg.patients.cells import parse_cell
from kg.patients.lines import read_line
from kg.sources.draft import draft_of_resources
from kg.sources.files import decoded, newest_date
from kg.sources.rules import read_rules
from kg.texts import counted
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
    facts = [_fact(guideline, e.variable, e.cell, f"“{e.words}”") for e in reading.understood]
    if reading.sizes:
        facts.append(f"**all tumours: {literal(', '.join(reading.sizes))} cm**")

    def take() -> None:
        """Enter what was read; what was not understood stays in the field."""
        state.open_draft(reading.draft(guideline, session.draft()))
        st.session_state[_TEXT] = "; ".join(reading.not_understood)

    def discard() -> None:
        st.session_state[_TEXT] = ""

    with st.container(border=True, key="patient-line"):
        if facts:
            st.markdown("**Read as follows. Nothing is entered until you take it.**")
            st.markdown(" · ".join(facts))
        if reading.not_understood:
            why = {part: f" ({literal(told)})" for part, told in reading.why.items()}
            parts = (f"“{literal(part)}”{why.get(part, '')}" for part in reading.not_understood)
            st.markdown(f":red[:material/error: Not understood: {'; '.join(parts)}]")
        with st.container(horizontal=True):
            st.button(
                "Take these",
                type="primary",
                icon=":material/check:",
                disabled=not facts,
                on_click=take,
            )
            st.button("Discard", on_click=discard, icon=":material/close:")


def _fact(guideline: Guideline, name: str, cell: str, source: str) -> str:
    """Return a fact with what says it, and whether it is unlike those of patients."""
    variable = guideline.variables[name]
    knowledge = parse_cell(variable, cell)
    fact = knowledge_words(variable, knowledge) if knowledge else cell
    odd = implausible(variable, knowledge) if knowledge else ""
    told = f" :orange[:material/warning: {literal(odd)}]" if odd else ""
    return f"**{literal(fact)}** :small[:gray[{literal(source)}]]{told}"


_SEVERAL = (
    "{} has {}. For several patients use `hcc-kg import`, and open the table on the page Cohort."
)
_rules = lru_cache(maxsize=2)(read_rules)


def bundle(guideline: Guideline) -> None:
    """Offer to fill the form from a bundle, and show what was read of it."""
    file = st.file_uploader(
        "A Bundle of FHIR R4 with one patient (.json)", type=["json"], key="patient:bundle"
    )
    if file is None:
        return
    found = decoded(file.getvalue(), file.name)
    if isinstance(found, str):
        st.error(literal(found))
        return
    resources = found if isinstance(found, list) else [found]
    patients, newest = newest_date(resources)
    if newest is None or len(patients) > 1:
        many = "no date" if newest is None else counted(len(patients), "patient")
        st.error(_SEVERAL.format(literal(file.name), many))
        return
    day = st.date_input("Values count as of", value=newest, format="YYYY-MM-DD")
    draft = draft_of_resources(guideline, _rules(guideline), resources, day)
    rows = draft.frame.to_dicts()
    if len(rows) > 1:
        st.error(_SEVERAL.format(literal(file.name), counted(len(rows), "patient")))
        return
    row = rows[0] if rows else {}
    sources: dict[str, str] = json.loads(row.get(SOURCES) or "{}")
    for name, source in sources.items():
        st.markdown(_fact(guideline, name, row[name] or "", source))
    if not sources:
        st.info("Nothing in it is read as a fact of the record.")
    for one in draft.unread.to_dicts():
        said = f"{one['resource']}/{one['id']}: {one['reason']}"
        st.markdown(f":red[:material/error: Not understood: {literal(said)}]")
    others = draft.resources - draft.used - draft.left_out
    st.caption(f"{counted(others, 'resource')} of other codes. What no record says stays unknown.")
    st.button(
        "Take these",
        key="patient:bundle:take",
        type="primary",
        icon=":material/check:",
        disabled=not sources,
        on_click=_take_imported,
        args=(row, sources),
    )


def _take_imported(row: dict[str, str | None], sources: dict[str, str]) -> None:
    """Enter what was read beside what was entered before; the same variables are replaced."""
    before = session.draft()
    cells = {name: row[name] or "" for name in sources}
    name = before.patient_id or row[ID] or ""
    state.open_draft(replace(before, patient_id=name, cells={**before.cells, **cells}))
    st.session_state[state.SOURCES] = {n: (cells[n], where) for n, where in sources.items()}
