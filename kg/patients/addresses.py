"""A record as part of an address: a parameter a variable, one more for each lesion.

`?patient_id=p1&tumour_count=1&child_pugh_class=A|B&lesion=lesion_id:l1;diameter_cm:2.4`, and
`&assumed=near_diaphragm` for what is taken to be unremarkable until it is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlencode

from kg.guideline import Guideline
from kg.keys import ID, LESION_ID
from kg.patients.assumptions import unremarkable
from kg.patients.drafts import LESION, Draft

Parameters = Mapping[str, Sequence[str]]
ASSUMED = "assumed"
LONGEST = 6_000  # characters; browsers and proxies carry no more with certainty


def parameters_of(draft: Draft) -> dict[str, list[str]]:
    """Return the parameters that hold a draft."""
    found = {ID: [draft.patient_id]} if draft.patient_id else {}
    found |= {name: [text] for name, text in draft.cells.items()}
    if draft.lesions:
        found[LESION] = [_lesion_text(lesion) for lesion in draft.lesions]
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
    known = unremarkable(guideline)
    assumed = tuple(name for name in parameters.get(ASSUMED, ()) if name in known)
    strangers += [f"{ASSUMED}={n}" for n in parameters.get(ASSUMED, ()) if n not in known]
    lesions = []
    for text in parameters.get(LESION, ()):
        lesion, unknown = _lesion(guideline, text)
        lesions += [lesion] if lesion else []
        strangers += [f"{LESION}: {name}" for name in unknown]
    patient_id = (parameters.get(ID) or [""])[-1]
    return Draft(patient_id, cells, tuple(lesions), assumed), tuple(strangers)


def _lesion_text(lesion: Mapping[str, str]) -> str:
    return ";".join(f"{name}:{quote(text, safe='<>=|. ')}" for name, text in lesion.items())


def _lesion(guideline: Guideline, text: str) -> tuple[dict[str, str], list[str]]:
    known, unknown = {}, []
    for part in filter(None, text.split(";")):
        name, _, cell = part.partition(":")
        if name in (LESION_ID, *guideline.lesion_columns):
            known[name] = unquote(cell)
        else:
            unknown.append(name)
    return known, unknown
