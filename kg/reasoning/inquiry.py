"""What to find out next about a patient: the open facts that would settle most verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from kg.guideline import Guideline
from kg.guideline.values import bands_of
from kg.patients.records import Record
from kg.reasoning.diagram import Evaluation
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import UNDETERMINED, PatientResult


@dataclass(frozen=True)
class MissingVariable:
    """A variable that is not known well enough, and what learning its value would do.

    All are ids of therapies whose verdict is undetermined: `settles` those that any value
    would settle, `may_settle` those that some value would, `bears_on` all that it is missing
    for.
    """

    variable: str
    settles: tuple[str, ...]
    may_settle: tuple[str, ...]
    bears_on: tuple[str, ...]


def missing_variables(
    guideline: Guideline, record: Record, result: PatientResult
) -> tuple[MissingVariable, ...]:
    """Return the variables that undetermined verdicts depend on, the most decisive first.

    First come those that settle most verdicts whatever their value, then those that may settle
    most, then those that most verdicts depend on.
    """
    open_ = [t for t in result.therapies.values() if t.verdict == UNDETERMINED]
    names = {name for each in open_ for name in each.missing}
    found = [
        _missing_variable(guideline, record, name, [t.therapy for t in open_ if name in t.missing])
        for name in guideline.variables
        if name in names
    ]
    return tuple(
        sorted(found, key=lambda f: (-len(f.settles), -len(f.may_settle), -len(f.bears_on)))
    )


def _missing_variable(
    guideline: Guideline, record: Record, variable: str, therapies: list[str]
) -> MissingVariable:
    settled = {therapy: list[bool]() for therapy in therapies}
    logic = logic_of(guideline)
    masks = logic.evaluation(record.known).masks
    level = logic.diagrams.level[variable]
    for band in bands_of(masks[level]):
        evaluation = Evaluation(logic.diagrams, [*masks[:level], 1 << band, *masks[level + 1 :]])
        for therapy, answers in settled.items():
            verdict = logic.verdict(guideline.therapies[therapy], evaluation)
            answers.append(verdict != UNDETERMINED)
    return MissingVariable(
        variable=variable,
        settles=tuple(t for t, answers in settled.items() if all(answers)),
        may_settle=tuple(t for t, answers in settled.items() if any(answers)),
        bears_on=tuple(therapies),
    )
