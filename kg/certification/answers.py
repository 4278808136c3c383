"""Who answers questions about records: engines, HermiT, and brute force over all completions.

An answer is the state of a class, or what is told of a therapy: its verdict, what is met,
unchecked and missing; an engine tells the response and the conflicts of the record besides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import polars as pl

from kg.certification.completions import Truth
from kg.certification.records import Cells
from kg.engines.registry import BatchEngine, Engine, Reasoner, engine_of
from kg.errors import InputError
from kg.guideline import Guideline, Therapy
from kg.guideline.formula import Ref
from kg.keys import ID, REASON
from kg.patients.records import read_record
from kg.patients.tables import PatientTable
from kg.reasoning.results import patients
from kg.reasoning.verdicts import (
    PatientResult,
    TherapyResult,
    response,
    therapy_result,
)

Question = tuple[str, str]  # what is asked (state, verdict, met, ...), of which class or therapy
Answers = Mapping[Question, str]

STATE, MISSING, RESPONSE, CONFLICTS = "state", "missing", "response", "conflicts"
NOTHING = "(nothing)"
LARGEST = 1 << 20  # the completions that are judged for one record
_PATIENT = "record"
_REFEREE = "hermit"


class Respondent(Protocol):
    """Answers questions about records."""

    @property
    def name(self) -> str:
        """What the respondent is called in reports."""

    def answers(self, records: Sequence[Cells], classes: Sequence[str]) -> list[Answers]:
        """Return for each record the states of some classes at least, and what follows."""


def behind(guideline: Guideline, question: Question) -> tuple[str, ...]:
    """Return the classes whose states give the answer to a question."""
    kind, name = question
    if kind == STATE:
        return (name,)
    therapy = guideline.therapies.get(name)
    return guideline.classes if therapy is None else _classes(therapy)


def _classes(therapy: Therapy) -> tuple[str, ...]:
    return (*therapy.criteria, *(name for name in therapy.aspects if name))


def _told(answer: TherapyResult) -> dict[Question, str]:
    """Return what a result tells of a therapy."""
    name = answer.therapy
    lists = {"met": answer.met, "unchecked": answer.unchecked, MISSING: answer.missing}
    return {
        ("verdict", name): answer.verdict,
        **{(kind, name): _listed(names) for kind, names in lists.items()},
    }


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or NOTHING


def _following(
    guideline: Guideline,
    states: Mapping[str, str],
    missing: Callable[[Therapy], Iterable[str]] | None,
) -> Answers:
    """Return states, and what follows from them of each therapy whose classes are among them."""
    found = {(STATE, name): state for name, state in states.items()}
    for therapy in guideline.therapies.values():
        if states.keys() >= {*_classes(therapy)}:
            told = therapy_result(therapy, states, missing or (lambda _: ()), lambda _: None)
            found |= _told(told)
            if missing is None:
                del found[MISSING, therapy.id]
    if states.keys() >= guideline.responses.keys():
        found[RESPONSE, ""] = response(guideline, states)
    return found


class Records:
    """An engine, a record at a time."""

    def __init__(self, name: str, guideline: Guideline, engine: Engine) -> None:
        self.name = name
        self.guideline = guideline
        self.engine = engine

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        """Return the result of each record."""
        read = (read_record(self.guideline, _PATIENT, cells) for cells in records)
        return [self.engine.classify(record) for record in read]

    def answers(self, records: Sequence[Cells], classes: Sequence[str]) -> list[Answers]:
        """Return every answer about each record."""
        return [_every_answer(result) for result in self.classified(records)]


class TableOfRecords(Records):
    """An engine for tables: the records pass through a file, as those of a user do."""

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        """Return the result of each record.

        Raises:
            InputError: the table rejects one of them.
        """
        names = list(dict.fromkeys(name for cells in records for name in cells))
        columns = [pl.Series(n, [cells.get(n) for cells in records], pl.String) for n in names]
        ids = pl.Series(ID, [f"{_PATIENT}-{i}" for i in range(len(records))], pl.String)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "records.parquet"
            pl.DataFrame([ids, *columns]).write_parquet(path)
            table, found = PatientTable(self.guideline, path), list[PatientResult]()
            classify: BatchEngine = self.engine.batches()
            for batch in table.batches():
                if len(batch.rejected):
                    raise InputError(f"{self.name} rejects a record: {batch.rejected[REASON][0]}")
                found.extend(patients(self.guideline, classify(table, batch)))
        return found


def _every_answer(result: PatientResult) -> Answers:
    found = {(STATE, name): state for name, state in result.states.items()}
    for each in result.therapies.values():
        found |= _told(each)
    found[RESPONSE, ""] = result.response_to_ablation
    conflicts = (f"{_listed(c.variables)}: {c.message}" for c in result.conflicts)
    found[CONFLICTS, ""] = "; ".join(conflicts) or NOTHING
    return found


def subjects(engine: str, guideline: Guideline) -> list[Respondent]:
    """Return what is tested of an engine: records one at a time, and tables of them.

    The first is the one that the others are compared with in everything.

    Raises:
        InputError: there is no such engine, or it is the referee.
    """
    if engine == _REFEREE:
        raise InputError(f"{engine} is the referee of all others; name another engine")
    tested = engine_of(engine, guideline)
    return [
        Records(f"{engine}, one record", guideline, tested),
        TableOfRecords(f"{engine}, table", guideline, tested),
    ]


class ByHermit:
    """HermiT: everything but the missing variables."""

    name = "HermiT"

    def __init__(self, guideline: Guideline, reasoner: Reasoner) -> None:
        self.guideline = guideline
        self.reasoner = reasoner

    def answers(self, records: Sequence[Cells], classes: Sequence[str]) -> list[Answers]:
        """Return the states of some classes, and what follows from them."""
        read = (read_record(self.guideline, _PATIENT, cells) for cells in records)
        states = (self.reasoner.states_of(record, tuple(classes)) for record in read)
        return [_following(self.guideline, found, None) for found in states]


class ByCompletions:
    """All completions of a record, judged one by one by the plain formulas."""

    name = "all completions"

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline

    def answers(self, records: Sequence[Cells], classes: Sequence[str]) -> list[Answers]:
        """Return all that follows from some classes; nothing where completions are too many."""
        return [self._answers(cells, classes) for cells in records]

    def _answers(self, cells: Cells, classes: Sequence[str]) -> Answers:
        known = read_record(self.guideline, _PATIENT, cells).known
        used = {v for name in classes for v in self.guideline.variables_of(Ref(name))}
        masks = {name: known[name].mask for name in self.guideline.in_order(used)}
        if math.prod(mask.bit_count() for mask in masks.values()) > LARGEST:
            return {}
        truth = Truth(self.guideline, masks)
        states = {name: truth.state(name) for name in classes}
        return _following(self.guideline, states, truth.missing)
