"""Matching an uploaded table: its columns, units, words and codes, and a look at what comes of it.

What is chosen is written as a mapping file and read as one, so that the page, the command and
Python read a table alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kg.errors import HccKgError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID
from kg.patients.reading import PARTS, Options, reading_of, written
from kg.patients.tables import PatientTable
from kg.readers import open_source
from kg.readers.uploads import Upload
from kg.reference.first_mapping import Suggestion, suggestions
from kg.reference.understood import Understood, understood
from kg.texts import counted
from kg.ui import session
from kg.ui.cohort import state
from kg.ui.cohort.state import UploadedTables
from kg.ui.tables import table
from kg.ui.taking import download
from kg.ui.words import literal, short, told_notes, unit_words

_SUGGESTED, _UNDERSTOOD, _DONE = "cohort:suggested", "cohort:understood", "cohort:matched"
_RDF = (".ttl", ".nt", ".jsonld")  # are in our words
_UNKNOWN = "(unknown)"
_LEFT_OUT = ""
_TALL = 2_000  # pixels, so that no table scrolls within the page


def match(guideline: Guideline) -> bool:
    """Offer to match an uploaded table that is not in our words, unless a mapping file does.

    Return whether it is offered.
    """
    said = st.session_state
    patients, lesions = said.get(state.PATIENTS), said.get(state.LESIONS)
    found = _found(guideline, patients)
    if patients is None or not found or said.get("cohort:mapping") or state.now().task:
        return False
    with st.container(border=True, key="cohort-matching"):
        st.subheader(f"How {literal(short(patients.name))} is read", anchor=False)
        st.caption(
            "Columns are matched by their names, units by what is usual. Check each; nothing is "
            "classified before you say so."
        )
        parts, unsaid = _parts(guideline, patients.file_id, found)
        mapping = Upload("What is chosen above", written(parts).encode())
        options = Options(mapping=mapping, sheet=said.get(state.SHEET))
        _look(guideline, state.tables_of(patients, lesions, options), unsaid)
    return True


def is_needed(guideline: Guideline, patients: UploadedFile | None) -> bool:
    """Return whether a table can only be classified as it is matched: none of it is in our words.

    That is where no column is called as the identifier is.
    """
    found = _found(guideline, patients)
    return bool(found) and all(one.name != ID for one in found)


def done(patients: UploadedFile | None) -> None:
    """Say that an uploaded table has been classified."""
    st.session_state[_DONE] = patients and patients.file_id


def _found(guideline: Guideline, patients: UploadedFile | None) -> list[Suggestion]:
    """Return what the columns of a table may be.

    There are none where it is in our words, has been classified, or is no table.
    """
    if patients is None or st.session_state.get(_DONE) == patients.file_id:
        return []
    held, sheet = Upload(patients.name, patients.getvalue()), st.session_state.get(state.SHEET)

    def found() -> list[Suggestion]:
        source = open_source(held, guideline, sheet)
        ours = ID in source.columns and all(
            name in guideline.variables or name.startswith("_") for name in source.columns
        )
        return [] if ours else list(suggestions(guideline, source))

    if held.suffix.lower() in _RDF:
        return []
    try:
        return session.once(_SUGGESTED, (patients.file_id, sheet, guideline.edition), found)
    except HccKgError:
        return []  # what is no table is told where it is classified


def _parts(
    guideline: Guideline, file_id: str, found: list[Suggestion]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Show what each column is read as, those that are matched first.

    Return it as the parts of a mapping, and the columns of whose cells it is still to be said what
    they mean.
    """
    labels = {_LEFT_OUT: "— left out —", ID: "identifier of the patient"}
    used = [n for n in guideline.variables if n in guideline.used and n != ID]
    labels |= {name: guideline.variables[name].label for name in used}
    parts: dict[str, dict[str, Any]] = {name: {} for name in PARTS}
    others = [one for one in found if one.target not in labels]
    matched = [one for one in found if one not in others]
    is_said = {one.name: _column(guideline, file_id, one, labels, parts) for one in matched}
    with st.expander(f"{counted(len(others), 'column')} without a match"):
        is_said |= {one.name: _column(guideline, file_id, one, labels, parts) for one in others}
    if ID not in parts["columns"].values():
        parts["constants"] = {ID: "{row}"}
        st.caption("No column identifies the patient: rows are numbered.")
    said = {n: {k: v for k, v in part.items() if v} for n, part in parts.items()}
    return said, [name for name, whole in is_said.items() if not whole]


