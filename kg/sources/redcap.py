"""Exports of REDCap, raw or with labels, read back as a patient table.

A checkbox has a column for each choice: those that are ticked are the alternatives, and none is
unknown.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID
from kg.texts import nearest

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
