"""Runs a certification: its parts in order, HermiT's evenly spread over the time there is.

1. `formulas`: every diagram against its formula, over all assignments of bands.
2. `completions`: the engines against brute force, on records whose completions can be listed:
   here the missing variables are judged as well.
3. `engines`: the ways through an engine against one another, on records of all kinds.
4. With HermiT as the referee: `boundaries` of each class, and `random` records for all classes.
   The two take turns, so that a limit of time cuts both alike.
5. The smallest record that disagrees is made smaller while it still disagrees.
"""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from hypothesis.strategies import SearchStrategy

from kg.certification.answers import (
    NOTHING,
    STATE,
    ByCompletions,
    ByHermit,
    Question,
    Respondent,
    behind,
)
from kg.certification.completions import Proof
from kg.certification.records import (
    ANY,
    MOSTLY_KNOWN,
    Boundary,
    Cells,
    around,
    boundaries,
    cell_of,
    decides,
    drawn,
    records,
    smallest,
)
from kg.engines.registry import Reasoner
from kg.guideline import Guideline
from kg.guideline.formula import Ref
from kg.reasoning.logic import logic_of

FORMULAS, COMPLETIONS, ENGINES = "formulas", "completions", "engines"
BOUNDARIES, RANDOM = "boundaries", "random"

PARTS: dict[str, str] = {  # what each part compares with
    FORMULAS: "all assignments",
    COMPLETIONS: "all completions",
    ENGINES: "one another",
    BOUNDARIES: "HermiT, at thresholds",
    RANDOM: "HermiT, partly known",
}
_EVERY_BOUNDARY = 50  # records from which on every boundary is asked
_PORTION = 100  # records that are asked about at once: whole results are not kept


@dataclass(frozen=True)
class Extent:
    """How much is compared, and from which seed.

    `parts` are those of PARTS; `classes` are those whose boundaries are asked, all if none.
    """

    seed: int = 1
    records: int = 50
    minutes: float | None = None
    parts: frozenset[str] = field(default_factory=lambda: frozenset(PARTS))
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A record that HermiT is asked about, and the classes it is asked for."""

    part: str
    cells: Cells
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A record on which a respondent differs from its referee, on one question."""

    part: str
    cells: Cells
    question: Question
    referee: Respondent
    subject: Respondent


@dataclass
class Tally:
    """What one part compared; `records` counts records, or total assignments of bands."""

    part: str
    about: str
    planned: int = 0
    records: int = 0
    comparisons: int = 0
    classes: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class Counterexample:
    """The smallest disagreeing record: what was asked, and who says what."""

    part: str
    cells: Cells
    question: str
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Certificate:
    """All tallies, and an example where anything disagrees."""

    tallies: tuple[Tally, ...]
    example: Counterexample | None

    @property
    def disagreements(self) -> int:
        """The number of answers that differ."""
        return sum(len(tally.differences) for tally in self.tallies)


