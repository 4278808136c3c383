"""Forms made from the variables: a data dictionary of REDCap, and a Questionnaire of FHIR R4.

Both ask for every variable, and what they hold is read back to the same record. Choices are
checkboxes, so that several may be ticked where one of them is known to hold: in an export of
REDCap a column for each choice; those that are ticked are the alternatives, and none is unknown.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID
from kg.ontology import HCC
from kg.patients.cells import expected
from kg.texts import NOTE_ON_USE, nearest

QUESTIONNAIRE = HCC + "fhir/Questionnaire/patient"
UCUM = "http://unitsofmeasure.org"
_UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
_CHOICES = "Choices, Calculations, OR Slider Labels"
_HEAD = (
    *("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"),
    *(_CHOICES, "Field Note", "Text Validation Type OR Show Slider Number"),
    *("Text Validation Min", "Text Validation Max", "Identifier?"),
    *("Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment"),
    *("Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?"),
    "Field Annotation",
)


def asked(guideline: Guideline) -> dict[str, list[Variable]]:
    """Return the variables that a form asks for, by the label of their group."""
    found: dict[str, list[Variable]] = {label: [] for label in guideline.groups.values()}
    for variable in guideline.variables.values():
        if variable.name != ID and variable.group:
            found[guideline.groups[variable.group]].append(variable)
    return found


def redcap(guideline: Guideline) -> str:
    """Return a data dictionary of REDCap, as CSV. Fields take no validation: `>=5` is a value."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    first = {"Field Label": guideline.variables[ID].label, "Identifier?": "y"}
    rows.writerow(_field(ID, {"Field Type": "text", **first}))
    for group, variables in asked(guideline).items():
        for i, variable in enumerate(variables):
            rows.writerow(
                _field(variable.name, {"Section Header": "" if i else group, **_asking(variable)})
            )
    return text.getvalue()


def _asking(variable: Variable) -> dict[str, str]:
    symbol = f" ({variable.unit_symbol})" if variable.unit_symbol else ""
    kind, note, choices = "yesno", variable.definition, ""
    if variable.type == "enum":
        choices = " | ".join(f"{v.name}, {v.label.replace('|', '/')}" for v in variable.values)
        kind = "checkbox"
        note += " Tick several if one of them applies and it is not known which."
    elif variable.type != "boolean":
        kind = "text"
        note += f" Enter {expected(variable)}."
    labelled = {"Field Label": variable.label + symbol, "Field Note": note}
    return {"Field Type": kind, _CHOICES: choices, **labelled}


def _field(name: str, values: dict[str, str]) -> list[str]:
    filled = {"Variable / Field Name": name, "Form Name": "patient", **values}
    return [filled.get(column, "") for column in _HEAD]


def questionnaire(guideline: Guideline) -> str:
    """Return a Questionnaire of FHIR R4, as JSON; `linkId` is the name of the variable."""
    found = {
        "resourceType": "Questionnaire",
        "url": QUESTIONNAIRE,
        "version": guideline.version,
        "name": "HccKgPatient",
        "title": "Patient record for the guideline on liver cancer",
        "status": "active",
        "subjectType": ["Patient"],
        "description": f"What is not answered stays unknown. {NOTE_ON_USE}",
        "item": [
            {
                "linkId": f"group-{number}",
                "text": group,
                "type": "group",
                "item": [_question(variable) for variable in variables],
            }
            for number, (group, variables) in enumerate(asked(guideline).items(), start=1)
            if variables
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _question(variable: Variable) -> dict[str, object]:
    question: dict[str, object] = {
        "linkId": variable.name,
        "definition": variable.iri,
        "text": variable.label,
        "required": False,
    }
    if variable.type == "boolean":
        return question | {"type": "boolean"}
    if variable.type == "enum":
        options = [
            {"valueCoding": {"system": variable.iri, "code": value.name, "display": value.label}}
            for value in variable.values
        ]
        return question | {"type": "choice", "repeats": True, "answerOption": options}
    if variable.type == "integer":
        return question | {"type": "integer"}
    unit = {"system": UCUM, "code": variable.unit, "display": variable.unit_symbol or variable.unit}
    return question | {"type": "quantity", "extension": [{"url": _UNIT, "valueCoding": unit}]}


FORMS: Mapping[str, Callable[[Guideline], str]] = {
    "redcap": redcap,
    "questionnaire": questionnaire,
}


_RAW = re.compile(r"(?P<field>.+?)___(?P<choice>.+)")
_LABELLED = re.compile(r"(?P<field>.+?) \(choice=(?P<choice>.+)\)")
_TICKED, _UNTICKED = frozenset({"1", "checked"}), frozenset({"0", "unchecked", ""})
# Columns that REDCap adds of its own.
_OWN = re.compile(r"redcap_.*|.*_complete|Complete\?|record_id|Record ID", re.IGNORECASE)
Place = tuple[Variable, str | None]


def is_redcap(path: Path) -> bool:
    """Return whether a file is a CSV export of REDCap: it has a column for a choice."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = next(csv.reader(file), [])
    return any(_RAW.fullmatch(name) or _LABELLED.fullmatch(name) for name in head)


def read_redcap(guideline: Guideline, path: Path) -> pl.DataFrame:
    """Return an export as a patient table, all cells as text.

    Raises:
        InputError: a column is no field of the form, or a cell of a checkbox is neither ticked nor
            not ticked.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    places = [_place(guideline, path, name) for name in head]
    names = list(dict.fromkeys(place[0].name for place in places if place))
    if ID not in names:
        raise InputError(f"{path} has no column {ID}; the form asks for it first")
    table = [_cells(path, number, row, places) for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(
        [[cells.get(name) for name in names] for cells in table],
        schema=dict.fromkeys(names, pl.String),
        orient="row",
    )


def _place(guideline: Guideline, path: Path, column: str) -> Place | None:
    """Return the variable of a column and the choice, if it is one; None for one of REDCap."""
    named = _fields(guideline)
    if column in named:
        return named[column], None
    for form in (_RAW, _LABELLED):
        parts = form.fullmatch(column)
        variable = named.get(parts["field"]) if parts else None
        if parts and variable:
            for value in variable.values:
                if parts["choice"] in (value.name, value.name.lower(), value.label):
                    return variable, value.name
    if _OWN.fullmatch(column):
        return None
    near = nearest(column, dict.fromkeys(guideline.variables, ()), 1)
    hint = f"; the nearest is {near[0]}" if near else ""
    raise InputError(f"{path}: the column {column!r} is no field of the form{hint}")


def _fields(guideline: Guideline) -> Mapping[str, Variable]:
    found = {}
    for variable in guideline.variables.values():
        symbol = variable.unit_symbol
        label = f"{variable.label} ({symbol})" if symbol else variable.label
        found[variable.name] = found[label] = variable
    return found


def _cells(
    path: Path, number: int, row: list[str], places: list[Place | None]
) -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for place, cell in zip(places, row, strict=False):
        if place is None:
            continue
        variable, choice = place
        if choice is None:
            cells[variable.name] = cell or None
        elif cell.strip().lower() in _TICKED:
            before = cells.get(variable.name)
            cells[variable.name] = f"{before}|{choice}" if before else choice
        elif cell.strip().lower() not in _UNTICKED:
            raise InputError(
                f"{path}, row {number}, {variable.name} ({choice}): {cell!r} is neither 1 or "
                "Checked nor 0 or Unchecked"
            )
    return cells
