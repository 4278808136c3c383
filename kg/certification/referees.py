"""Those who know the right answer: HermiT, and brute force over all completions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from kg.certification.answers import (
    CONFLICTS,
    MISSING,
    NOTHING,
    STATE,
    Answers,
    Question,
    all_answers,
    listed,
)
from kg.certification.cells import Cells
from kg.certification.completions import Truth
from kg.certification.subjects import PATIENT, Subject
from kg.guideline import Guideline, Therapy
from kg.guideline.formula import Ref
from kg.guideline.values import Knowledge, Variable
from kg.patients.records import Record, read_record
from kg.reasoning.verdicts import EXCLUDED, UNDETERMINED, classes_asked, result, verdict_on

LARGEST = 1 << 20  # the completions that are judged for one record


class Reasoner(Protocol):
    """What is asked of HermiT."""

    def states_of(self, record: Record, names: tuple[str, ...]) -> dict[str, str]:
        """Return the states of some named classes."""


class Referee(Protocol):
    """Says what the answer to a question about a record is."""

    @property
    def name(self) -> str:
        """What the referee is called in reports."""

    def answer(self, cells: Cells, question: Question) -> str | None:
        """Return the answer; None where the referee cannot say."""


class ByReasoner:
    """HermiT: everything but the missing variables."""

    name = "HermiT"

    def __init__(self, guideline: Guideline, reasoner: Reasoner) -> None:
        self.guideline = guideline
        self.reasoner = reasoner

    def answers(self, cells: Cells, names: Sequence[str]) -> Answers:
        """Return the states of some classes; with all of them, all that follows from them."""
        record = read_record(self.guideline, PATIENT, cells)
        states = self.reasoner.states_of(record, tuple(names))
        if set(names) != set(classes_asked(self.guideline)):
            return {(STATE, name): state for name, state in states.items()}
        found = all_answers(result(self.guideline, record, states, lambda *_: (), lambda *_: None))
        return {q: a for q, a in found.items() if q[0] not in (MISSING, CONFLICTS)}

    def answer(self, cells: Cells, question: Question) -> str | None:
        """Return the answer to a question; None for missing variables."""
        one = (question[1],) if question[0] == STATE else classes_asked(self.guideline)
        return self.answers(cells, one).get(question)

    def outcome(self, record: Record, therapy: Therapy) -> str:
        """Return the answer about a therapy for a complete record."""
        indicated, contraindicated, _ = therapy.aspects
        names = tuple(name for name in (contraindicated, indicated) if name)
        states = self.reasoner.states_of(record, names)
        return listed(f"{name} {state}" for name, state in states.items())


class ByBruteForce:
    """All completions of a record, judged one by one by the plain formulas."""

    name = "all completions"

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline

    def answers(self, cells: Cells) -> Answers:
        """Return every answer about a record; nothing where it has too many completions."""
        truth = self._truth(cells, list(self.guideline.variables))
        if truth is None:
            return {}
        states = {name: truth.state(name) for name in classes_asked(self.guideline)}
        record = read_record(self.guideline, PATIENT, cells)
        found = result(
            self.guideline, record, states, lambda _, t: tuple(truth.missing(t)), lambda *_: None
        )
        return all_answers(found)

    def answer(self, cells: Cells, question: Question) -> str | None:
        """Return the state of a class or the missing variables of a therapy, else None."""
        kind, name = question
        if kind == STATE:
            truth = self._truth(cells, self.guideline.variables_of(Ref(name)))
            return truth.state(name) if truth else None
        if kind != MISSING:
            return self.answers(cells).get(question)
        return self._missing(cells, self.guideline.therapies[name])

    def _missing(self, cells: Cells, therapy: Therapy) -> str | None:
        indicated, absolute, _ = therapy.aspects
        classes = (indicated, absolute)
        used = [v for n in classes if n for v in self.guideline.variables_of(Ref(n))]
        truth = self._truth(cells, list(dict.fromkeys(used)))
        if truth is None:
            return None
        # Cautions are left aside: they leave no verdict undetermined.
        answer = verdict_on(therapy, lambda n: truth.state(n) if n in classes else EXCLUDED)
        if answer != UNDETERMINED:
            return NOTHING
        return listed(truth.missing(therapy))

    def _truth(self, cells: Cells, names: Sequence[str]) -> Truth | None:
        record = read_record(self.guideline, PATIENT, cells)
        masks = {name: record.known[name].mask for name in names if name in record.known}
        if math.prod(mask.bit_count() for mask in masks.values()) > LARGEST:
            return None
        return Truth(self.guideline, masks)


class BySubject:
    """Another engine, as the one to compare with."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.name = subject.name

    def answer(self, cells: Cells, question: Question) -> str | None:
        """Return what that engine says."""
        return all_answers(self.subject.classified([cells])[0]).get(question)


def completed(
    record: Record, variables: Mapping[str, Variable], bands: Mapping[str, int]
) -> Record:
    """Return a record in which some variables take a value in the given band each."""
    known: dict[str, Knowledge] = dict(record.known)
    for name, band in bands.items():
        variable = variables[name]
        if variable.is_number:
            (number,) = variable.representatives(1 << band)
            known[name] = variable.from_intervals((variable.range.point(number),))
        else:
            known[name] = variable.from_mask(1 << band)
    return replace(record, known=known)
