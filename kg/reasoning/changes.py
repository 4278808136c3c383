"""What would have to change in a patient whom a therapy is not open to.

Of the facts that the record states, only those that can change in a patient (the ontology says
which) are taken as other than they are, and only as better, where it says what is worse: that
a patient had to fall ill to be treated would be true, and no help. A *change* is a smallest set
of such facts: after it nothing that is known stands against the therapy, and after no part of it.

1. The diagram of the answer is walked from its leaves up. An edge along bands that the record
   leaves possible costs nothing; one along other bands costs its variable, if that can change.
   What reaches the leaf "eligible" at a node is a family of sets of variables, of which only
   the smallest are kept (none contains another).
2. For each set, each choice of bands is judged like a record of its own: exactly, over all
   completions of what is not known.
3. Where other facts of the record contradict a choice, by a derivation or a rule of conflicts,
   they have to change along; where one of them cannot, the choice is left out.

Margins tell how close a verdict is: each number of which the record leaves one band possible is
put into the band on either side, and the therapy judged anew, like a record of its own. A number
that would contradict other facts of the record there is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from kg.guideline import Guideline, Score, Therapy
from kg.guideline.intervals import Interval
from kg.guideline.rules import component_totals, total_totals, value_totals
from kg.guideline.values import Knowledge, Variable, bands_of
from kg.patients.records import Record
from kg.reasoning.diagram import Evaluation
from kg.reasoning.logic import ANSWER_ELIGIBLE, Logic, logic_of
from kg.reasoning.verdicts import CONTRAINDICATED, EXCLUDED, MET, NOT_INDICATED, VERDICTS

MOST = 3  # facts at a time: more is no use to a reader
_SHOWN = 6
_Family = frozenset[frozenset[str]]
_Masks = Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """Other values of some facts, and the verdict that they would give.

    `along` are variables that would have to change with them, as what the record says of these
    contradicts the new values. `missing` are the open variables on which the verdict then turns,
    where it is undetermined.
    """

    facts: Mapping[str, Knowledge]
    along: tuple[str, ...]
    verdict: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """The smallest changes, the surest first.

    `fewest` is the least number of facts that would have to change: more than `MOST` are not
    listed, and None says that no change would do. `standing` are the facts that then rule the
    therapy out whatever changes, where a few do.
    """

    fewest: int | None
    changes: tuple[Change, ...]
    standing: tuple[str, ...] = ()


def changes(guideline: Guideline, record: Record, therapy: Therapy, given: str) -> Changes | None:
    """Return what would have to change; None where the verdict `given` rules nothing out."""
    if given not in (CONTRAINDICATED, NOT_INDICATED):
        return None
    return Search(guideline, record, therapy).found()


class Search:
    """Searches the changes of one record for one therapy."""

    def __init__(self, guideline: Guideline, record: Record, therapy: Therapy) -> None:
        self.guideline, self.record, self.therapy = guideline, record, therapy
        self.logic: Logic = logic_of(guideline)
        self.diagrams = self.logic.diagrams
        self.root = self.logic.answers[therapy.id]
        self.masks = self.logic.evaluation(record.known).masks
        variables = [guideline.variables[name] for name in self.diagrams.order]
        self.may = [
            variable.better(mask) if variable.changeable else 0
            for variable, mask in zip(variables, self.masks, strict=True)
        ]
        self._families: dict[int, _Family] = {}
        self._fewest: dict[int, float] = {}

    def found(self) -> Changes:
        """Return the smallest changes."""
        fewest = self.fewest(self.root)
        if fewest == float("inf"):
            return Changes(None, (), self.standing())
        sets = sorted(self.family(self.root), key=lambda s: (len(s), sorted(s)))
        found = [change for names in sets for change in self.of(sorted(names))]
        found.sort(key=lambda c: (len(c.facts), VERDICTS.index(c.verdict)))
        return Changes(int(fewest), tuple(found[:_SHOWN]))

    # Which facts

    def steps(self, node: int) -> Iterator[tuple[int, str | None]]:
        """Yield where a node leads to, with the variable that has to change for it, if any."""
        level = self.diagrams.levels[node]
        for mask, child in self.diagrams.edges[node]:
            if mask & self.masks[level]:
                yield child, None
            elif mask & self.may[level]:
                yield child, self.diagrams.order[level]

    def fewest(self, node: int) -> float:
        """Return how many facts have to change at least, from a node on."""
        if node < self.diagrams.LEAVES:
            return 0 if node == ANSWER_ELIGIBLE else float("inf")
        if node not in self._fewest:
            self._fewest[node] = min(
                (self.fewest(child) + (cost is not None) for child, cost in self.steps(node)),
                default=float("inf"),
            )
        return self._fewest[node]

    def family(self, node: int) -> _Family:
        """Return the smallest sets of variables that have to change, from a node on."""
        if node < self.diagrams.LEAVES:
            return frozenset([frozenset[str]()]) if node == ANSWER_ELIGIBLE else frozenset()
        if node not in self._families:
            sets: set[frozenset[str]] = set()
            for child, cost in self.steps(node):
                own = frozenset() if cost is None else frozenset([cost])
                sets.update(each | own for each in self.family(child) if len(each | own) <= MOST)
            self._families[node] = frozenset(
                each for each in sets if not any(other < each for other in sets)
            )
        return self._families[node]

    def standing(self) -> tuple[str, ...]:
        """Return the facts that rule the therapy out whatever changes for the better."""
        known = {
            name: v.from_mask(known.mask | v.better(known.mask)) if v.changeable else known
            for name, known in self.record.known.items()
            for v in (self.variable(name),)
        }
        indicated, contraindicated, _ = self.therapy.aspects
        for name, ruling_out in ((contraindicated, MET), (indicated, EXCLUDED)):
            if name and self.logic.state(name, known) == ruling_out:
                return self.logic.behind(name, known)
        return ()

    # Which values

    def of(self, names: list[str]) -> Iterator[Change]:
        """Yield the changes of a set of variables, choices of one verdict taken together."""
        outcomes: dict[tuple[int, ...], tuple[str, tuple[str, ...], tuple[str, ...]]] = {}
        for bands in product(*(self.others(name) for name in names)):
            outcome = self.outcome(dict(zip(names, bands, strict=True)))
            if outcome is not None:
                outcomes[bands] = outcome
        while outcomes:
            (first, outcome), *_ = outcomes.items()
            masks = list(first)
            for place, name in enumerate(names):
                for band in self.others(name):
                    wider = [*masks[:place], masks[place] | band, *masks[place + 1 :]]
                    if all(outcomes.get(each) == outcome for each in _choices(wider)):
                        masks = wider
            for each in _choices(masks):
                del outcomes[each]
            facts = {n: self.variable(n).from_mask(m) for n, m in zip(names, masks, strict=True)}
            word, missing, along = outcome
            yield Change(facts, along, word, missing)

    def variable(self, name: str) -> Variable:
        """Return a variable by its name."""
        return self.guideline.variables[name]

    def others(self, name: str) -> list[int]:
        """Return the bands that a variable may change to, each as a mask."""
        mask = self.may[self.diagrams.level[name]]
        return [1 << i for i in bands_of(mask)]

    def outcome(self, chosen: _Masks) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
        """Return verdict, missing variables and what changes along; None where it does not do."""
        masks = list(self.masks)
        for name, mask in chosen.items():
            masks[self.diagrams.level[name]] = mask
        evaluation = Evaluation(self.diagrams, masks)
        if not evaluation.possible(self.root) >> ANSWER_ELIGIBLE & 1:
            return None
        along = self.along(chosen)
        if along is None:
            return None
        word = self.logic.verdict(self.therapy, evaluation)
        certain = evaluation.possible(self.root) == 1 << ANSWER_ELIGIBLE
        missing = () if certain else tuple(sorted(evaluation.sensitive(self.root)))
        return word, missing, along

    def along(self, chosen: _Masks) -> tuple[str, ...] | None:
        """Return the recorded facts that contradict a choice; None where one cannot change."""
        found = [*self.implying(chosen), *self.conflicting(chosen)]
        others = dict.fromkeys(n for n in found if n not in chosen and n in self.record.recorded)
        return tuple(others) if all(self.variable(n).changeable for n in others) else None

    def implying(self, chosen: _Masks) -> Iterator[str]:
        """Yield the variables from which other values than the chosen ones are derived."""
        known = self.record.known
        for rule in self.guideline.derivations:
            if rule.score is not None:
                yield from self._scoring(rule.score, chosen)
            for narrowing in rule.narrowings:
                implied = known[narrowing.source].mask & ~narrowing.when == 0
                if implied and not chosen.get(narrowing.target, narrowing.then) & narrowing.then:
                    yield narrowing.source

    def _scoring(self, score: Score, chosen: _Masks) -> Iterator[str]:
        """Yield what is recorded of a score and contradicts a choice of its value or its total."""
        known, totals = self.record.known, score.everything
        sources = {score.target: value_totals, score.total: total_totals}
        for name in sources.keys() & chosen.keys():
            totals &= sources[name](score, chosen[name])
        if totals == score.everything:
            return
        if not component_totals(score, tuple(known[n].mask for n in score.components)) & totals:
            yield from score.components
        for name, read in sources.items():
            recorded = self.record.recorded.get(name)
            if name not in chosen and recorded and not read(score, recorded.mask) & totals:
                yield name

    def conflicting(self, chosen: _Masks) -> Iterator[str]:
        """Yield the variables of the rules of conflicts that the choice runs into."""
        known = self.record.known

        def within(name: str, mask: int) -> bool:
            if name in chosen:
                return chosen[name] & ~mask == 0
            return known[name].pinned and known[name].mask & ~mask == 0

        for rule in self.guideline.conflict_rules:
            if any(name in chosen for name, _ in rule.parts) and all(
                within(*part) for part in rule.parts
            ):
                yield from (name for name, _ in rule.parts)


def _choices(masks: list[int]) -> list[tuple[int, ...]]:
    """Return all choices of one band from each mask."""
    bands = [[1 << i for i in bands_of(mask)] for mask in masks]
    return list(product(*bands))


@dataclass(frozen=True)
class Margin:
    """A number of the record, the band beyond the limit next to it, and the verdict there."""

    variable: str
    beyond: Interval
    verdict: str


def margins(guideline: Guideline, record: Record, therapy: Therapy, given: str) -> Iterator[Margin]:
    """Yield the numbers of a record that decide the verdict `given`, and how."""
    search = Search(guideline, record, therapy)
    evaluation = Evaluation(search.diagrams, search.masks)
    for level, name in enumerate(search.diagrams.order):
        variable, mask = guideline.variables[name], search.masks[level]
        if not variable.is_number or mask.bit_count() != 1:
            continue
        for beside in (mask >> 1, mask << 1 & variable.everything):
            if not beside or search.along({name: beside}) != ():
                continue
            verdict = search.logic.verdict(therapy, evaluation.given(level, beside))
            if verdict != given:
                yield Margin(name, variable.bands[beside.bit_length() - 1], verdict)
