"""What is said of a field beside its widget: what is derived, read, scored, wrong."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from kg.explanation.wording import value_words
from kg.guideline import Score
from kg.guideline.rules import component_totals, total_totals, value_totals
from kg.guideline.values import Knowledge, Variable, bands_of
from kg.patients.cells import expected
from kg.patients.plausible import is_plausible, units_in_which
from kg.texts import counted
from kg.ui.patient.judged import Judged
from kg.ui.words import literal


class Beside(NamedTuple):
    """What stands beside a widget, in the Markdown of Streamlit where it is not said."""

    derived: str  # or assumed; plain text
    read: str
    points: str
    source: str  # plain text
    notes: tuple[str, ...]
    conflicts: tuple[str, ...]


def beside(judged: Judged, variable: Variable) -> Beside:
    """Return what is said of a field."""
    record, name = judged.parsed.record, variable.name
    cell = judged.draft.cells.get(name, "")
    read, notes = "", []
    if variable.is_number and name in record.recorded and not cell.replace(".", "").isdecimal():
        read = f":violet[{literal(value_words(variable, record.known[name]))}]"
    odd = implausible(variable, record.known[name])
    if odd and name in record.recorded:
        notes.append(f":orange[:material/warning: {literal(odd)}]")
    if fault := judged.parsed.faults.get(name):
        notes.append(f":red[:material/error: {literal(fault)}. Treated as unknown.]")
    conflicts = tuple(
        f":red[:material/warning: Conflict: {literal(conflict.message)}]"
        for conflict in judged.explanation.conflicts
        if name in conflict.variables
    )
    source, scored = record.sources.get(name, ""), _points(judged, variable)
    return Beside(_derived(judged, variable), read, scored, source, tuple(notes), conflicts)


def show(variable: Variable, told: Beside) -> None:
    """Show what is told of a field: below it, and over the end of its label."""
    if not variable.is_number:
        _mark(
            variable, "derived", told.derived and f":violet[{literal(told.derived)}]", told.points
        )
    elif len(variable.units) > 1:
        _mark(variable, "beside", told.read)
        _mark(variable, "points", told.points)
    else:
        _mark(variable, "read", told.read, told.points)
    if told.source:
        st.caption(f"From {literal(told.source)}")
    for note in told.notes:
        st.markdown(note)
    if told.conflicts:
        with st.container(key=f"mark-{variable.name}", gap=None):
            for conflict in told.conflicts:
                st.markdown(conflict)


def _mark(variable: Variable, what: str, *told: str) -> None:
    """Show what is said of a field over the end of its label."""
    if any(told):
        with st.container(key=f"mark-{variable.name}-{what}"):
            st.markdown(" · ".join(filter(None, told)))


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
    known, told = judged.parsed.record.known, []
    for score in (rule.score for rule in judged.guideline.derivations if rule.score is not None):
        mask = known[variable.name].mask
        found: list[int] = []
        if variable.name in score.components and mask != variable.everything:
            found = [n for name, band, n in score.points if name == variable.name and band & mask]
        elif variable.name == score.target:
            found = _totals(score, judged)
        if found:
            low, high = min(found), max(found)
            many = counted(high, "point") if low == high else f"{low} to {high} points"
            total = judged.guideline.variables[score.total].label
            is_part = variable.name in score.components
            told.append(f":small[{many if is_part else literal(f'{total}: {many}')}]")
    return " · ".join(told)


def _totals(score: Score, judged: Judged) -> list[int]:
    """Return the totals that a record leaves possible; none where it leaves all."""
    known = judged.parsed.record.known
    totals = (
        value_totals(score, known[score.target].mask)
        & total_totals(score, known[score.total].mask)
        & component_totals(score, tuple(known[name].mask for name in score.components))
    )
    return [] if totals == score.everything else bands_of(totals)


def label(variable: Variable) -> str:
    """Return the label of a field in plain words, as a screen reader says it too."""
    return variable.label + (f" ({variable.unit_symbol})" if variable.unit_symbol else "")


def _derived(judged: Judged, variable: Variable) -> str:
    """Return what is assumed of a field, or what others say of it."""
    record, name = judged.parsed.record, variable.name
    for word, names in (("assumed", record.assumed), ("derived", record.derived)):
        if name in names:
            return f"{word}: {value_words(variable, record.known[name])}"
    return ""


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
