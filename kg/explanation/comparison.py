"""Two patients side by side: what is known of each, the verdicts, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.explanation.wording import value_words
from kg.guideline import Guideline
from kg.guideline.values import Knowledge, Variable
from kg.patients.records import Record
from kg.reasoning.verdicts import PatientResult
from kg.texts import UNKNOWN_VALUE


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
    pairs = (
        Compared(
            name,
            guideline.variables[name].label,
            _words(guideline.variables[name], first.known[name]),
            _words(guideline.variables[name], second.known[name]),
        )
        for name in first.known
        if name in guideline.used or name in first.recorded or name in second.recorded
    )
    return tuple(
        pair for pair in pairs if (pair.first, pair.second) != (UNKNOWN_VALUE, UNKNOWN_VALUE)
    )


def verdicts(
    guideline: Guideline, first: PatientResult, second: PatientResult
) -> Iterator[Compared]:
    """Yield the identifiers of both verdicts on each therapy."""
    for name, therapy in guideline.therapies.items():
        yield Compared(
            name, therapy.label, first.therapies[name].verdict, second.therapies[name].verdict
        )


def _words(variable: Variable, knowledge: Knowledge) -> str:
    return UNKNOWN_VALUE if knowledge == variable.unknown else value_words(variable, knowledge)
