"""Empty tables to fill in, and what each of their columns takes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID, LESION_ID
from kg.patients.cells import expected
from kg.reference.cards import unit_of
from kg.texts import counted
from kg.writers.omop import definitions


def patients(guideline: Guideline) -> str:
    """Return the head of a table of patients, with every variable that the edition uses."""
    return _csv([[ID, *_used(guideline, guideline.variables)]])


def lesions(guideline: Guideline) -> str:
    """Return the head of a table of lesions."""
    return _csv([[ID, LESION_ID, *_used(guideline, guideline.lesion_columns)]])


def columns(guideline: Guideline) -> str:
    """Return what each column of both tables means and takes, one row per column."""
    head = ["table", "column", "label", "definition", "unit", "cell"]
    tables = (("patients", guideline.variables), ("lesions", guideline.lesion_columns))
    described = [
        _column(table, name, variable)
        for table, variables in tables
        for name, variable in variables.items()
        if name == ID or variable.name in guideline.used
    ]
    return _csv([head, *described])


def _used(guideline: Guideline, columns: Mapping[str, Variable]) -> list[str]:
    return [name for name, variable in columns.items() if variable.name in guideline.used]


def cohorts(guideline: Guideline) -> str:
    """Return the definitions of the cohorts that `--format omop` fills."""
    return _csv(definitions(guideline))


TEMPLATES: Mapping[str, Callable[[Guideline], str]] = {
    "patients": patients,
    "lesions": lesions,
    "columns": columns,
    "cohorts": cohorts,
}


def size(text: str) -> str:
    """Say how many columns and rows a template has."""
    head, *rows = csv.reader(io.StringIO(text))
    told = counted(len(rows), "row") if rows else "no rows"
    return f"a header of {counted(len(head), 'column')}, {told}"


def _column(table: str, name: str, variable: Variable) -> Sequence[str]:
    unit, cell = unit_of(variable) or "", expected(variable)
    return [table, name, variable.label, variable.definition, unit, cell]


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
