"""The tumours of a patient: their sizes in one field, and all that is known of each in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from kg.guideline import Guideline
from kg.keys import LESION_ID
from kg.patients.cells import expected
from kg.patients.drafts import LESION, written
from kg.patients.sizes import sizes_of
from kg.ui import session
from kg.ui.patient import parts, state
from kg.ui.patient.fields import label
from kg.ui.patient.state import FIELD
from kg.ui.words import literal

_LESIONS, _SIZE = "patient:lesions", "diameter_cm"


def _sizes_cell() -> str:
    return ", ".join(lesion.get(_SIZE, "") for lesion in session.draft().lesions)


def look(guideline: Guideline) -> tuple[bool, bool, str]:
    """Return whether the field of sizes shows them, whether lesions say more, and their fault."""
    more = any(set(lesion) - {_SIZE, LESION_ID} for lesion in session.draft().lesions)
    shown = st.session_state.get(f"{FIELD}sizes") == _sizes_cell()
    return shown, more, state.now(guideline).parsed.faults.get(LESION, "")


def sizes(guideline: Guideline) -> None:
    """Show the sizes of all tumours in one field; a list that says more is edited as a table."""
    _, more, fault = look(guideline)
    key = f"{FIELD}sizes"

    def typed() -> None:
        text = st.session_state[key]
        text = "; ".join(map(written, text.split(";"))) if ";" in text else text
        found = sizes_of(text) or [p.strip() for p in re.split(r"[,;]\s|[;\s]", text)]
        state.open_lesions(tuple({_SIZE: size} for size in found if size))

    parts.typed(
        st.text_input,
        "sizes of all tumours (cm)",
        key,
        _sizes_cell(),
        typed,
        placeholder="such as 3.4, 2.1",
        help="They are taken as complete: number and largest diameter follow from them.",
        disabled=more,
    )
    if fault:
        st.markdown(f":red[:material/error: {literal(fault)}. The list is not used.]")


def one_by_one(guideline: Guideline) -> None:
    """Show the list of lesions; patient-level values are derived from it."""
    known = session.draft().lesions
    box = st.expander("Lesions one by one", expanded=bool(known), on_change="rerun", key=_LESIONS)
    if not box.open:
        return
    with box:
        st.caption("A list is taken as complete; what it says of the patient is derived from it.")
        edited = _lesion_editor(guideline, state.opened_lesions())
    if edited != known:
        state.change(lesions=edited)
        st.rerun()


def _lesion_editor(
    guideline: Guideline, lesions: tuple[Mapping[str, str], ...]
) -> tuple[dict[str, str], ...]:
    """Show an editable table of lesions; return its rows that say something.

    The editor keeps what is changed by itself, as changes to the lesions that it was given
    first: these have to stay what they were.
    """
    columns = [LESION_ID, *guideline.lesion_columns]
    heads = {
        column: st.column_config.TextColumn(label(v), help=expected(v))
        for column, v in guideline.lesion_columns.items()
    }
    edited = st.data_editor(
        [{column: lesion.get(column, "") for column in columns} for lesion in lesions]
        or [dict.fromkeys(columns, "")],
        key=f"{FIELD}lesions",
        num_rows="dynamic",
        hide_index=True,
        column_config={LESION_ID: st.column_config.TextColumn("lesion"), **heads},
    )
    rows = ({c: str(text) for c, text in row.items() if text not in (None, "")} for row in edited)
    return tuple(row for row in rows if row)