def _column(
    guideline: Guideline,
    file_id: str,
    one: Suggestion,
    labels: Mapping[str, str],
    parts: dict[str, dict[str, Any]],
) -> bool:
    """Show what a column is read as, with its unit, words and codes; add it to a mapping.

    Return whether it is said of all its cells what they mean.
    """
    left, middle, right = st.columns([5, 4, 3], vertical_alignment="center")
    left.markdown(f"**{literal(short(one.name, 40))}** :small[{literal(one.shown)}]")
    names = list(labels)
    with middle:
        target = st.selectbox(
            f"{short(one.name, 60)} is read as",
            names,
            index=names.index(one.target) if one.target in names else 0,
            format_func=labels.__getitem__,
            key=f"cohort:match:{file_id}:{one.name}",
            label_visibility="collapsed",
        )
    if target != (one.target or _LEFT_OUT):
        one = replace(one.read_as(guideline.variables.get(target)), target=target or None)
    if one.target:
        parts["columns"][one.name] = one.target
    if one.variable is None:
        return True
    name, key = one.variable.name, f"cohort:match:{file_id}:{one.name}:{one.target}"
    if len(one.variable.units) > 1:
        with right:
            parts["units"][name] = _units(one, one.variable, f"{key}:unit")
    said = _words(one, one.variable, key) if one.strange else {}
    parts["values"][name] = {cell: word for cell, word in said.items() if word != _UNKNOWN}
    parts["missing"][name] = [cell for cell, word in said.items() if word == _UNKNOWN]
    if one.odd:
        parts["missing"][name] += right.multiselect(
            f"{short(one.name, 40)}: numbers that mean unknown",
            one.odd,
            key=f"{key}:missing",
            placeholder="none of these",
            help="These are implausible for a patient.",
        )
    return len(said) == len(one.strange)


def _units(one: Suggestion, variable: Variable, key: str) -> list[str]:
    """Show in which unit a column is, and return it; both, where rows differ."""
    codes = [unit.code for unit in variable.units]
    suggested = [unit.code for unit in one.units] or codes[:1]
    found: list[str] = st.multiselect(
        f"Unit of {short(one.name, 40)}",
        codes,
        suggested,
        format_func=lambda code: unit_words(variable, code),
        key=key,
        label_visibility="collapsed",
    )
    if len(found) > 1:
        st.caption("Each cell is in the one that makes it plausible.")
    return found or suggested


def _words(one: Suggestion, variable: Variable, key: str) -> dict[str, str]:
    """Show what the cells of a column mean that are none of our words, and return it."""
    words = {value.name: value.label for value in variable.values}
    guess = {f"{key}:value:{cell}": word.split("|") for cell, word in one.guess.items()}
    told = "; ".join(f"{cell} = {_said(words, word)}" for cell, word in one.guess.items())
    if any(st.session_state.get(name) != word for name, word in guess.items()):
        st.button(
            f"Take for {short(one.name, 40)}: {literal(told)}",
            key=f"{key}:guess",
            on_click=st.session_state.update,
            args=[guess],
        )
    said = {}
    places = st.columns(max(2, min(4, len(one.strange))))
    for place, cell in enumerate(one.strange):
        with places[place % len(places)]:
            chosen = st.multiselect(
                f"{short(one.name, 40)}: {short(cell, 20)} means",
                [*words, _UNKNOWN],
                format_func=lambda name: words.get(name, name),
                key=f"{key}:value:{cell}",
                placeholder="one of these, or one of several",
            )
        if chosen:
            said[cell] = _UNKNOWN if _UNKNOWN in chosen else "|".join(chosen)
    return said


def _said(words: Mapping[str, str], cell: str) -> str:
    return " or ".join(words[name] for name in cell.split("|"))


def _look(guideline: Guideline, task: UploadedTables, unsaid: list[str]) -> None:
    """Show what is understood of a table, and offer to classify it so.

    It has still to be said what the cells of columns that are `unsaid` mean.
    """

    def read() -> Understood:
        reading = reading_of(guideline, task.options)
        return understood(PatientTable(guideline, task.patients, task.lesions, reading))

    try:
        found = session.once(_UNDERSTOOD, (task, guideline.edition), read)
    except HccKgError as error:
        st.error(literal(short(str(error), 1_000)), icon=":material/error:")
        return
    st.markdown(f"**What is understood** of {counted(found.rows, 'row')}")
    told_notes(found.notes)
    if found.rejected and unsaid:
        st.warning(literal(f"Say above what the cells mean of: {', '.join(unsaid)}."))
    elif found.rejected:
        rows = counted(found.rejected, "row")
        told = f"As it stands, {rows} cannot be classified and will be set aside: {found.first}"
        st.warning(literal(short(told, 500)))
    table(found.frame, "understood", height=_TALL)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Classify as matched",
            type="primary",
            icon=":material/play_arrow:",
            disabled=found.rejected == found.rows,
            help="First say what the cells mean." if found.rejected == found.rows else None,
        ):
            state.now().begin(task)
            st.rerun()
        file = f"{task.patients.stem}.toml"
        told = "To read the table in the same way again: here, by the command, or in Python"
        download(file, task.mapping, "Save as mapping file", key="cohort:mapping-file", help=told)
