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
from decimal import Decimal
from functools import lru_cache
from itertools import product

from kg.errors import InputError
from kg.guideline import Derivation, Guideline, Score
from kg.guideline.values import Interval, Knowledge, Variable
from kg.patients.cells import CellError, parse_cell

Lesion = Mapping[str, str | None]
ReadCell = Callable[[Variable, str | None], Knowledge | None]


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
    variables that a derivation narrowed or widened, with the id of that derivation.
    """

    patient_id: str
    recorded: Mapping[str, Knowledge]
    known: Mapping[str, Knowledge]
    derived: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


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


def read_lesion(guideline: Guideline, cells: Lesion) -> dict[str, Knowledge]:
    """Return what one row of the lesion table says, by variable.

    Raises:
        CellError: a cell is not a value of its variable; the text names the column.
    """
    found = {}
    for column, variable in guideline.lesion_columns.items():
        try:
            knowledge = parse_cell(variable, cells.get(column))
        except CellError as error:
            raise CellError(f"column {column}: {error}") from error
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
    known, derived, conflicts = dict(given), {}, []
    for rule in guideline.derivations:
        disagreeing: set[str] = set()
        for name, source in _sources(guideline, rule, given, lesions):
            common = variables[name].narrowed(known[name], source)
            if common is None:
                known[name] = variables[name].united(known[name], source)
                disagreeing.update([name] if rule.from_lesions else rule.variables)
                derived[name] = rule.id
            elif common != known[name]:
                known[name] = common
                derived[name] = rule.id
        if disagreeing:
            conflicts.append(_conflict(rule.id, rule.message, disagreeing, recorded))
    for check in guideline.conflict_rules:
        if all(known[name].pinned and known[name].mask & ~mask == 0 for name, mask in check.parts):
            names = {name for name, _ in check.parts}
            conflicts.append(_conflict(check.id, check.message, names, recorded))
    return Record(patient_id, recorded, known, derived, tuple(conflicts))


def _conflict(
    identifier: str, message: str, names: Iterable[str], recorded: Mapping[str, Knowledge]
) -> Conflict:
    return Conflict(identifier, tuple(sorted(n for n in names if n in recorded)), message)


def _sources(
    guideline: Guideline,
    rule: Derivation,
    given: Mapping[str, Knowledge],
    lesions: list[dict[str, Knowledge]] | None,
) -> list[tuple[str, Knowledge]]:
    """Return what a derivation says of its targets, where it says anything."""
    variables = guideline.variables
    if rule.score is not None:
        masks = tuple(given[name].mask for name in rule.score.components)
        target = variables[rule.score.target]
        return [(target.name, target.from_mask(scored(rule.score, masks)))]
    if rule.narrowings:
        return [
            (narrowing.target, variables[narrowing.target].from_mask(narrowing.then))
            for narrowing in rule.narrowings
            if given[narrowing.source].mask & ~narrowing.when == 0
        ]
    if not lesions:
        return []
    return [(name, _from_lesions(variables[name], lesions)) for name in rule.targets]


@lru_cache(maxsize=4096)
def scored(score: Score, masks: tuple[int, ...]) -> int:
    """Return the mask of values that the totals of points allow; masks are of the components."""
    points = [
        {points for name, band, points in score.points if name == component and band & mask}
        for component, mask in zip(score.components, masks, strict=True)
    ]
    totals = {sum(choice) for choice in product(*points)}
    return sum(
        value
        for value, lowest, highest in score.totals
        if any(lowest <= total <= highest for total in totals)
    )


def _from_lesions(variable: Variable, lesions: list[dict[str, Knowledge]]) -> Knowledge:
    """Return what the lesions of a patient say of a variable of the patient."""
    if variable.lesion_aggregation == "count":
        return variable.from_intervals((Interval.point(Decimal(len(lesions))),))
    each = [lesion[variable.name] for lesion in lesions]
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
