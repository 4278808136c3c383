"""Reasons for a table of patients, a row a verdict; two patients side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from kg.explanation.clauses import Clauses, Decision, reason
from kg.explanation.wording import value_words
from kg.guideline import Guideline
from kg.keys import ID
from kg.patients.assumptions import Assumptions
from kg.patients.records import Record
from kg.reasoning.results import Chunk, patients
from kg.reasoning.verdicts import ELIGIBLES, UNDETERMINED, VERDICTS, PatientResult
from kg.texts import UNKNOWN_VALUE

WORDS = ("criteria", "labels", "places")


def decided(
    guideline: Guideline, chunk: Chunk, assumptions: Assumptions | None = None
) -> Iterator[tuple[Clauses, PatientResult]]:
    """Yield each patient of some results with what can tell why."""
    results = patients(guideline, chunk.frame, assumptions)
    for record, result in zip(chunk.records(), results, strict=True):
        yield Clauses(guideline, record, result.states), result


def short_json(
    clauses: Clauses, result: PatientResult, therapies: Sequence[str]
) -> dict[str, object]:
    """Return what explains a patient without the texts of criteria, which stand elsewhere.

    The states of all criteria, the facts of the record in words, the reason of each verdict and,
    where they are called for, the sets of indications that cover a therapy.
    """
    guideline = clauses.guideline
    reasons, covers = {}, {}
    for name in therapies:
        told = clauses.decision(guideline.therapies[name], result.therapies[name])
        reasons[name] = reason(guideline, result.therapies[name].verdict, told)
        if told.covers:
            covers[name] = told.covers
    states = {c: result.states[c] for n in therapies for c in guideline.therapies[n].criteria}
    told_of = {*clauses.record.recorded, *clauses.record.derived}
    facts = [clauses.fact(name) for name in guideline.variables if name in told_of]
    return {"facts": facts, "states": states, "reasons": reasons, "covers": covers}


def reasons_schema(therapies: Sequence[str], assumptions: Assumptions | None = None) -> pl.Schema:
    """Return the columns of `reasons_frame`."""
    beside = {"verdict_recorded": pl.Enum(VERDICTS), "assumed": pl.List(pl.String())}
    texts = pl.List(pl.String())
    return pl.Schema(
        {
            ID: pl.String(),
            "therapy": pl.Enum(therapies),
            "verdict": pl.Enum(VERDICTS),
            "eligible": pl.Boolean(),
            "reason": pl.String(),
            **dict.fromkeys(WORDS, texts),
            **(beside if assumptions else {}),
        }
    )


def reasons_frame(
    guideline: Guideline,
    therapies: Sequence[str],
    chunk: Chunk,
    assumptions: Assumptions | None = None,
) -> pl.DataFrame:
    """Return one row per patient and therapy: the verdict, its reason, and the criteria behind it.

    `eligible` is null where the verdict is undetermined: such a patient is not ruled out.
    """
    rows = []
    for clauses, result in decided(guideline, chunk, assumptions):
        for name in therapies:
            found = result.therapies[name]
            told = clauses.decision(guideline.therapies[name], found)
            eligible = None if found.verdict == UNDETERMINED else found.verdict in ELIGIBLES
            verdict = (result.patient_id, name, found.verdict, eligible)
            why = reason(guideline, found.verdict, told)
            beside = (found.verdict_recorded, list(found.assumed)) if assumptions else ()
            rows.append((*verdict, why, *_words(guideline, told), *beside))
    return pl.DataFrame(rows, schema=reasons_schema(therapies, assumptions), orient="row")


def _words(guideline: Guideline, told: Decision) -> tuple[list[str], list[str], list[str]]:
    """Return the criteria behind a verdict, their labels and their places in the guideline."""
    criteria = [guideline.criteria[name] for name in told.criteria]
    places = dict.fromkeys(place for criterion in criteria for place in criterion.places)
    return [c.id for c in criteria], [c.label for c in criteria], list(places)


@dataclass(frozen=True)
class Compared:
    """One line of a comparison: a variable or a therapy, and what each patient has of it."""

    id: str
    label: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Whether the patients differ here."""
        return self.first != self.second


def facts(guideline: Guideline, first: Record, second: Record) -> tuple[Compared, ...]:
    """Return what is known in either record of the variables that the edition uses, in words.

    What is recorded of others is told too.
    """
    found = []
    for name in first.known:
        if name in guideline.used or name in first.recorded or name in second.recorded:
            variable = guideline.variables[name]
            known = (each.known[name] for each in (first, second))
            one, other = (
                UNKNOWN_VALUE if each == variable.unknown else value_words(variable, each)
                for each in known
            )
            if {one, other} != {UNKNOWN_VALUE}:
                found.append(Compared(name, variable.label, one, other))
    return tuple(found)


def verdicts(
    guideline: Guideline, first: PatientResult, second: PatientResult
) -> Iterator[Compared]:
    """Yield the identifiers of both verdicts on each therapy."""
    for name, therapy in guideline.therapies.items():
        both = (each.therapies[name].verdict for each in (first, second))
        yield Compared(name, therapy.label, *both)
