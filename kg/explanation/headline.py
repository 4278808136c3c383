"""A patient in one line: what a clinician says first, and how much is unknown.

The ontology says which variables belong there, and how each reads (`hcc:headline`).
"""

from __future__ import annotations

from kg.explanation.wording import value_words
from kg.guideline import Guideline
from kg.guideline.values import Knowledge, Variable
from kg.patients.records import Record
from kg.texts import capitalised, counted

_PLACE = "{}"


def headline(guideline: Guideline, record: Record) -> str:
    """Return a patient in one line: "one tumour, 2.4 cm, Child-Pugh A; 14 variables unknown"."""
    known = record.known
    parts = [
        _part(variable, known[name])
        for name, variable in guideline.variables.items()
        if variable.headline and known[name] != variable.unknown and name not in record.assumed
    ]
    unknown = sum(known[name] == guideline.variables[name].unknown for name in guideline.used)
    said = ", ".join(parts) or "No key fact is known yet"
    assumed = f", {len(record.assumed)} assumed" if record.assumed else ""
    return f"{capitalised(said)}; {counted(unknown, 'variable')} unknown{assumed}"


def _part(variable: Variable, knowledge: Knowledge) -> str:
    """Return what is known of one variable, as the ontology words it."""
    text = variable.headline or _PLACE
    if knowledge.pinned and not variable.is_number:
        text = variable.values[knowledge.mask.bit_length() - 1].headline or text
    one, _, many = text.rpartition("|")
    said = value_words(variable, knowledge)
    return (one if one and said == "1" else many).replace(_PLACE, said)
