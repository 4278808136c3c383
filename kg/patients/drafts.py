"""A record as it is being written: cells as they were typed, some of them perhaps wrong.

A wrong cell loses nothing: it stays in the draft, is told as a fault, and counts as unknown
until it is corrected. As part of an address a draft has a parameter a variable, one more for each
lesion, and `assumed` for what is taken to be unremarkable until it is confirmed:

`?patient_id=p1&tumour_count=1&child_pugh_class=A|B&lesion=lesion_id:l1;diameter_cm:2.4`
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from urllib.parse import quote, unquote, urlencode

from kg.guideline import Guideline
from kg.guideline.values import Knowledge
from kg.keys import ID, LESION_ID
from kg.patients.assumptions import completed, unremarkable
from kg.patients.cells import CellError, is_unknown, parse_cell
from kg.patients.records import Record, derive, read_lesion

LESION = "lesion"
_NUMBER = r"([+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?)"
_COMMA = re.compile(r"(?<![\d.,])(?:0,\d+|\d+,\d{1,2})(?![\d.,])")  # "1,200" may be thousands
_SAID = (  # bounds as people say them, and as cells write them
    (re.compile(rf"at least {_NUMBER}", re.IGNORECASE), r">=\1"),
    (re.compile(rf"at most {_NUMBER}", re.IGNORECASE), r"<=\1"),
    (re.compile(rf"(?:above|over|more than) {_NUMBER}", re.IGNORECASE), r">\1"),
    (re.compile(rf"(?:below|under|less than) {_NUMBER}", re.IGNORECASE), r"<\1"),
    (re.compile(rf"(?:between )?{_NUMBER} ?(?:to|and|–|-) ?{_NUMBER}", re.IGNORECASE), r"\1..\2"),
)


@dataclass(frozen=True)
class Draft:
    """The cells of a patient by variable, and of the lesions by column; none is empty.

    `assumed` are variables that are taken to be unremarkable until somebody says what they are.
    """

    patient_id: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    lesions: tuple[Mapping[str, str], ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def has_facts(self) -> bool:
        """Whether anything is known of the patient."""
        return bool(self.cells or self.lesions)

    def with_cell(self, variable: str, text: str) -> Draft:
        """Return the draft with another cell; an empty text takes it out."""
        cells = {name: cell for name, cell in self.cells.items() if name != variable}
        assumed = tuple(name for name in self.assumed if name != variable)
        new = {variable: text} if text.strip() else {}
        return replace(self, cells=cells | new, assumed=assumed)


@dataclass(frozen=True)
class ParsedDraft:
    """What a draft comes to: the record without its faults, and the faults by variable.

    The faults of lesions stand under "lesion".
    """

    record: Record
    faults: Mapping[str, str]


def not_understood(guideline: Guideline, parsed: ParsedDraft) -> dict[str, str]:
    """Return the faults of a draft in words, by variable, each with the label of its field."""
    labels = {LESION: "list of lesions"} | {n: v.label for n, v in guideline.variables.items()}
    return {name: f"{labels[name]}: {fault}" for name, fault in parsed.faults.items()}


def written(text: str) -> str:
    """Return a typed cell in the notation of tables: "at least 3,4" becomes ">=3.4"."""
    stripped = _COMMA.sub(lambda match: match[0].replace(",", "."), " ".join(text.split()))
    for said, cell in _SAID:
        if said.fullmatch(stripped):
            return said.sub(cell, stripped)
    return stripped


def read_draft(guideline: Guideline, draft: Draft) -> ParsedDraft:
    """Return the record of a draft; cells that are wrong are faults and count as unknown."""
    recorded: dict[str, Knowledge] = {}
    faults: dict[str, str] = {}
    for name, text in draft.cells.items():
        try:
            knowledge = parse_cell(guideline.variables[name], text)
        except CellError as error:
            faults[name] = str(error)
            continue
        if knowledge is not None:
            recorded[name] = knowledge
    lesions: list[dict[str, Knowledge]] | None = None
    try:
        lesions = [read_lesion(guideline, lesion) for lesion in draft.lesions] or None
    except CellError as error:
        faults[LESION] = str(error)
    record = derive(guideline, draft.patient_id, recorded, lesions)
    cells = unremarkable(guideline)
    taken = {name: cells[name] for name in draft.assumed if name in cells and name not in faults}
    return ParsedDraft(completed(guideline, record, taken) if taken else record, faults)


def rows_of(
    draft: Draft, name: str, faults: Collection[str] = ()
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return a draft as rows of the patient and of the lesion table, without its faults."""
    cells = {variable: text for variable, text in draft.cells.items() if variable not in faults}
    known = [] if LESION in faults else draft.lesions
    named = {lesion.get(LESION_ID) for lesion in known}
    free = (number for number in map(str, count(1)) if number not in named)
    lesions = [
        {ID: name, LESION_ID: lesion.get(LESION_ID) or next(free), **lesion} for lesion in known
    ]
    return [{ID: name, **cells}], lesions


