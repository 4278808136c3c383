"""Runs a certification: its parts in order, HermiT's evenly spread over the time there is.

1. Without HermiT: every diagram against its formula (`formulas`), the engines against brute
   force over all completions (`completions`), the other engines against the first on all
   records of all parts (`engines`).
2. With HermiT as the referee: the records of `kg.certification.design`, and the missing
   variables of some of them. The parts take turns, so that a limit of time cuts all alike.
3. The smallest record that disagrees is made smaller while it still disagrees.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from kg.certification.answers import STATE, Answers, Difference, all_answers, differences
from kg.certification.cells import Cells
from kg.certification.design import BOUNDARIES, CELLS, PAIRS, RANDOM, SPLITS, Case, Design
from kg.certification.diagrams import Formulas
from kg.certification.missing import Gap, Gaps
from kg.certification.referees import ByBruteForce, ByReasoner, BySubject, Reasoner, Referee
from kg.certification.report import Disagreement, Report, Tally, example_of
from kg.certification.subjects import Subject
from kg.guideline import Guideline
from kg.reasoning.logic import Logic, logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, classes_asked

FORMULAS, COMPLETIONS, ENGINES, MISSING = "formulas", "completions", "engines", "missing"

PARTS: dict[str, str] = {  # what each part compares with
    FORMULAS: "all assignments of bands",
    COMPLETIONS: "all completions, listed",
    ENGINES: "one another",
    CELLS: "HermiT, all combinations",
    BOUNDARIES: "HermiT, at thresholds",
    SPLITS: "HermiT, decided by cases",
    PAIRS: "HermiT, pairs of cells",
    RANDOM: "HermiT, partly known",
    MISSING: "HermiT, what is missing",
}

T = TypeVar("T")

_PORTION = 2_000  # records that the engines are asked about at once


@dataclass(frozen=True)
class Settings:
    """How much is compared, and from which seed.

    `parts` are those of PARTS; `classes` are those that records are made for, all if none.
    """

    seed: int = 1
    records: int = 50
    minutes: float | None = None
    parts: frozenset[str] = field(default_factory=lambda: frozenset(PARTS))
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Work:
    """One question to HermiT: `ask` returns the comparisons made and what they found."""

    part: str
    classes: tuple[str, ...]
    ask: Callable[[], tuple[int, list[Disagreement]]]


Watched = Callable[[Sequence[Work]], Iterable[Work]]


class Certification:
    """One run over some engines under test; see the steps above."""

    def __init__(
        self,
        guideline: Guideline,
        subjects: list[Subject],
        reasoner: Reasoner | None,
        settings: Settings,
    ) -> None:
        self.guideline = guideline
        self.logic: Logic = logic_of(guideline)
        self.subjects = subjects
        self.settings = settings
        self.classes = classes_asked(guideline)
        self.brute = ByBruteForce(guideline)
        self.hermit = None if reasoner is None else ByReasoner(guideline, reasoner)
        self.design = Design(guideline, settings.seed, settings.records, settings.classes)
        self.tallies = {p: Tally(p, about) for p, about in PARTS.items() if p in settings.parts}
        self._deadline = time.monotonic() + 60 * (settings.minutes or float("inf"))

    def run(self, watched: Watched = iter) -> Report:
        """Compare everything; `watched` passes the questions to HermiT on, and may count them."""
        cases = self.design.cases(self.tallies)
        if FORMULAS in self.tallies:
            self._formulas(self.tallies[FORMULAS])
        if COMPLETIONS in self.tallies:
            self._completions(self.tallies[COMPLETIONS])
        told = self._told(cases)
        if self.hermit is not None:
            for work in watched(self._work(cases, told)):
                self._do(work)
        tallies = tuple(self.tallies.values())
        findings = [finding for tally in tallies for finding in tally.findings]
        return Report(tallies, example_of(self.guideline, findings, self.subjects))

    # Without HermiT

    def _formulas(self, tally: Tally) -> None:
        formulas = Formulas(self.guideline, self.logic.diagrams)
        for name in self.classes:
            cells = formulas.difference(name, self.logic.roots[name])
            tally.count(formulas.assignments(name), 1, {name})
            if cells is not None:
                right = self.brute.answer(cells, (STATE, name)) or ""
                wrong = EXCLUDED if right == MET else MET
                sides = (("the formula", right), ("the diagram", wrong))
                difference = Difference(cells, (STATE, name), *sides)
                tally.findings.append(
                    Disagreement(tally.part, difference, self.brute, self.subjects[0])
                )

    def _completions(self, tally: Tally) -> None:
        """Compare on records that are mostly known, so that their completions can be listed."""
        design, count = self.design, 10 * self.settings.records
        drawn = (design.scattered(design.rng.choice((0.8, 0.9))) for _ in range(count))
        for records in _portions(drawn):
            expected = [self.brute.answers(cells) for cells in records]
            tally.count(sum(map(bool, expected)), 0, set(self.classes))
            for subject in self.subjects:
                told = _answers(subject, records)
                for cells, right, said in zip(records, expected, told, strict=True):
                    tally.count(0, len(right), set())
                    tally.findings += _findings(
                        tally.part, cells, (self.brute, right), (subject, said)
                    )

    def _told(self, cases: list[Case]) -> list[list[Answers]]:
        """Return for each case what every engine says to what is asked; compare the engines.

        The records pass in portions: whole results are not kept.
        """
        kept: list[list[Answers]] = []
        for portion in _portions(cases):
            told = self._engines([case.cells for case in portion])
            for case, *said in zip(portion, *told, strict=True):
                kept.append([_asked_of(case, answers) for answers in said])
        if ENGINES in self.tallies:
            extra = (self.design.any() for _ in range(20 * self.settings.records))
            for records in _portions(extra):
                self._engines(records)
        return kept

    def _engines(self, records: Sequence[Cells]) -> list[list[Answers]]:
        """Return what every engine says; for `engines`, compare it with what the first says."""
        told = [_answers(subject, records) for subject in self.subjects]
        tally = self.tallies.get(ENGINES)
        if tally is not None and len(self.subjects) > 1:
            first = BySubject(self.subjects[0])
            for subject, answers in list(zip(self.subjects, told, strict=True))[1:]:
                for cells, right, said in zip(records, told[0], answers, strict=True):
                    tally.count(0, len(right), set(self.classes))
                    tally.findings += _findings(ENGINES, cells, (first, right), (subject, said))
            tally.count(len(records), 0, set())
        return told

    # With HermiT

    def _work(self, cases: list[Case], told: list[list[Answers]]) -> list[Work]:
        """Return all questions to HermiT, those of the parts taking turns."""
        parts: dict[str, list[Work]] = {part: [] for part in self.tallies}
        for case, said in zip(cases, told, strict=True):
            parts[case.part].append(self._case(case, said))
        if MISSING in parts:
            parts[MISSING] = list(self._gaps())
        for part, work in parts.items():
            self.tallies[part].planned = len(work)
        turns = [(i / len(work), w) for work in parts.values() for i, w in enumerate(work)]
        return [work for _, work in sorted(turns, key=lambda turn: turn[0])]

    def _case(self, case: Case, told: list[Answers]) -> Work:
        def ask() -> tuple[int, list[Disagreement]]:
            hermit = self._referee
            expected = hermit.answers(case.cells, case.classes)
            found: list[Disagreement] = []
            for subject, said in zip(self.subjects, told, strict=True):
                found += _findings(case.part, case.cells, (hermit, expected), (subject, said))
            return len(expected) * len(self.subjects), found

        return Work(case.part, case.classes, ask)

    def _gaps(self) -> Iterator[Work]:
        gaps = Gaps(self.guideline, random.Random(self.settings.seed))  # noqa: S311
        records = [self.design.any() for _ in range(self.settings.records)]
        results = self.subjects[0].classified(records)
        for gap in gaps.of(records, results):
            yield Work(MISSING, tuple(gap.therapy.classes.values()), self._gap(gaps, gap))

    def _gap(self, gaps: Gaps, gap: Gap) -> Callable[[], tuple[int, list[Disagreement]]]:
        def ask() -> tuple[int, list[Disagreement]]:
            subject = self.subjects[0]
            found = gaps.difference(gap, self._referee, subject.name)
            return 1, [
                Disagreement(MISSING, difference, self.brute, subject) for difference in found
            ]

        return ask

    @property
    def _referee(self) -> ByReasoner:
        if self.hermit is None:
            raise ValueError("there is no reasoner to ask")
        return self.hermit

    def _do(self, work: Work) -> None:
        if time.monotonic() > self._deadline:
            return
        comparisons, findings = work.ask()
        tally = self.tallies[work.part]
        tally.count(1, comparisons, set(work.classes))
        tally.findings += findings


def _answers(subject: Subject, records: Sequence[Cells]) -> list[Answers]:
    return [all_answers(result) for result in subject.classified(records)]


def _asked_of(case: Case, answers: Answers) -> Answers:
    """Return the answers to what is asked in a case: all of them, or some states."""
    if case.part in (PAIRS, RANDOM):
        return answers
    questions = [(STATE, name) for name in case.classes]
    return {question: answers[question] for question in questions if question in answers}


def _portions(things: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(things)
    while portion := list(islice(iterator, _PORTION)):
        yield portion


def _findings(
    part: str,
    cells: Cells,
    expected: tuple[Referee, Answers],
    told: tuple[Subject, Answers],
) -> list[Disagreement]:
    (referee, right), (subject, said) = expected, told
    found = differences(cells, (referee.name, right), (subject.name, said))
    return [Disagreement(part, difference, referee, subject) for difference in found]
