"""A patient from a bundle of FHIR: what is read is shown with its source, and taken when confirmed.

The sources stand beside the fields that are still as they were read; they are kept in the session
alone, never in a link.
"""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st

from kg.explanation.wording import knowledge_words
from kg.guideline import Guideline
from kg.keys import ID, SOURCES
from kg.patients.cells import parse_cell
from kg.sources.draft import ImportedDraft, draft_of_resources
from kg.sources.files import decoded, newest_date
from kg.sources.rules import Rules, read_rules
from kg.texts import counted
from kg.ui import session
from kg.ui.patient import state
from kg.ui.words import literal


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
        st.error(
            f"{literal(file.name)} has {many}. For several patients use `hcc-kg import`, and "
            "open the table on the page Cohort."
        )
        return
    day = st.date_input("Values count as of", value=newest, format="YYYY-MM-DD")
    _show(guideline, draft_of_resources(guideline, _rules(guideline), resources, day))


@st.cache_resource(show_spinner=False, hash_funcs={Guideline: lambda g: g.ontology.sha256})
def _rules(guideline: Guideline) -> Rules:
    return read_rules(guideline)


def _show(guideline: Guideline, draft: ImportedDraft) -> None:
    """Show the cells with their sources, what was not understood, and a button to take them."""
    rows = draft.frame.to_dicts()
    row = rows[0] if rows else {}
    sources: dict[str, str] = json.loads(row.get(SOURCES) or "{}")
    for name, source in sources.items():
        variable = guideline.variables[name]
        knowledge = parse_cell(variable, row[name])
        fact = knowledge_words(variable, knowledge) if knowledge else row[name]
        st.markdown(f"**{literal(fact)}** :small[:gray[{literal(source)}]]")
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
        on_click=_take,
        args=(row, sources),
    )


def _take(row: dict[str, str | None], sources: dict[str, str]) -> None:
    """Enter what was read beside what was entered before; the same variables are replaced."""
    before = session.draft()
    cells = {name: row[name] or "" for name in sources}
    name = before.patient_id or row[ID] or ""
    state.open_draft(replace(before, patient_id=name, cells={**before.cells, **cells}))
    st.session_state[state.SOURCES] = {n: (cells[n], where) for n, where in sources.items()}
