"""Fields: those of numbers with units that can be switched, and what is said beside a widget."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import streamlit as st

from kg.explanation.wording import value_words
from kg.guideline.values import Knowledge, Variable
from kg.patients.cells import expected
from kg.patients.drafts import written
from kg.patients.plausible import is_plausible, units_in_which
from kg.texts import UNKNOWN_VALUE, counted
from kg.ui import session
from kg.ui.patient import parts, state
from kg.ui.patient.state import FIELD, Judged
from kg.ui.words import literal

_UNIT = "patient:unit:"


class Beside(NamedTuple):
    """What stands beside a widget, in the Markdown of Streamlit where it is not said."""

    derived: str  # or assumed; plain text
    marks: tuple[tuple[str, str], ...]  # over the end of its label, by their places
    source: str  # plain text
    below: tuple[str, ...]


def beside(judged: Judged, variable: Variable) -> Beside:
    """Return what is said of a field."""
    record, name = judged.parsed.record, variable.name
    known, cell = record.known[name], judged.draft.cells.get(name, "")
    how = "assumed" if name in record.assumed else "derived" if name in record.derived else ""
    derived = how and f"{how}: {value_words(variable, known)}"
    read, below = "", []
    if variable.is_number and name in record.recorded and not cell.replace(".", "").isdecimal():
        read = f":violet[{literal(value_words(variable, known))}]"
    odd = implausible(variable, known)
    if odd and name in record.recorded:
        below.append(f":orange[:material/warning: {literal(odd)}]")
    if fault := judged.parsed.faults.get(name):
        below.append(f":red[:material/error: {literal(fault)}. Treated as unknown.]")
    in_conflict = any(name in conflict.variables for conflict in judged.explanation.conflicts)
    conflicts = [":red[:material/warning: Conflict]"] * in_conflict
    points = _points(judged, variable)
    if not variable.is_number:
        marks = {"derived": [*conflicts, derived and f":violet[{literal(derived)}]", points]}
    else:
        below += conflicts
        several = len(variable.units) > 1
        marks = {"beside": [read], "points": [points]} if several else {"read": [read, points]}
    told = tuple((place, " · ".join(filter(None, texts))) for place, texts in marks.items())
    return Beside(derived, told, record.sources.get(name, ""), tuple(below))


def show(variable: Variable, told: Beside) -> None:
    """Show what is told of a field: below it, and over the end of its label."""
    for place, text in told.marks:
        if text:
            with st.container(key=f"mark-{variable.name}-{place}"):
                st.markdown(text)
    if told.source:
        st.caption(f"From {literal(told.source)}")
    for text in told.below:
        st.markdown(text)


def implausible(variable: Variable, known: Knowledge) -> str:
    """Say that a number is unlike those of patients, and in which other unit it would not be."""
    if is_plausible(variable, known):
        return ""
    told = f"{value_words(variable, known)} is implausible, and is read as it stands"
    low = known.intervals[0].low
    others = [u.code for u in units_in_which(variable, float(low or 0)) if u.factor != 1]
    return f"{told}. Is it in {' or '.join(others)}?" if others else f"{told}."


def _points(judged: Judged, variable: Variable) -> str:
    """Return how many points of a score a field gives, as far as it is known, or its total."""
    variables, known = judged.guideline.variables, judged.parsed.record.known
    name, told = variable.name, []
    for score in (rule.score for rule in judged.guideline.derivations if rule.score is not None):
        total, is_part = variables[score.total], name in score.components
        own = [(band, points) for part, band, points in score.points if part == name]
        counts, points = (variable, own) if is_part else (total, score.bands)
        mask = known[counts.name].mask
        if (is_part or name == score.target) and mask != counts.everything:
            found = [number for band, number in points if band & mask]
            low, high = min(found), max(found)
            many = counted(high, "point") if low == high else f"{low} to {high} points"
            told.append(f":small[{many if is_part else literal(f'{total.label}: {many}')}]")
    return " · ".join(told)


def label(variable: Variable) -> str:
    """Return the label of a field in plain words, as a screen reader says it too."""
    return variable.label + (f" ({variable.unit_symbol})" if variable.unit_symbol else "")


def help_on(variable: Variable) -> str:
    """Return what a field means, and how it is filled in."""
    values = "".join(
        f"\n- {literal(v.label)}: {literal(v.definition)}" for v in variable.values if v.definition
    )
    how = ""
    if variable.is_number:
        how = f" Give {literal(expected(variable))}, or in words: at least 2, 1 to 3."
        if others := [unit.code for unit in variable.units[1:]]:
            how += f" In another unit with that behind it: {literal(', '.join(others))}."
    return f"{literal(variable.definition)}{how}{values}"


def number(variable: Variable, cell: str, derived: str) -> None:
    """Show the field of a number, with its unit where there are several."""
    key, several = FIELD + variable.name, len(variable.units) > 1

    def typed() -> None:
        text = written(st.session_state[key])
        bare, _ = parted(variable, text)
        if text and bare == text:  # in the unit that is chosen beside it
            _take(variable, bare)
        else:
            state.set_cell(variable.name, text)

    row: dict[str, Any] = {"horizontal": True, "vertical_alignment": "bottom", "gap": "small"}
    with st.container(**row) if several else nullcontext():
        parts.typed(
            st.text_input,
            label(variable),
            key,
            cell,
            typed,
            placeholder=derived or UNKNOWN_VALUE,
            help=help_on(variable),
        )
        if several:
            _unit(variable, cell)


def _unit(variable: Variable, cell: str) -> None:
    """Offer the unit that the number of a field is in: another one reads the number anew."""
    key, codes = _UNIT + variable.name, [unit.code for unit in variable.units]
    code = parted(variable, cell)[1]
    if st.session_state.get(key) != code and (cell or key not in st.session_state):
        st.session_state[key] = code

    def switched() -> None:
        if cell := session.draft().cells.get(variable.name, ""):
            _take(variable, parted(variable, cell)[0])

    st.selectbox(
        f"Unit of {variable.label}",
        codes,
        key=key,
        format_func=lambda each: (variable.unit_symbol or each) if each == codes[0] else each,
        on_change=parts.then(switched),
        label_visibility="collapsed",
        width=110,
    )


def _take(variable: Variable, bare: str) -> None:
    code = st.session_state.get(_UNIT + variable.name, "")
    is_own = not variable.units or code in ("", variable.units[0].code)
    state.set_cell(variable.name, bare if is_own else f"{bare} {code}")


def parted(variable: Variable, cell: str) -> tuple[str, str]:
    """Return a cell without its unit, and the code of the unit that it is in."""
    bare, unit = variable.split_unit(cell)
    return bare, (unit or variable.units[0]).code if variable.units else ""
