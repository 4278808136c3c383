"""The fields of numbers, with units that can be switched."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from kg.guideline.values import Variable
from kg.patients.drafts import written
from kg.texts import UNKNOWN_VALUE
from kg.ui import session
from kg.ui.patient import parts, state
from kg.ui.patient.fields import help_on, label
from kg.ui.patient.state import FIELD
from kg.ui.restoring import given

_UNIT = "patient:unit:"


def is_shown(variable: Variable, cell: str) -> tuple[bool, str]:
    """Return whether the field of a number shows its cell, and the code of the unit of that."""
    return st.session_state.get(FIELD + variable.name) == cell, _parted(variable, cell)[1]


def number(variable: Variable, cell: str, derived: str) -> None:
    """Show the field of a number, with its unit where there are several."""
    key = FIELD + variable.name
    units = len(variable.units) > 1
    with (
        st.container(horizontal=True, vertical_alignment="bottom", gap="small")
        if units
        else nullcontext()
    ):
        typed = st.text_input(
            label(variable),
            key=key,
            placeholder=derived or UNKNOWN_VALUE,
            help=help_on(variable),
            on_change=parts.then(_typed),
            args=(variable,),
            **given(key, "value", cell),
        )
        if units:
            _unit(variable, cell)
    if typed != cell:  # typed while there was no session to hear of it
        _typed(variable)
        st.rerun()


def _unit(variable: Variable, cell: str) -> None:
    """Offer the unit that the number of a field is in: another one reads the number anew."""
    key, codes = _UNIT + variable.name, [unit.code for unit in variable.units]
    code = _parted(variable, cell)[1]
    if st.session_state.get(key) != code and (cell or key not in st.session_state):
        st.session_state[key] = code

    def switched() -> None:
        if cell := session.draft().cells.get(variable.name, ""):
            _take(variable, _parted(variable, cell)[0])

    st.selectbox(
        f"Unit of {variable.label}",
        codes,
        key=key,
        format_func=lambda each: (variable.unit_symbol or each) if each == codes[0] else each,
        on_change=parts.then(switched),
        label_visibility="collapsed",
        width=110,
    )


def _typed(variable: Variable) -> None:
    text = written(st.session_state[FIELD + variable.name])
    bare, _ = _parted(variable, text)
    if text and bare == text:  # in the unit that is chosen beside it
        _take(variable, bare)
    else:
        state.set_cell(variable.name, text)


def _take(variable: Variable, bare: str) -> None:
    code = st.session_state.get(_UNIT + variable.name, "")
    is_own = not variable.units or code in ("", variable.units[0].code)
    state.set_cell(variable.name, bare if is_own else f"{bare} {code}")


def _parted(variable: Variable, cell: str) -> tuple[str, str]:
    """Return a cell without its unit, and the code of the unit that it is in."""
    bare, unit = variable.split_unit(cell)
    return bare, (unit or variable.units[0]).code if variable.units else ""
