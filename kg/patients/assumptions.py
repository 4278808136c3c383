"""What may be assumed of a record that is silent, and the record completed by it.

An assumption is made of a variable of which the record says nothing, which no derivation has
narrowed, and whose assumed cell is in no conflict with what is recorded. Derivations are judged
on the record as given: an assumed value derives nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kg.guideline import Guideline
from kg.guideline.values import Knowledge
from kg.patients.cells import parse_cell
from kg.patients.records import Record


def unremarkable(guideline: Guideline) -> dict[str, str]:
    """Return the cells that records are silent on, by variable."""
    return {n: v.unremarkable for n, v in guideline.variables.items() if v.unremarkable}


def completed(guideline: Guideline, record: Record, cells: Mapping[str, str]) -> Record:
    """Return a record completed by those of some cells that may be assumed of it."""
    assumed = {
        name: knowledge
        for name, cell in cells.items()
        if (knowledge := _assumed(guideline, record, name, cell)) is not None
    }
    return replace(
        record,
        known={**record.known, **assumed},
        assumed={name: cells[name] for name in guideline.variables if name in assumed},
    )


def assumable(guideline: Guideline, record: Record, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some variables whose unremarkable cell may be assumed of a record."""
    wanted, cells = set(names), unremarkable(guideline)
    found = completed(guideline, record, {n: c for n, c in cells.items() if n in wanted})
    return tuple(found.assumed)


def _assumed(guideline: Guideline, record: Record, name: str, cell: str) -> Knowledge | None:
    variable = guideline.variables[name]
    knowledge = parse_cell(variable, cell)
    if name in record.recorded or record.known[name] != variable.unknown or knowledge is None:
        return None
    known = {**record.known, name: knowledge}
    for rule in guideline.conflict_rules:
        parts = dict(rule.parts)
        fits = (known[n].pinned and known[n].mask & ~mask == 0 for n, mask in parts.items())
        if name in parts and all(fits):
            return None
    return knowledge