def draft_of(
    guideline: Guideline,
    cells: Mapping[str, str | None],
    lesions: Sequence[Mapping[str, str | None]] = (),
) -> Draft:
    """Return the draft of a row of the patient table and its rows of the lesion table.

    Only columns that are variables are taken, and only cells that say something.
    """
    known = {name: variable for name, variable in guideline.variables.items() if name != ID}
    said = {
        name: text
        for name, text in cells.items()
        if name in known and text and not is_unknown(text, known[name])
    }
    columns = (LESION_ID, *guideline.lesion_columns)
    listed = ({c: text for c, text in each.items() if c in columns and text} for each in lesions)
    return Draft(cells.get(ID) or "", said, tuple(listed))


Parameters = Mapping[str, Sequence[str]]
ASSUMED = "assumed"
LONGEST = 6_000  # characters; browsers and proxies carry no more with certainty


def parameters_of(draft: Draft) -> dict[str, list[str]]:
    """Return the parameters that hold a draft."""
    found = {ID: [draft.patient_id]} if draft.patient_id else {}
    found |= {name: [text] for name, text in draft.cells.items()}
    if draft.lesions:
        found[LESION] = [
            ";".join(f"{name}:{quote(text, safe='<>=|. ')}" for name, text in lesion.items())
            for lesion in draft.lesions
        ]
    if draft.assumed:
        found[ASSUMED] = list(draft.assumed)
    return found


def query_string(draft: Draft) -> str:
    """Return the part of an address behind `?` that holds a draft."""
    return urlencode(parameters_of(draft), doseq=True)


def draft_at(guideline: Guideline, parameters: Parameters) -> tuple[Draft, tuple[str, ...]]:
    """Return the draft that parameters hold, and what in them is not part of a record.

    The cells are taken as they are: reading the draft tells which are wrong.
    """
    strangers, cells = [], {}
    for name, values in parameters.items():
        if name in guideline.variables and name != ID and values:
            cells[name] = values[-1]
        elif name not in (ID, LESION, ASSUMED):
            strangers.append(name)
    known = {n for n, v in guideline.variables.items() if v.unremarkable}  # of all editions
    assumed = tuple(name for name in parameters.get(ASSUMED, ()) if name in known)
    strangers += [f"{ASSUMED}={n}" for n in parameters.get(ASSUMED, ()) if n not in known]
    lesions = []
    for text in parameters.get(LESION, ()):
        lesion, unknown = _lesion(guideline, text)
        lesions += [lesion] if lesion else []
        strangers += [f"{LESION}: {name}" for name in unknown]
    patient_id = (parameters.get(ID) or [""])[-1]
    return Draft(patient_id, cells, tuple(lesions), assumed), tuple(strangers)


def _lesion(guideline: Guideline, text: str) -> tuple[dict[str, str], list[str]]:
    known, unknown = {}, []
    for part in filter(None, text.split(";")):
        name, _, cell = part.partition(":")
        if name in (LESION_ID, *guideline.lesion_columns):
            known[name] = unquote(cell)
        else:
            unknown.append(name)
    return known, unknown
