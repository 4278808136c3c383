"""Matching an uploaded table: its columns, units, words and codes, and a look at what comes of it.

What is chosen is written as a mapping file and read as one, so that the page, the command and
Python read a table alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kg.errors import HccKgError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID
from kg.patients.reading import read_mapping, written
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
from kg.ui.words import literal, short

_SUGGESTED, _UNDERSTOOD, _DONE = "cohort:suggested", "cohort:understood", "cohort:matched"
_RDF = (".ttl", ".nt", ".jsonld")  # are in our words
_UNKNOWN = "(unknown)"
_LEFT_OUT = ""


def match(
    guideline: Guideline, patients: UploadedFile | None, lesions: UploadedFile | None
) -> bool:
    """Offer to match an uploaded table that is not in our words; return whether it is offered."""
    if patients is None or st.session_state.get(_DONE) == patients.file_id:
        return False
    held = Upload(patients.name, patients.getvalue())
    if held.suffix.lower() in _RDF:
        return False
    sheet = st.session_state.get("cohort:sheet", "").strip() or None
    try:
        found = _suggested(guideline, held, patients.file_id, sheet)
    except HccKgError:
        return False  # what is no table is told where it is classified
    if not found:
        return False
    with st.container(border=True, key="cohort-matching"):
        st.subheader(f"How {literal(short(held.name))} is read", anchor=False)
        st.caption(
            "Columns are matched by their names, units by what is usual. Check each; nothing is "
            "classified before you say so."
        )
        matched = list(_columns(guideline, patients.file_id, found))
        text = written(_parts(patients.file_id, matched))
        second = Upload(lesions.name, lesions.getvalue()) if lesions else None
        try:
            reading = read_mapping(guideline, Upload("What is chosen above", text.encode()))
        except HccKgError as error:
            st.error(literal(short(str(error), 1_000)), icon=":material/error:")
            return True
        about = (patients.file_id, lesions and lesions.file_id, text, sheet, guideline.edition)
        _look(guideline, UploadedTables(held, second, replace(reading, sheet=sheet), text), about)
    return True


def done(patients: UploadedFile | None) -> None:
    """Say that an uploaded table has been classified."""
    st.session_state[_DONE] = patients and patients.file_id


def _suggested(
    guideline: Guideline, held: Upload, file_id: str, sheet: str | None
) -> list[Suggestion]:
    def found() -> list[Suggestion]:
        source = open_source(held, guideline, sheet)
        ours = ID in source.columns and all(
            name in guideline.variables or name.startswith("_") for name in source.columns
        )
        return [] if ours else suggestions(guideline, source)

    return session.once(_SUGGESTED, (file_id, sheet, guideline.edition), found)


def _columns(guideline: Guideline, file_id: str, found: list[Suggestion]) -> Iterator[Suggestion]:
    """Show what each column is read as, those that are matched first."""
    labels = {_LEFT_OUT: "— left out —", ID: "identifier of the patient"}
    used = [n for n in guideline.variables if n in guideline.used and n != ID]
    labels |= {name: guideline.variables[name].label for name in used}
    others = [one for one in found if one.target not in labels]
    for one in found:
        if one not in others:
            yield _column(guideline, file_id, one, labels)
    with st.expander(f"{counted(len(others), 'column')} without a match"):
        for one in others:
            yield _column(guideline, file_id, one, labels)


def _column(
    guideline: Guideline, file_id: str, one: Suggestion, labels: Mapping[str, str]
) -> Suggestion:
    """Show what a column is read as, and return it as it is read."""
    left, right = st.columns(2, vertical_alignment="center")
    left.markdown(f"**{literal(short(one.name, 40))}** :small[{literal(one.shown)}]")
    names = list(labels)
    with right:
        target = st.selectbox(
            f"{short(one.name, 60)} is read as",
            names,
            index=names.index(one.target) if one.target in names else 0,
            format_func=labels.__getitem__,
            key=f"cohort:match:{file_id}:{one.name}",
            label_visibility="collapsed",
        )
    if target == (one.target or _LEFT_OUT):
        return one
    return replace(one.read_as(guideline.variables.get(target)), target=target or None)


def _parts(file_id: str, matched: list[Suggestion]) -> dict[str, dict[str, object]]:
    """Show what has to be said of the matched columns; return it as the parts of a mapping."""
    columns: dict[str, object] = {one.name: one.target for one in matched if one.target}
    parts: dict[str, dict[str, object]] = {"columns": columns}
    units, values, missing = (parts.setdefault(n, {}) for n in ("units", "values", "missing"))
    parts["constants"] = {} if ID in columns.values() else {ID: "{row}"}
    if parts["constants"]:
        st.caption("No column identifies the patient: rows are numbered.")
    for one in matched:
        if one.variable is None:
            continue
        name, key = one.variable.name, f"cohort:match:{file_id}:{one.name}:{one.target}"
        if len(one.variable.units) > 1:
            units[name] = _units(one, one.variable, f"{key}:unit")
        codes = one.odd and st.multiselect(
            f"{short(one.name, 40)}: numbers that mean unknown",
            one.odd,
            key=f"{key}:missing",
            help="These are implausible for a patient.",
        )
        unknown = [*codes]
        said = _words(one, one.variable, key) if one.strange else {}
        unknown += [cell for cell, word in said.items() if word == _UNKNOWN]
        values[name] = {cell: word for cell, word in said.items() if word != _UNKNOWN}
        missing[name] = unknown
    return {n: {k: v for k, v in part.items() if v} for n, part in parts.items()}


def _units(one: Suggestion, variable: Variable, key: str) -> list[str]:
    """Show in which unit a column is, and return it; both, where rows differ."""
    codes = [unit.code for unit in variable.units]
    suggested = [unit.code for unit in one.units] or codes[:1]
    found: list[str] = st.multiselect(
        f"{short(one.name, 40)} is in (of two, each cell is in the one that makes it plausible)",
        codes,
        suggested,
        key=key,
    )
    return found or suggested


def _words(one: Suggestion, variable: Variable, key: str) -> dict[str, str]:
    """Show what the cells of a column mean that are none of our words, and return it."""
    words = {value.name: value.label for value in variable.values}
    guess = _guess(variable.words, one.strange)
    told = "; ".join(f"{cell} = {_said(words, word)}" for cell, word in guess.items())
    if guess and st.button(
        f"{short(one.name, 40)}: {literal(told)}", key=f"{key}:guess", icon=":material/check:"
    ):
        for cell, word in guess.items():
            st.session_state[f"{key}:value:{cell}"] = word.split("|")
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


def _guess(words: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return what numbers may stand for: words in their order; no, and any of the others."""
    if not all(cell.isdecimal() for cell in cells):
        return {}
    if list(cells) == ["0", "1"] and len(words) > 2:
        return {"0": words[0], "1": "|".join(words[1:])}
    first = int(cells[0])
    in_order = [str(first + place) for place in range(len(words))]
    return dict(zip(cells, words, strict=True)) if list(cells) == in_order else {}


def _look(guideline: Guideline, task: UploadedTables, about: object) -> None:
    """Show what is understood of a table, and offer to classify it so."""

    def read() -> Understood:
        return understood(PatientTable(guideline, task.patients, task.lesions, task.reading))

    try:
        found = session.once(_UNDERSTOOD, about, read)
    except HccKgError as error:
        st.error(literal(short(str(error), 1_000)), icon=":material/error:")
        return
    st.markdown(f"**What is understood** of {counted(found.rows, 'row')}")
    for note in found.notes:
        st.caption(literal(f"{note}."))
    if found.rejected:
        told = f"{counted(found.rejected, 'row')} cannot be classified as it stands; {found.first}"
        st.warning(literal(short(told, 500)))
    table(found.frame, "understood", height=420)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Classify as matched",
            type="primary",
            icon=":material/play_arrow:",
            disabled=found.rejected == found.rows,
            help="Say first what the cells mean." if found.rejected == found.rows else None,
        ):
            state.begin(task)
            st.rerun()
        file = f"{task.patients.stem}.toml"
        told = "To read the table in the same way again: here, by the command, or in Python"
        download(file, task.mapping, "Save as mapping file", key="cohort:mapping-file", help=told)
