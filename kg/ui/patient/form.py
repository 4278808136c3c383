"""The form of a record, made from the variables of the ontology."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from kg.guideline import Guideline
from kg.guideline.values import BOOLEAN, Variable
from kg.keys import ID, LESION_ID
from kg.patients.cells import expected
from kg.patients.drafts import LESION
from kg.patients.sizes import sizes_of
from kg.texts import UNKNOWN_VALUE, counted
from kg.ui.patient import state
from kg.ui.patient.numbers import derived, help_on, implausible, label, mark, number, points
from kg.ui.patient.state import FIELD, FOCUS, GROUP, Judged
from kg.ui.restoring import given
from kg.ui.words import literal

NOTHING, SEVERAL = "", "|"  # what stands in a choice beside the values of its variable
_LESIONS = "patient:lesions"
# The second click of a double click is none: what came to stand under it was not meant. On a
# choice that has the focus the keys y, n and u mean yes, no and unknown.
_ONE_CLICK = """<script>
if (!window.hccOneClick) {
  window.hccOneClick = true;
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest(".st-key-patient-record .stButtonGroup")) {
      event.stopPropagation();
      event.preventDefault();
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    const group = event.target.closest(".st-key-patient-record .stButtonGroup");
    const word = {y: "yes", n: "no", u: "unknown"}[event.key.toLowerCase()];
    if (!group || !word || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = [...group.querySelectorAll("button")].find((b) => b.textContent.trim() === word);
    if (found) { event.preventDefault(); found.click(); found.focus(); }
  });
}
</script>"""
_FOCUS = """<script>
{
  const focus = (looks) => {  // until it is drawn, for ten seconds at most
    const field = document.querySelector(".st-key-field-%s");
    const input = field?.querySelector("input, button[role], button");
    if (!input) return void (looks && setTimeout(focus, 100, looks - 1));
    field.scrollIntoView({ block: "center" });
    input.focus();
  };
  setTimeout(focus, 100, 100);
}
</script>"""


def form(guideline: Guideline, judged: Judged) -> None:
    """Show the fields of one group of variables, and the choice of the group."""
    groups = {state.KEY_FACTS: "Key facts", **guideline.groups}
    if st.session_state.get(GROUP) not in groups:
        st.session_state[GROUP] = state.KEY_FACTS
    wrong = {state.group_of(guideline, n) for n in judged.parsed.faults if n != LESION}
    wrong |= {state.KEY_FACTS} if LESION in judged.parsed.faults else set()
    group = st.segmented_control(
        "Group of variables",
        list(groups),
        format_func=lambda name: f"⚠ {groups[name]}" if name in wrong else groups[name],
        key=GROUP,
        required=True,
        label_visibility="collapsed",
    )
    fields = [v for n, v in guideline.variables.items() if n in guideline.used and n != ID]
    fields = [v for v in fields if state.group_of(guideline, v.name) == group]
    taken = judged.draft.cells.keys() - judged.parsed.faults.keys()
    entered = sum(variable.name in taken for variable in fields)
    st.caption(
        f"{entered} of {counted(len(fields), 'variable')} entered. Leave blank what is unknown."
    )
    for variable in fields:
        with st.container(key=f"field-{variable.name}", gap=None):
            _field(guideline, judged, variable)
        if variable.lesion_aggregation == "count":
            _sizes(guideline, judged)
    if any(variable.lesion_aggregation == "count" for variable in fields):
        _lesions(guideline, judged)
    st.html(_ONE_CLICK, unsafe_allow_javascript=True)
    focus = st.session_state.pop(FOCUS, None)
    if focus in guideline.variables:
        st.html(_FOCUS % focus, unsafe_allow_javascript=True)


def _field(guideline: Guideline, judged: Judged, variable: Variable) -> None:
    """Show one field: what is known, as a widget, with what it was derived from or lacks."""
    cell = judged.draft.cells.get(variable.name, "")
    if variable.is_number:
        number(guideline, judged, variable, cell)
    else:
        _choice(guideline, judged, variable, cell)
    if source := judged.parsed.record.sources.get(variable.name):
        st.caption(f"From {literal(source)}")
    record = judged.parsed.record
    odd = implausible(variable, record.known[variable.name])
    if odd and variable.name in record.recorded:
        st.markdown(f":orange[:material/warning: {literal(odd)}]")
    if fault := judged.parsed.faults.get(variable.name):
        st.markdown(f":red[:material/error: {literal(fault)}. Treated as unknown.]")
    for conflict in judged.explanation.conflicts:
        if variable.name in conflict.variables:
            with st.container(key=f"mark-{variable.name}"):
                st.markdown(f":red[:material/warning: Conflict: {literal(conflict.message)}]")


def _sizes(guideline: Guideline, judged: Judged) -> None:
    """Show the sizes of all tumours in one field; a list that says more is edited as a table."""
    lesions, column = judged.draft.lesions, "diameter_cm"
    more = any(set(lesion) - {column, LESION_ID} for lesion in lesions)
    key, cell = f"{FIELD}sizes", ", ".join(lesion.get(column, "") for lesion in lesions)

    def typed() -> None:
        text = st.session_state[key]
        parts = sizes_of(text) or [p.strip() for p in re.split(r"[,;]\s|[;\s]", text)]
        state.open_lesions(tuple({column: part} for part in parts if part))

    with st.container(key="field-sizes", gap=None):
        found = st.text_input(
            "sizes of all tumours (cm)",
            key=key,
            placeholder="such as 3.4, 2.1",
            help="They are taken as complete: number and largest diameter follow from them.",
            on_change=typed,
            disabled=more,
            **given(key, "value", cell),
        )
        if fault := judged.parsed.faults.get(LESION):
            st.markdown(f":red[:material/error: {literal(fault)}. The list is not used.]")
    if found != cell:  # typed while there was no session to hear of it
        typed()
        st.rerun()


def _choice(guideline: Guideline, judged: Judged, variable: Variable, cell: str) -> None:
    """Show a choice of one value; that several are possible is a choice of its own.

    What is chosen stays chosen by another click, and nothing in it moves or changes its width:
    a double click does what a click does.
    """
    key, chosen = FIELD + variable.name, _chosen(variable, cell)
    several = len(chosen) > 1 or variable.name in state.several()
    options = {value.name: value.label for value in variable.values} | {NOTHING: UNKNOWN_VALUE}
    if len(variable.words) > len(BOOLEAN):
        options |= {SEVERAL: "one of several"}
    now = SEVERAL if several else (chosen or [NOTHING])[0]
    picked = st.pills(
        label(variable),
        options,
        required=True,
        format_func=options.__getitem__,
        key=key,
        help=help_on(variable),
        on_change=_picked,
        args=(guideline, variable.name),
        **given(key, "default", now),
    )
    if picked != now:  # picked while there was no session to hear of it
        _picked(guideline, variable.name)
        st.rerun()
    said = derived(judged, variable)
    told = filter(None, (said and f":violet[{literal(said)}]", points(guideline, judged, variable)))
    mark(variable, "derived", " · ".join(told))
    if several:
        all_of_them = f"{key}:several"
        st.session_state[all_of_them] = chosen
        st.pills(
            f"Possible values of {variable.label}",
            variable.words,
            selection_mode="multi",
            format_func=options.__getitem__,
            key=all_of_them,
            on_change=_narrowed,
            args=(guideline, variable.name),
        )


def _chosen(variable: Variable, cell: str) -> list[str]:
    """Return the values that a cell names, in the words of the variable."""
    said = {part.strip().lower() for part in cell.split("|")}
    if variable.type == "boolean":
        said |= {"true"} if said & {"yes", "1"} else {"false"} if said & {"no", "0"} else set()
    return [word for word in variable.words if word.lower() in said]


def _picked(guideline: Guideline, name: str) -> None:
    """Take the one value that was picked, or that it is one of several."""
    picked = st.session_state[FIELD + name]
    state.set_several(name, several=picked == SEVERAL)
    if picked != SEVERAL:
        state.set_cell(name, picked)


def _narrowed(guideline: Guideline, name: str) -> None:
    """Take the values that are possible; all of them say nothing."""
    picked, words = st.session_state[f"{FIELD}{name}:several"], guideline.variables[name].words
    possible = [word for word in words if word in picked]
    state.set_cell(name, "|".join(possible) if len(possible) < len(words) else "")


def _lesions(guideline: Guideline, judged: Judged) -> None:
    """Show the list of lesions; patient-level values are derived from it."""
    lesions = judged.draft.lesions
    box = st.expander("Lesions one by one", expanded=bool(lesions), on_change="rerun", key=_LESIONS)
    if not box.open:
        return
    with box:
        st.caption("A list is taken as complete; what it says of the patient is derived from it.")
        edited = _lesion_editor(guideline, state.opened_lesions())
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
