"""One patient under two editions: both verdicts on each therapy, and the criteria behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from kg.comparison.cohorts import SAME, SCHEMA, change_of
from kg.explanation.clauses import Clauses, Decision
from kg.guideline import Guideline, Therapy
from kg.guideline.rules import Correspondence
from kg.guideline.taxonomy import differences, pairs
from kg.patients.records import Record
from kg.reasoning.verdicts import PatientResult


@dataclass(frozen=True)
class Side:
    """A patient under an edition: the record as it is read there, and its result."""

    guideline: Guideline
    record: Record
    result: PatientResult


@dataclass(frozen=True)
class Told:
    """What an edition says of a therapy, and what decided that."""

    therapy: Therapy
    verdict: str
    decision: Decision


@dataclass(frozen=True)
class ComparedTherapy:
    """A pair of therapies: what each edition says, and what became of the criteria behind it."""

    pair: Correspondence
    before: Told | None
    after: Told | None
    change: str
    turning: tuple[Correspondence, ...]

    @property
    def label(self) -> str:
        """The therapy, or both where they differ."""
        labels = [told.therapy.label for told in (self.before, self.after) if told]
        return " → ".join(dict.fromkeys(labels))


def compared_patient(before: Side, after: Side) -> Iterator[ComparedTherapy]:
    """Yield what two editions say of each pair of therapies."""
    told = [_told(side) for side in (before, after)]
    stated = [c for c in differences(before.guideline, after.guideline) if c.relation != SAME]
    for pair in pairs(before.guideline, after.guideline):
        one, other = told[0].get(pair.earlier or ""), told[1].get(pair.later or "")
        change = change_of(*(each.verdict if each else None for each in (one, other)))
        behind = [set(each.decision.criteria) if each else set() for each in (one, other)]
        turning = (c for c in stated if c.earlier in behind[0] or c.later in behind[1])
        yield ComparedTherapy(pair, one, other, change, () if change == SAME else tuple(turning))


def alike(rows: list[ComparedTherapy]) -> list[tuple[ComparedTherapy, ...]]:
    """Return what was compared in groups of which both editions say the same."""
    groups: dict[object, list[ComparedTherapy]] = {}
    for row in rows:
        sides = (
            each and (each.verdict, each.decision.clause, each.therapy.notes)
            for each in (row.before, row.after)
        )
        groups.setdefault((row.change, row.turning, *sides), []).append(row)
    return [tuple(group) for group in groups.values()]


def frame_of(patient_id: str, rows: list[ComparedTherapy]) -> pl.DataFrame:
    """Return what was compared as rows of the comparison of a cohort."""
    cells = []
    for row in rows:
        sides = (row.before, row.after)
        verdicts = (each and each.verdict for each in sides)
        because = (each and sorted({*each.decision.criteria}) for each in sides)
        pair = (row.pair.earlier, row.pair.later)
        cells.append((patient_id, *pair, *verdicts, row.change, *because))
    return pl.DataFrame(cells, schema=SCHEMA, orient="row")


def _told(side: Side) -> dict[str, Told]:
    clauses = Clauses(side.guideline, side.record, side.result.states)
    therapies = side.guideline.therapies
    return {
        name: Told(therapies[name], found.verdict, clauses.decision(therapies[name], found))
        for name, found in side.result.therapies.items()
    }
