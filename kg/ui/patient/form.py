"""The form of a record, made from the variables of the ontology."""

from __future__ import annotations

import streamlit as st

from kg.guideline import Guideline
from kg.guideline.values import BOOLEAN, Variable
from kg.keys import ID
from kg.paths import ui_asset
from kg.patients.drafts import LESION
from kg.texts import UNKNOWN_VALUE, counted
from kg.ui import session
from kg.ui.patient import lesions, parts, state
from kg.ui.patient.fields import Beside, beside, help_on, label, number, parted, show
from kg.ui.patient.state import FIELD, FOCUS, GROUP

NOTHING, SEVERAL = "", "|"  # what stands in a choice beside the values of its variable


def form(guideline: Guideline) -> None:
    """Show the choice of a group of variables, and the fields of that group."""
    groups = {state.KEY_FACTS: "Key facts", **guideline.groups}
    group = st.session_state.get(GROUP)
    # Set each time: its name changes with a fault in it, and the browser goes by the name.
    st.session_state[GROUP] = group if group in groups else state.KEY_FACTS
    wrong = _wrong(guideline)
    st.segmented_control(
        "Group of variables",
        list(groups),
        format_func=lambda name: f"⚠ {groups[name]}" if name in wrong else groups[name],
        key=GROUP,
        required=True,
        label_visibility="collapsed",
    )
    parts.part("entered", lambda: _entered(guideline), st.caption)
    fields = _in_group(guideline)
    for variable in fields:
        _field(guideline, variable)
        if variable.lesion_aggregation == "count":
            lesions.sizes(guideline)
    if any(variable.lesion_aggregation == "count" for variable in fields):
        lesions.one_by_one(guideline)
    script = ui_asset("patient.js")
    focus = st.session_state.pop(FOCUS, None)
    if focus in guideline.variables:
        script += f"setTimeout(hccFocus, 100, '{focus}');"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def look(guideline: Guideline) -> object:
    """Return what the widgets of the form show that was not just typed or picked in them."""
    fields, judged, shown = _in_group(guideline), state.now(guideline), []
    for variable in fields:
        now, beside_it = _now(variable)
        has_it = st.session_state.get(FIELD + variable.name) == now
        shown.append((has_it, now == SEVERAL, beside_it))
    derived = [beside(judged, v).derived for v in fields if v.is_number]
    chosen = st.session_state[GROUP], st.session_state.get(FOCUS)
    return chosen, _wrong(guideline), shown, derived, lesions.look(guideline)


def _wrong(guideline: Guideline) -> set[str | None]:
    """Return the groups in which something is not understood."""
    faults = state.now(guideline).parsed.faults
    return {state.KEY_FACTS if n == LESION else state.group_of(guideline, n) for n in faults}


def _in_group(guideline: Guideline) -> list[Variable]:
    group = st.session_state[GROUP]
    used = (v for n, v in guideline.variables.items() if n in guideline.used and n != ID)
    return [v for v in used if state.group_of(guideline, v.name) == group]


def _entered(guideline: Guideline) -> str:
    judged, fields = state.now(guideline), _in_group(guideline)
    taken = judged.draft.cells.keys() - judged.parsed.faults.keys()
    entered = sum(variable.name in taken for variable in fields)
    return f"{entered} of {counted(len(fields), 'variable')} entered. Leave blank what is unknown."


def _field(guideline: Guideline, variable: Variable) -> None:
    """Show one field: what is known, as a widget, with what it was derived from or lacks."""

    def look() -> Beside:
        return beside(state.now(guideline), variable)

    with st.container(key=f"field-{variable.name}", gap=None):
        if variable.is_number:
            number(variable, _now(variable)[0], look().derived)
        else:
            _choice(variable)
        parts.part(f"beside/{variable.name}", look, lambda told: show(variable, told))


def _now(variable: Variable) -> tuple[str, object]:
    """Return what a field has: its number, and the unit of that; or a choice.

    That is a value, nothing, or that several are possible, and which.
    """
    cell = session.draft().cells.get(variable.name, "")
    if variable.is_number:
        return cell, parted(variable, cell)[1]
    said = {part.strip().lower() for part in cell.split("|")}
    if variable.type == "boolean":
        said |= {"true"} if said & {"yes", "1"} else {"false"} if said & {"no", "0"} else set()
    chosen = [word for word in variable.words if word.lower() in said]
    several = len(chosen) > 1 or variable.name in state.several()
    return (SEVERAL, chosen) if several else ((chosen or [NOTHING])[0], [])


def _choice(variable: Variable) -> None:
    """Show a choice of one value; that several are possible is a choice of its own.

    What is chosen stays chosen by another click, and nothing in it moves or changes its width:
    a double click does what a click does.
    """
    key, (now, chosen) = FIELD + variable.name, _now(variable)
    options = {value.name: value.label for value in variable.values} | {NOTHING: UNKNOWN_VALUE}
    if len(variable.words) > len(BOOLEAN):
        options |= {SEVERAL: "one of several"}

    def picked() -> None:
        value = st.session_state[key]
        if value == SEVERAL:
            state.several().add(variable.name)
        else:
            state.several().discard(variable.name)
            state.set_cell(variable.name, value)

    parts.typed(
        st.pills,
        label(variable),
        key,
        now,
        picked,
        options=options,
        required=True,
        format_func=options.__getitem__,
        help=help_on(variable),
    )
    if now == SEVERAL:
        all_of_them = f"{key}:several"
        st.session_state[all_of_them] = chosen
        st.pills(
            f"Possible values of {variable.label}",
            variable.words,
            selection_mode="multi",
            format_func=options.__getitem__,
            key=all_of_them,
            on_change=parts.then(_narrowed),
            args=(variable,),
        )


def _narrowed(variable: Variable) -> None:
    """Take the values that are possible; all of them say nothing."""
    picked, words = st.session_state[f"{FIELD}{variable.name}:several"], variable.words
    possible = [word for word in words if word in picked]
    state.set_cell(variable.name, "|".join(possible) if len(possible) < len(words) else "")
