"""The space of patients: complete records without conflicts, their shares, and examples.

1. A patient of the space has a band of every variable that some class asks for; the diagrams
   of `kg.reasoning` cover them all. `coherent` holds where no derivation and no conflict rule
   of the ontology objects; variables that no class asks for stay unrecorded and object to nothing.
2. A share is exact: probabilities run down the diagram, each variable apart from the others.
   `even` gives the bands of a variable equal chances. `usual` gives the best band nine chances
   in ten (of a variable without a direction, "no"); number and size of the tumours stay even.
3. An example is the likeliest coherent record (by `usual`) in which a property holds, without the
   cells that can be left out: what is left settles the property, whatever else may be true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial

from kg.guideline import Guideline, Therapy
from kg.guideline.intervals import Interval
from kg.guideline.values import Knowledge, Variable
from kg.patients.records import derive
from kg.reasoning.diagram import FALSE, TRUE, YES, Diagrams
from kg.reasoning.logic import Logic, logic_of

Values = Mapping[str, Knowledge]  # the value of each variable that a record tells
Weigh = Callable[[Variable], tuple[float, ...]]

_BEST, _LIKELY = 0.9, 0.5
_MEASURED = ("count", "maximum", "sum")  # how number and size of the tumours follow from lesions
_STEP = Decimal("0.1")


@dataclass(frozen=True)
class Shares:
    """How much of the space of patients a property holds in, by two distributions."""

    even: float
    usual: float


@dataclass(frozen=True)
class Example:
    """A record that shows a finding, as cells of a patient table; `id` is its patient_id.

    `remarkable` names the cells that are not as in most patients.
    """

    id: str
    cells: Mapping[str, str]
    remarkable: tuple[str, ...]


def severity(variable: Variable) -> tuple[int, ...] | None:
    """Return the bands of a variable from the best to the worst; None without a direction."""
    if variable.worse is None:
        return None
    bands = range(variable.band_count)
    return tuple(sorted(bands, key=lambda band: variable.better(1 << band).bit_count()))


def even(variable: Variable) -> tuple[float, ...]:
    """Return equal chances for all bands of a variable."""
    return (1 / variable.band_count,) * variable.band_count


def usual(variable: Variable) -> tuple[float, ...]:
    """Return the chances of the bands of a variable in a patient who is mostly unremarkable."""
    order = severity(variable)
    if order is None and variable.type == "boolean":
        order = (variable.words.index("false"), variable.words.index("true"))
    if order is None or variable.lesion_aggregation in _MEASURED or len(order) == 1:
        return even(variable)
    others = (1 - _BEST) / (len(order) - 1)
    return tuple(_BEST if band == order[0] else others for band in range(len(order)))


class Space:
    """The patients on whom the classes of a guideline are asked; see the module."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.logic: Logic = logic_of(guideline)
        self.diagrams: Diagrams = self.logic.diagrams
        self.no, self.holds = self.diagrams.no, self.diagrams.holds
        self.given = self.diagrams.given

    # Properties

    def both(self, *roots: int) -> int:
        """Return where all of some properties hold."""
        return self.diagrams.all(roots)

    def either(self, *roots: int) -> int:
        """Return where one of some properties holds."""
        return self.diagrams.any(roots)

    @cached_property
    def coherent(self) -> int:
        """Where no derivation narrows a value away, and no conflict rule is met."""
        rules = [
            self.either(self.no(self.holds(n.source, n.when)), self.holds(n.target, n.then))
            for derivation in self.guideline.derivations
            for n in derivation.narrowings
            if {n.source, n.target} <= self.diagrams.level.keys()
        ]
        for rule in self.guideline.conflict_rules:
            if {name for name, _ in rule.parts} <= self.diagrams.level.keys():
                rules.append(self.no(self.both(*(self.holds(*part) for part in rule.parts))))
        return self.both(*rules)

    def possible(self, *roots: int) -> bool:
        """Return whether some coherent record has all of some properties."""
        return self.both(self.coherent, *roots) != FALSE

    # Shares

    @cached_property
    def _weights(self) -> Mapping[Weigh, list[tuple[float, ...]]]:
        variables = [self.guideline.variables[name] for name in self.diagrams.order]
        return {weigh: [weigh(variable) for variable in variables] for weigh in (even, usual)}

    def share(self, root: int, weigh: Weigh, among: int = TRUE) -> float:
        """Return the share of coherent records with a property among those with another."""
        weights, chance = self._weights[weigh], {FALSE: 0.0, TRUE: 1.0}
        every = self.both(self.coherent, among)
        part = self.both(every, root)
        for node in self.diagrams.below([every, part]):
            chances = weights[self.diagrams.levels[node]]
            children = self.diagrams.children[node]
            chance[node] = sum(w * chance[c] for w, c in zip(chances, children, strict=True))
        return chance[part] / chance[every] if chance[every] else 0.0

    def shares(self, root: int, among: int = TRUE) -> Shares:
        """Return the share of a property by both distributions."""
        return Shares(self.share(root, even, among), self.share(root, usual, among))

    # Examples

    def bands(self, root: int) -> dict[str, int] | None:
        """Return the likeliest bands that give a property in a coherent record, or None."""
        target, weights = self.both(root, self.coherent), self._weights[usual]
        if target == FALSE:
            return None
        best: dict[int, tuple[float, int]] = {TRUE: (0.0, 0)}  # cost and band of each node
        for node in self.diagrams.below([target]):
            chances = weights[self.diagrams.levels[node]]
            ways = [
                (best[child][0] - math.log(chances[band]), band)
                for band, child in enumerate(self.diagrams.children[node])
                if child in best
            ]
            best[node] = min(ways)  # a node that is not FALSE leads to TRUE
        found, node = {}, target
        while node != TRUE:
            level, band = self.diagrams.levels[node], best[node][1]
            found[self.diagrams.order[level]] = band
            node = self.diagrams.children[node][band]
        return found

    def values(self, bands: Mapping[str, int]) -> dict[str, Knowledge]:
        """Return one value for each band."""
        variables = self.guideline.variables
        return {name: pinned(variables[name], band) for name, band in bands.items()}

    def settled(self, root: int, values: Values) -> bool:
        """Return whether a record of these values has a property in all completions."""
        record = derive(self.guideline, "", values)
        evaluation = self.logic.evaluation(record.known)
        return not record.conflicts and evaluation.possible(root) == YES

    def least(self, values: Values, good: Callable[[Values], bool]) -> Values:
        """Return values without those that can be left out while what is left stays good."""
        level = self.diagrams.level
        for name in sorted(values, key=lambda name: level[name], reverse=True):
            fewer = {other: value for other, value in values.items() if other != name}
            if good(fewer):
                values = fewer
        return values

    def examples(self, identifier: str, root: int, count: int = 1) -> tuple[Example, ...]:
        """Return up to `count` examples of a property, each with other remarkable bands."""
        found: list[Example] = []
        left = root
        while len(found) < count and (bands := self.bands(left)) is not None:
            values = self.least(self.values(bands), partial(self.settled, root))
            name = identifier if count == 1 else f"{identifier}-{len(found) + 1}"
            found.append(self.told(name, values))
            told = (self.holds(name, values[name].mask) for name in self.remarkable(values))
            left = self.both(left, self.no(self.both(*told)))
        return tuple(found)

    def remarkable(self, values: Values) -> list[str]:
        """Return the variables whose value is not the likeliest, in the order of the guideline."""
        weights, level = self._weights[usual], self.diagrams.level
        names = (name for name in self.guideline.variables if name in values)
        return [n for n in names if weights[level[n]][values[n].mask.bit_length() - 1] <= _LIKELY]

    def finding(
        self,
        identifier: str,
        claim: str,
        root: int,
        about: Mapping[str, tuple[str, ...]],
        *,
        count: int = 1,
        notes: Mapping[str, str] | None = None,
    ) -> Finding:
        """Return the finding of a property, with its shares and up to `count` examples."""
        shares, examples = self.shares(root), self.examples(identifier, root, count)
        return Finding(identifier, claim, about, root, shares, examples=examples, notes=notes or {})

    def told(self, identifier: str, values: Values) -> Example:
        """Return values as an example, its cells in the order of the guideline."""
        variables = self.guideline.variables
        cells = {n: variables[n].wording(values[n]) for n in variables if n in values}
        return Example(identifier, cells, tuple(self.remarkable(values)))


