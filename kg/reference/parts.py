"""What commands write from the guideline, by name: parts of the reference, empty tables."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps

from kg.guideline import Guideline
from kg.guideline.shapes import shapes
from kg.guideline.taxonomy import every_therapy
from kg.guideline.values import Variable
from kg.keys import ID, LESION_ID
from kg.patients.cells import expected
from kg.reference.book import PAGE, book, escaped, linked
from kg.reference.cards import unit_of
from kg.reference.inventory import counts, encoded
from kg.texts import counted
from kg.writers.omop import definitions


def _joined(lines: Callable[[Guideline], Iterator[str]]) -> Callable[[Guideline], str]:
    @wraps(lines)
    def page(guideline: Guideline) -> str:
        return "\n".join(lines(guideline)) + "\n"

    return page


@_joined
def readings(guideline: Guideline) -> Iterator[str]:
    """Return the readings: each term with the note that says how its wording is read."""
    therapies = every_therapy(guideline)
    for name, term in (encoded(guideline) | therapies).items():
        if term.note:
            yield f"- {linked(name, PAGE)} {escaped(term.label)}: {escaped(term.note)}"
    for rule in guideline.derivations:
        if rule.note:
            yield f"- {escaped(rule.label)}: {escaped(rule.note)}"


@_joined
def undecidable(guideline: Guideline) -> Iterator[str]:
    """Return a table of the kinds of statements that no record can decide, with their query."""
    every = Counter(s.kind for s in guideline.statements.values())
    open_ = Counter(s.kind for s in guideline.statements.values() if not s.decidable)
    yield "| kind | statements | not decidable | listed by |"
    yield "| --- | ---: | ---: | --- |"
    for kind, label in guideline.kinds.items():
        if open_[kind]:
            asked = f"hcc-kg query statements-of-kind -p kind={kind} -p is_decidable=false"
            yield f"| {label} | {every[kind]} | {open_[kind]} | `{asked}` |"
    yield f"| all | {every.total()} | {open_.total()} | |"


@_joined
def units(guideline: Guideline) -> Iterator[str]:
    """Return a table of the numbers that may come in another unit, and by what to multiply."""
    yield "| variable | unit | from | multiply by |"
    yield "| --- | --- | --- | ---: |"
    for variable in guideline.variables.values():
        for unit in variable.units:
            if unit.code != variable.unit:
                name, factor = linked(variable.name, PAGE), f"{unit.factor.normalize():f}"
                yield f"| {name} | {variable.unit_symbol} | {unit.code} | {factor} |"


ALL = "all"
PARTS: Mapping[str, Callable[[Guideline], str]] = {
    ALL: book,
    "readings": readings,
    "undecidable": undecidable,
    "counts": counts,
    "units": units,
    "shapes": shapes,
}


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
        [table, name, variable.label, variable.definition, unit_of(variable), expected(variable)]
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


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