class Certification:
    """One run over some ways through an engine; see the steps above."""

    def __init__(
        self,
        guideline: Guideline,
        subjects: Sequence[Respondent],
        reasoner: Reasoner | None,
        extent: Extent,
    ) -> None:
        self.guideline = guideline
        self.subjects = subjects
        self.extent = extent
        self.classes = guideline.classes
        self.brute = ByCompletions(guideline)
        self.hermit = None if reasoner is None else ByHermit(guideline, reasoner)
        self.tallies = {p: Tally(p, about) for p, about in PARTS.items() if p in extent.parts}
        self._deadline = time.monotonic() + 60 * (extent.minutes or float("inf"))

    def run(self, watched: Callable[[Sequence[Case]], Iterable[Case]] = iter) -> Certificate:
        """Compare everything; `watched` passes the cases for HermiT on, and may count them."""
        count, guideline = self.extent.records, self.guideline
        if FORMULAS in self.tallies:
            self._formulas()
        if COMPLETIONS in self.tallies:
            mostly = records(guideline, MOSTLY_KNOWN)
            self._compare_all(COMPLETIONS, self.brute, self.subjects, mostly, 10 * count)
        if ENGINES in self.tallies:
            first, *others = self.subjects
            every = records(guideline, ANY, steered=True)
            self._compare_all(ENGINES, first, others, every, 20 * count)
        if self.hermit is not None:
            for portion in _portions(watched(self._cases())):
                self._compare(portion, self.hermit, self.subjects)
        return Certificate(tuple(self.tallies.values()), self._example())

    def _formulas(self) -> None:
        logic, variables = logic_of(self.guideline), self.guideline.variables
        proof, tally = Proof(logic.diagrams), self.tallies[FORMULAS]
        for name in self.classes:
            bands = proof.difference(name, logic.roots[name])
            used = self.guideline.variables_of(Ref(name))
            tally.records += math.prod(variables[each].band_count for each in used)
            tally.comparisons += 1
            tally.classes.add(name)
            if bands is not None:
                cells = {each: cell_of(variables[each], 1 << band) for each, band in bands.items()}
                sides = (self.brute, self.subjects[0])
                tally.differences.append(Difference(FORMULAS, cells, (STATE, name), *sides))

    def _compare_all(
        self,
        part: str,
        referee: Respondent,
        subjects: Sequence[Respondent],
        strategy: SearchStrategy[Cells],
        count: int,
    ) -> None:
        """Compare the answers to every question about drawn records."""
        found = drawn(strategy, count, self.extent.seed)
        self.tallies[part].planned = len(found)
        for portion in _portions(Case(part, cells, self.classes) for cells in found):
            self._compare(portion, referee, subjects)

    def _cases(self) -> list[Case]:
        """Return all cases for HermiT, those of the two parts taking turns.

        The boundaries of the classes that state thresholds are asked, and a sample of those of
        therapies, which combine them.
        """
        extent, guideline = self.extent, self.guideline
        rng = random.Random(extent.seed)  # noqa: S311 - the records need no secrecy
        found: dict[str, list[Case]] = {part: [] for part in self.tallies}
        if BOUNDARIES in found:
            joint = {name for t in guideline.therapies.values() for name in t.aspects}
            names = extent.classes or self.classes
            asked = self._sample(boundaries(guideline, (n for n in names if n not in joint)), rng)
            some = boundaries(guideline, (n for n in names if n in joint))
            asked += rng.sample(some, min(len(some), extent.records))
            found[BOUNDARIES] = [
                Case(BOUNDARIES, cells, boundary.classes)
                for boundary in asked
                for cells in around(guideline, boundary, rng)
            ]
        if RANDOM in found:
            partly = drawn(records(guideline, ANY, steered=True), extent.records, extent.seed + 1)
            found[RANDOM] = [Case(RANDOM, cells, self.classes) for cells in partly]
        for part in {BOUNDARIES, RANDOM} & found.keys():
            self.tallies[part].planned = len(found[part])
        turns = [(i / len(cases), case) for cases in found.values() for i, case in enumerate(cases)]
        return [case for _, case in sorted(turns, key=lambda turn: turn[0])]

    def _sample(self, found: list[Boundary], rng: random.Random) -> list[Boundary]:
        """Return as many boundaries as the records allow: of each diagram one that decides it.

        From 50 records on these are all, and from 200 on they are asked with other records, too.
        """
        share = self.extent.records / _EVERY_BOUNDARY
        by_root = defaultdict[int, list[Boundary]](list)
        if share >= 1:
            return found * (1 + self.extent.records // 200)
        for boundary in found:
            if decides(self.guideline, boundary):
                by_root[boundary.root].append(boundary)
        kept = (rng.sample(same, math.ceil(share * len(same))) for same in by_root.values())
        return [boundary for some in kept for boundary in some]

    def _compare(
        self, cases: Sequence[Case], referee: Respondent, subjects: Sequence[Respondent]
    ) -> None:
        """Compare what each subject says of some records with what the referee says."""
        every = [case.cells for case in cases]
        told = [subject.answers(every, self.classes) for subject in subjects]
        for case, *said in zip(cases, *told, strict=True):
            if referee is self.hermit and time.monotonic() > self._deadline:
                return
            (right,) = referee.answers([case.cells], case.classes)
            tally = self.tallies[case.part]
            tally.records += bool(right)
            tally.comparisons += len(right) * len(subjects)
            tally.classes.update(case.classes)
            tally.differences += [
                Difference(case.part, case.cells, question, referee, subject)
                for subject, answers in zip(subjects, said, strict=True)
                for question, answer in right.items()
                if answers.get(question, NOTHING) != answer
            ]

    def _example(self) -> Counterexample | None:
        """Return the smallest disagreeing record, made smaller while it still disagrees."""
        every = [one for tally in self.tallies.values() for one in tally.differences]
        if not every:
            return None
        found = min(every, key=lambda one: (len(one.cells), sum(map(len, one.cells.values()))))
        asked = behind(self.guideline, found.question)

        def says(respondent: Respondent, cells: Cells) -> str | None:
            return respondent.answers([cells], asked)[0].get(found.question)

        def disagrees(cells: Cells) -> bool:
            right = says(found.referee, cells)
            return right is not None and right != says(found.subject, cells)

        cells = smallest(self.guideline, found.cells, disagrees)
        sides = dict.fromkeys((found.referee, *self.subjects))
        told = tuple((side.name, says(side, cells) or NOTHING) for side in sides)
        return Counterexample(found.part, cells, " ".join(found.question), told)


def _portions(cases: Iterable[Case]) -> Iterator[list[Case]]:
    iterator = iter(cases)
    while portion := list(islice(iterator, _PORTION)):
        yield portion