def pinned(variable: Variable, band: int, low: bool | None = None) -> Knowledge:
    """Return the knowledge of one value in a band, as `value_in` picks it."""
    if not variable.is_number:
        return variable.from_mask(1 << band)
    return variable.from_intervals((Interval.point(value_in(variable, band, low)),))


def value_in(variable: Variable, band: int, low: bool | None = None) -> Decimal:
    """Return a number of a band, at its low or its high end.

    Where no end is asked for, it is the end that is a threshold of the guideline and not the
    limit of the range, or the low one where both are.
    """
    interval = variable.bands[band]
    if low is None:
        low = band > 0
    end, open_ = (interval.low, interval.low_open) if low else (interval.high, interval.high_open)
    if end is None:
        return value_in(variable, band, not low)
    value = (end + _STEP if low else end - _STEP) if open_ else end
    inside = not (interval & Interval.point(value)).is_empty
    return value if inside else variable.representatives(1 << band)[0]


@dataclass(frozen=True)
class Finding:
    """One finding: a claim, and the part of the space of patients of which it is true.

    `root` is the property of those patients. `shares` are of the space, or of the part that
    `among` names; `left_without` of those for whom, besides, no therapy in question is open.
    `about` names the classes, variables, therapies and statements that the claim is about.
    `patients` counts those of a table on whom it bears, where a table was given, and `counts`
    the changes of their verdicts. `notes` maps words to what else is to be said.
    """

    id: str
    claim: str
    about: Mapping[str, tuple[str, ...]]
    root: int
    shares: Shares
    among: str = ""
    left_without: Shares | None = None
    examples: tuple[Example, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    patients: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Finding {self.id}: {self.claim}>"


class Rows:
    """The row of a therapy as properties of the space."""

    def __init__(self, space: Space, therapy: Therapy) -> None:
        self.space = space
        self.therapy = therapy
        roots = (space.logic.roots[name] if name else FALSE for name in therapy.aspects)
        self.indicated, self.contraindicated, self.cautioned = roots
        self.open = space.both(self.indicated, space.no(self.contraindicated))

    def criteria(self, names: tuple[str, ...]) -> dict[str, int]:
        """Return some criteria of the row as properties."""
        return {name: self.space.logic.roots[name] for name in names}


def rows(space: Space) -> dict[str, Rows]:
    """Return the rows of all therapies, in the order of the guideline."""
    return {name: Rows(space, one) for name, one in space.guideline.therapies.items()}
