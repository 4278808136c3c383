"""A patient record: what is known of each variable, derived values and conflicts.

1. Each cell, and the list of lesions, says something of a variable (`given`).
2. Every derivation of the ontology is judged on the record as given, all at once; it
   narrows what is possible. Where nothing would be left, the values of both sources stay
   possible, and that is a conflict.
3. The conflict rules are judged on values that are pinned after that; they change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from kg.errors import InputError
from kg.guideline import ConflictRule, Derivation, Guideline
from kg.guideline.intervals import Interval
from kg.guideline.rules import agreed
from kg.guideline.values import Knowledge, Variable
from kg.patients.cells import CellError, parse_cell

Lesion = Mapping[str, str | None]
ReadCell = Callable[[Variable, str | None], Knowledge | None]
_DIGITS = 5_000  # in which sums are exact


@dataclass(frozen=True)
class Conflict:
    """Values that do not go together; `variables` are those that disagree and are recorded."""

    id: str
    variables: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Record:
    """A patient record, ready for reasoning.

    `recorded` holds what the table says of each variable that it says anything of; `known`
    holds, for every variable, what remains possible after derivation; `derived` names the
    variables that a derivation narrowed or widened, with the id of that derivation; `assumed`
    holds the cells that were assumed where the record says nothing; `sources` says where a cell
    comes from, if it was read of another system's record.
    """

    patient_id: str
    recorded: Mapping[str, Knowledge]
    known: Mapping[str, Knowledge]
    derived: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    assumed: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


def read_record(
    guideline: Guideline,
    patient_id: str,
    cells: Mapping[str, str | None],
    lesions: Iterable[Lesion] | None = None,
    read: ReadCell = parse_cell,
) -> Record:
    """Return the record of one patient from the cells of its row and of its lesions.

    `cells` maps names of variables to cells; absent ones are unknown. `lesions` has one
    mapping a lesion, by the columns of the lesion table; none where no list was given.

    Raises:
        InputError: a column is not a variable, or a cell is not a value of its variable.
    """
    recorded: dict[str, Knowledge] = {}
    for name, cell in cells.items():
        variable = guideline.variables.get(name)
        if variable is None or variable.type == "string":
            raise InputError(f"patient {patient_id}: {name!r} is not a variable of a patient")
        try:
            knowledge = read(variable, cell)
        except CellError as error:
            raise InputError(f"patient {patient_id}, {name}: {error}") from error
        if knowledge is not None:
            recorded[name] = knowledge
    try:
        parsed = None if lesions is None else [read_lesion(guideline, x) for x in lesions]
    except CellError as error:
        raise InputError(f"patient {patient_id}, lesions: {error}") from error
    return derive(guideline, patient_id, recorded, parsed)


def read_lesion(
    guideline: Guideline, cells: Lesion, shown: Callable[[str], str] = str
) -> dict[str, Knowledge]:
    """Return what one row of the lesion table says, by variable; `shown` names its columns.

    Raises:
        CellError: a cell is not a value of its variable; the text names the column.
    """
    found = {}
    for column, variable in guideline.lesion_columns.items():
        try:
            knowledge = parse_cell(variable, cells.get(column))
        except CellError as error:
            raise CellError(f"column {shown(column)}: {error}") from error
        found[variable.name] = knowledge or variable.unknown
    return found


def derive(
    guideline: Guideline,
    patient_id: str,
    recorded: Mapping[str, Knowledge],
    lesions: list[dict[str, Knowledge]] | None = None,
) -> Record:
    """Return the record after all derivations, with its conflicts, in the order of the rules."""
    variables = guideline.variables
    given = {
        name: recorded.get(name) or variable.unknown
        for name, variable in variables.items()
        if variable.type != "string"
    }
    known, conflicts = dict(given), list[tuple[int, Conflict]]()
    derived: dict[str, str] = {}
    for rule in guideline.derivations:
        disagreeing: set[str] = set()
        if rule.score is not None:
            scored, clash = agreed(rule.score, variables, given)
            derived |= {name: rule.id for name in scored if scored[name] != known[name]}
            known |= scored
            disagreeing.update(rule.variables if clash else ())
        for name, source in _sources(guideline, rule, given, lesions):
            common = variables[name].narrowed(known[name], source)
            if common is None:
                known[name] = variables[name].united(known[name], source)
                # Number and size that contradict the lesions are told with the lesions.
                if rule.sum is None or variables[name].narrowed(given[name], source) is None:
                    disagreeing.update([name] if rule.from_lesions else rule.variables)
                derived[name] = rule.id
            elif common != known[name]:
                known[name] = common
                derived[name] = rule.id
        if disagreeing:
            conflicts.append((rule.position, _conflict(rule, disagreeing, recorded)))
    for check in guideline.conflict_rules:
        if check.finds(known):
            conflicts.append((check.position, _conflict(check, check.variables, recorded)))
    told = tuple(conflict for _, conflict in sorted(conflicts, key=lambda pair: pair[0]))
    return Record(patient_id, recorded, known, derived, told)


def _conflict(
    rule: Derivation | ConflictRule, names: Iterable[str], recorded: Mapping[str, Knowledge]
) -> Conflict:
    return Conflict(rule.id, tuple(sorted(n for n in names if n in recorded)), rule.message)


def _sources(
    guideline: Guideline,
    rule: Derivation,
    given: Mapping[str, Knowledge],
    lesions: list[dict[str, Knowledge]] | None,
) -> list[tuple[str, Knowledge]]:
    """Return what a derivation says of its targets, where it says anything."""
    variables = guideline.variables
    if rule.score is not None:
        return []
    if rule.sum is not None:
        found = sum_of(variables[rule.sum.target], given[rule.sum.count], given[rule.sum.largest])
        return [(rule.sum.target, found)] if found else []
    if rule.narrowings:
        return [
            (narrowing.target, variables[narrowing.target].from_mask(narrowing.then))
            for narrowing in rule.narrowings
            if given[narrowing.source].mask & ~narrowing.when == 0
        ]
    if not lesions:
        return []
    return [(name, _from_lesions(guideline, variables[name], lesions)) for name in rule.targets]


def sum_of(variable: Variable, count: Knowledge, largest: Knowledge) -> Knowledge | None:
    """Return what number and largest part say of a sum; None where one is not known exactly."""
    parts = [knowledge.intervals[0].low for knowledge in (count, largest) if knowledge.pinned]
    if len(parts) < len((count, largest)) or None in parts:
        return None
    number, part = (end for end in parts if end is not None)
    if number == 1:
        return variable.from_intervals((Interval.point(part),))
    with localcontext(prec=_DIGITS):
        return variable.from_intervals((variable.fit(Interval(part, number * part, True)),))


def _from_lesions(
    guideline: Guideline, variable: Variable, lesions: list[dict[str, Knowledge]]
) -> Knowledge:
    """Return what the lesions of a patient say of a variable of the patient."""
    if variable.lesion_aggregation == "count":
        return variable.from_intervals((Interval.point(Decimal(len(lesions))),))
    column = guideline.lesion_columns[variable.lesion_column or ""]
    each = [lesion[column.name] for lesion in lesions]
    if variable.lesion_aggregation == "sum":
        found = variable.fit(_sum(column, each))
        return variable.unknown if found.is_empty else variable.from_intervals((found,))
    if variable.lesion_aggregation == "any":
        true = variable.mask_of_words(("true",))
        if any(knowledge.mask == true for knowledge in each):
            return variable.from_mask(true)
        all_false = all(not knowledge.mask & true for knowledge in each)
        return variable.from_mask(variable.everything & ~true if all_false else variable.everything)
    intervals = [interval for knowledge in each for interval in knowledge.intervals]
    low = _extreme(variable, [(i.low, i.low_open) for i in intervals], low=True)
    high = _extreme(variable, [(i.high, i.high_open) for i in intervals], low=False)
    return variable.from_intervals((Interval(low[0], high[0], low[1], high[1]),))


def _sum(column: Variable, each: list[Knowledge]) -> Interval:
    """Return the range of a sum; a part of which nothing is known leaves its upper end open."""
    parts = [Interval(k.intervals[0].low, k.intervals[-1].high) for k in each]
    lows, highs = [part.low or Decimal(0) for part in parts], [part.high for part in parts]
    low_open = any(k.intervals[0].low_open for k in each)
    with localcontext(prec=_DIGITS):
        low = sum(lows, Decimal(0))
        if None in highs or any(k == column.unknown for k in each):
            return Interval(low, None, low_open)
        high_open = any(k.intervals[-1].high_open for k in each)
        high = sum((end for end in highs if end is not None), Decimal(0))
        return Interval(low, high, low_open, high_open)


def _extreme(
    variable: Variable, ends: list[tuple[Decimal | None, bool]], low: bool
) -> tuple[Decimal | None, bool]:
    """Return one end of the range of the largest (or smallest) of several numbers.

    The largest number is at least the highest low end and at most the highest high end; the
    smallest mirrors that. Where ends tie, the binding end stays open if any (for the bound
    that every number must pass) or all (for the bound that one number may reach) are open.
    """
    largest = variable.lesion_aggregation == "maximum"
    infinite = [end for end in ends if end[0] is None]
    if infinite and low != largest:
        return None, False
    finite = [(value, open_) for value, open_ in ends if value is not None]
    if not finite:
        return None, False
    edge = (max if largest else min)(value for value, _ in finite)
    tied = [open_ for value, open_ in finite if value == edge]
    return edge, (any(tied) if low == largest else all(tied))
