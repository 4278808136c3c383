"""The form of a record, made from the variables of the ontology."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from kg.explanation.wording import value_words
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import LESION_ID
from kg.patients.cells import expected
from kg.patients.drafts import LESION, written
from kg.texts import UNKNOWN_VALUE, counted
from kg.ui import session
from kg.ui.patient import state
from kg.ui.patient.state import FIELD, FOCUS, GROUP, Judged
from kg.ui.words import literal

_LESIONS = "patient:lesions"
_FOCUS = """<script>
setTimeout(() => {
  const field = document.querySelector(".st-key-field-%s");
  if (!field) return;
  field.scrollIntoView({ block: "center" });
  const input = field.querySelector("input, button[role], button");
  if (input) input.focus();
}, 100);
</script>"""


def form(guideline: Guideline, judged: Judged) -> None:
    """Show the fields of one group of variables, and the choice of the group."""
    groups = guideline.groups
    if st.session_state.get(GROUP) not in groups:
        st.session_state[GROUP] = next(iter(groups))
    group = st.segmented_control(
        "Group of variables",
        list(groups),
        format_func=groups.__getitem__,
        key=GROUP,
        required=True,
        label_visibility="collapsed",
    )
    fields = [v for v in guideline.variables.values() if v.group == group]
    taken = judged.draft.cells.keys() - judged.parsed.faults.keys()
    entered = sum(variable.name in taken for variable in fields)
    st.caption(
        f"{entered} of {counted(len(fields), 'variable')} entered. Leave blank what is unknown."
    )
    for variable in fields:
        with st.container(key=f"field-{variable.name}", gap=None):
            _field(guideline, judged, variable)
    if any(variable.lesion_aggregation == "count" for variable in fields):
        _lesions(guideline, judged)
    focus = st.session_state.pop(FOCUS, None)
    if focus in guideline.variables:
        st.html(_FOCUS % focus, unsafe_allow_javascript=True)


def _field(guideline: Guideline, judged: Judged, variable: Variable) -> None:
    """Show one field: what is known, as a widget, with what it was derived from or lacks."""
    key, cell = FIELD + variable.name, judged.draft.cells.get(variable.name, "")
    label = _label(judged, variable)
    if variable.is_number:
        st.session_state.setdefault(key, cell)
        st.text_input(
            label,
            key=key,
            placeholder=UNKNOWN_VALUE,
            help=_help(variable),
            on_change=_typed,
            args=(variable.name,),
        )
    else:
        st.session_state.setdefault(key, _chosen(variable, cell))
        st.pills(
            label,
            variable.words,
            selection_mode="multi",
            format_func={value.name: value.label for value in variable.values}.__getitem__,
            key=key,
            help=_help(variable),
            on_change=_picked,
            args=(guideline, variable.name),
        )
    if fault := judged.parsed.faults.get(variable.name):
        st.markdown(f":red[:material/error: {literal(fault)}. Treated as unknown.]")
    for conflict in judged.explanation.conflicts:
        if variable.name in conflict.variables:
            st.markdown(f":red[:material/warning: Conflict: {literal(conflict.message)}]")


def _label(judged: Judged, variable: Variable) -> str:
    """Return the label of a field in plain words, as a screen reader says it too."""
    unit = f" ({variable.unit_symbol})" if variable.unit_symbol else ""
    record = judged.parsed.record
    known = record.known[variable.name]
    said = ""
    if variable.name in record.derived:
        said = f"derived: {value_words(variable, known)}"
    elif known != variable.unknown:
        said = "" if known.pinned else value_words(variable, known)
    elif not variable.is_number:
        said = UNKNOWN_VALUE
    return f"{variable.label}{unit}" + (f" · {said}" if said else "")


def _help(variable: Variable) -> str:
    several = "" if variable.is_number else " If it is one of several, choose them all."
    values = "".join(
        f"\n- {literal(v.label)}: {literal(v.definition)}" for v in variable.values if v.definition
    )
    if variable.is_number:
        several = f" Give {literal(expected(variable))}, or in words: at least 2, 1 to 3."
    return f"{literal(variable.definition)}{several}{values}"


def _chosen(variable: Variable, cell: str) -> list[str]:
    """Return the values that a cell names, in the words of the variable."""
    said = {part.strip().lower() for part in cell.split("|")}
    if variable.type == "boolean":
        said |= {"true"} if said & {"yes", "1"} else {"false"} if said & {"no", "0"} else set()
    return [word for word in variable.words if word.lower() in said]


def _typed(name: str) -> None:
    state.set_cell(name, written(st.session_state[FIELD + name]))


def _picked(guideline: Guideline, name: str) -> None:
    """Take what was picked; of a boolean the later choice replaces the earlier one."""
    key, variable = FIELD + name, guideline.variables[name]
    picked = list(st.session_state[key])
    if variable.type == "boolean" and len(picked) > 1:
        before = session.draft().cells.get(name, "")
        picked = [word for word in picked if word not in _chosen(variable, before)]
        st.session_state[key] = picked
    if len(picked) == len(variable.words):
        picked = []
        st.session_state[key] = picked
    state.set_cell(name, "|".join(word for word in variable.words if word in picked))


def _lesions(guideline: Guideline, judged: Judged) -> None:
    """Show the list of lesions; patient-level values are derived from it."""
    lesions = judged.draft.lesions
    box = st.expander("Lesions one by one", expanded=bool(lesions), on_change="rerun", key=_LESIONS)
    if not box.open:
        return
    with box:
        st.caption("A list is taken as complete; what it says of the patient is derived from it.")
        edited = _lesion_editor(guideline, state.opened_lesions())
        if fault := judged.parsed.faults.get(LESION):
            st.markdown(f":red[:material/error: {literal(fault)}. The list is not used.]")
    if edited != lesions:
        state.set_lesions(edited)
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
        column: st.column_config.TextColumn(
            f"{v.label}{f' ({v.unit_symbol})' if v.unit_symbol else ''}", help=expected(v)
        )
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
