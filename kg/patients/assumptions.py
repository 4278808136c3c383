"""Assumptions: what is taken for granted where a record is silent, because somebody asked for it.

Records say what was found. The ontology names, for some variables, the unremarkable cell that
silence may stand for. An assumption is made for a record where

1. the record says nothing of the variable,
2. no derivation has narrowed it (derivations are judged on the record as given), and
3. no conflict would be reported of the assumed cell beside what is recorded.

Each assumption is judged beside the record alone, never beside other assumptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from kg.errors import InputError
from kg.guideline import Derivation, Guideline
from kg.guideline.rules import agreed
from kg.guideline.values import Knowledge
from kg.keys import ID
from kg.patients.cells import CellError, parse_cell
from kg.patients.cells import cell as cell_of
from kg.patients.records import Record, sum_of
from kg.texts import hint

ALL = "all"
Assume: TypeAlias = str | Iterable[str] | Mapping[str, object]


@dataclass(frozen=True)
class Assumptions:
    """The cells that are assumed, and what each says, by variable in the guideline's order."""

    cells: Mapping[str, str]
    known: Mapping[str, Knowledge]


def assumptions_of(guideline: Guideline, asked: Assume | None) -> Assumptions | None:
    """Return the assumptions that are asked for; None where none are.

    What is asked for is "all", a group of variables, a variable, or VARIABLE=CELL; or a mapping of
    variables to cells. A cell of one's own goes before the unremarkable one.

    Raises:
        InputError: a word is none of these, a variable has no unremarkable cell, or a cell is
            none of its variable.
    """
    silent, own = dict[str, str](), dict[str, str]()
    if isinstance(asked, Mapping):
        own = {name: cell_of(value, f"assume, {name}") or "" for name, value in asked.items()}
    for word in () if isinstance(asked, Mapping) else _words(asked):
        name, sign, cell = (part.strip() for part in word.partition("="))
        if not sign:
            silent |= _unremarkable(guideline, name)
        elif own.setdefault(name, cell) != cell:
            raise InputError(f"assume {name}: {own[name]} and {cell} are both named; keep one")
    if not silent and not own:
        return None
    cells = silent | own
    known = {name: _read(guideline, name, cells[name]) for name in cells}
    ordered = [name for name in guideline.variables if name in cells]
    return Assumptions({n: cells[n] for n in ordered}, {n: known[n] for n in ordered})


def _words(asked: Iterable[str] | None) -> list[str]:
    """Return what is asked for, one text or several."""
    if asked is None or (isinstance(asked, str) and not asked):
        return []
    words = [asked] if isinstance(asked, str) or not isinstance(asked, Iterable) else [*asked]
    for word in words:
        if not isinstance(word, str):
            raise InputError(f"assume {word!r}: give texts, such as 'all', or a mapping of cells")
    return words


def _unremarkable(guideline: Guideline, word: str) -> dict[str, str]:
    """Return the unremarkable cells that a word stands for."""
    cells = unremarkable(guideline)
    name = word.lower()
    if name == ALL:
        return cells
    if name in guideline.groups:
        return {n: cell for n, cell in cells.items() if guideline.variables[n].group == name}
    if name in cells:
        return {name: cells[name]}
    if name in guideline.variables and name != ID:
        raise InputError(
            f"assume {word}: records are not silent about {name}, so it has no unremarkable cell; "
            f"name one: {name}=CELL"
        )
    known = [ALL, *guideline.groups, *guideline.variables]
    raise InputError(
        f"assume {word}: that is neither {ALL}, nor a group ({', '.join(guideline.groups)}), "
        f"nor a variable, nor VARIABLE=CELL{hint(name, known)}"
    )


def _read(guideline: Guideline, name: str, cell: str) -> Knowledge:
    variable = guideline.variables.get(name)
    if variable is None or name == ID:
        near = hint(name, guideline.variables)
        raise InputError(f"assume {name}={cell}: {name!r} is not a variable{near}")
    try:
        known = parse_cell(variable, cell)
    except CellError as error:
        raise InputError(f"assume {name}={cell}: {error}") from error
    if known is None:
        raise InputError(f"assume {name}={cell}: the cell says nothing; name a value")
    return known


def unremarkable(guideline: Guideline) -> dict[str, str]:
    """Return the cells that records are silent on, by variable that the edition uses."""
    used = {n: v for n, v in guideline.variables.items() if n in guideline.used}
    return {n: v.unremarkable for n, v in used.items() if v.unremarkable}


def made(guideline: Guideline, record: Record, assumptions: Assumptions | None) -> Record:
    """Return a record with the assumptions that are made for it; as it is where none are asked."""
    if assumptions is None:
        return record
    assumed = {
        name: cell
        for name, cell in assumptions.cells.items()
        if name not in record.recorded
        and name not in record.derived
        and not _contradicted(guideline, record, name, assumptions.known[name])
    }
    known = {name: assumptions.known[name] for name in assumed}
    return replace(record, known={**record.known, **known}, assumed=assumed)


def completed(guideline: Guideline, record: Record, cells: Mapping[str, str]) -> Record:
    """Return a record completed by those of some cells that may be assumed of it."""
    return made(guideline, record, assumptions_of(guideline, cells))


def assumable(guideline: Guideline, record: Record, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some variables whose unremarkable cell may be assumed of a record."""
    wanted, cells = set(names), unremarkable(guideline)
    found = completed(guideline, record, {n: c for n, c in cells.items() if n in wanted})
    return tuple(name for name in found.assumed if name in wanted)


def as_given(guideline: Guideline, record: Record) -> Record:
    """Return a record without its assumptions: nothing else was known of what is assumed."""
    unknown = {name: guideline.variables[name].unknown for name in record.assumed}
    return replace(record, known={**record.known, **unknown}, assumed={})


def _contradicted(guideline: Guideline, record: Record, name: str, assumed: Knowledge) -> bool:
    """Return whether a conflict would be reported of an assumed cell beside the record."""
    known = {**record.known, name: assumed}
    return any(
        name in rule.variables and rule.finds(known) for rule in guideline.conflict_rules
    ) or any(
        name in rule.variables and _clashes(guideline, record, rule, name, assumed)
        for rule in guideline.derivations
    )


def _clashes(
    guideline: Guideline, record: Record, rule: Derivation, own: str, assumed: Knowledge
) -> bool:
    """Return whether a derivation would find nothing in common with an assumed cell."""
    variables = guideline.variables
    recorded = record.recorded
    given = {name: recorded.get(name) or variables[name].unknown for name in record.known}
    given[own] = assumed
    if rule.score is not None:
        return agreed(rule.score, variables, given)[1]
    if rule.sum is not None:
        target = variables[rule.sum.target]
        source = sum_of(target, given[rule.sum.count], given[rule.sum.largest])
        return source is not None and target.narrowed(given[target.name], source) is None
    return any(
        narrowing.source == own
        and assumed.mask & ~narrowing.when == 0
        and record.known[narrowing.target].mask & narrowing.then == 0
        for narrowing in rule.narrowings
    )
