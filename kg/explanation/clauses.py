"""What decided a verdict, in one sentence part: the same words wherever a verdict is told.

What is found for one patient and holds for all with the same knowledge is kept: a table of
patients gets its reasons at the speed of a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kg.explanation import wording
from kg.guideline import Guideline, Therapy
from kg.patients.records import Record
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.logic import Logic, logic_of
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    ELIGIBLE,
    EXCLUDED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    UNKNOWN,
    TherapyResult,
)


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


@dataclass(frozen=True, slots=True)
class Decision:
    """What decided a verdict.

    `criteria` are those behind it, `alone` those that each by itself decide against the therapy,
    `facts` all facts behind a verdict against it; `covers` as `Logic.covers`. Where the verdict
    rests on assumptions, the clause ends with the condition: if ...
    """

    clause: str
    criteria: tuple[str, ...]
    alone: tuple[str, ...]
    facts: tuple[str, ...]
    covers: tuple[tuple[str, ...], ...]


def reason(guideline: Guideline, verdict: str, told: Decision) -> str:
    """Return a verdict and what decided it, as one sentence."""
    return f"{guideline.verdicts[verdict][0].capitalize()}: {told.clause}."


class Clauses:
    """Tells what decided the verdicts on one patient, from the states of its classes."""

    def __init__(self, guideline: Guideline, record: Record, states: Mapping[str, str]) -> None:
        self.guideline, self.record, self.states = guideline, record, states
        self.logic: Logic = logic_of(guideline)
        self._facts: dict[str, str] = {}
        self._behind: dict[str, tuple[str, ...]] = {}

    # Facts

    def fact(self, variable: str) -> str:
        """Return what the record says of a variable."""
        if variable not in self._facts:
            self._facts[variable] = wording.fact(self.guideline, self.record, variable)
        return self._facts[variable]

    def behind(self, name: str) -> tuple[str, ...]:
        """Return the facts that decide a class, or those that could where it is unknown."""
        if name not in self._behind:
            variables = self.logic.behind(name, self.record.known)
            self._behind[name] = tuple(self.fact(variable) for variable in variables)
        return self._behind[name]

    def named(self, names: Iterable[str]) -> str:
        """Return criteria by identifier and label, as a list in a sentence."""
        return wording.listed(wording.named(self.guideline, name) for name in names)

    # Clauses

    def covers(self, therapy: Therapy) -> tuple[tuple[str, ...], ...]:
        """Return the smallest sets of indications that cover, where no single one is met."""
        indicated = self.states[therapy.classes["indicated"]] == MET
        if not indicated or self.of(therapy.indications, MET):
            return ()
        return self.logic.covers(therapy, self.record)

    def of(self, names: Iterable[str], state: str) -> list[str]:
        """Return those of some classes that are in a state."""
        return [name for name in names if self.states[name] == state]

    def decision(self, therapy: Therapy, found: TherapyResult) -> Decision:
        """Return what decided a verdict."""
        told = self._decision(therapy, found)
        if not found.rests_on_assumptions:
            return told
        known = {name: self.record.known[name] for name in found.assumed}
        return replace(told, clause=f"{told.clause}, {wording.condition(self.guideline, known)}")

    def _decision(self, therapy: Therapy, found: TherapyResult) -> Decision:
        covers = self.covers(therapy)
        if found.verdict == UNDETERMINED:
            return Decision(self._undetermined(therapy, found), (), (), (), covers)
        if found.verdict not in (CONTRAINDICATED, NOT_INDICATED):
            criteria = (
                *(self.of(therapy.indications, MET) or (covers[0] if covers else ())),
                *self.of(therapy.preconditions, MET),
                *self.of(therapy.relative, MET),
            )
            return Decision(self._eligible(therapy, found, covers), criteria, (), (), covers)
        if found.verdict == CONTRAINDICATED:
            alone, open_ = self.of(therapy.absolute, MET), self.of(therapy.absolute, UNKNOWN)
            met = f"{self.named(alone)} {_be(alone)} met"
            clause = met if alone else wording.always_met(self.guideline, open_)
            whole = therapy.classes["contraindicated"]
        else:
            alone, open_ = self.of(therapy.preconditions, EXCLUDED), [*therapy.indications]
            clause, whole = self._not_indicated(therapy, alone), therapy.classes["indicated"]
        facts = tuple(dict.fromkeys(t for name in alone or [whole] for t in self.behind(name)))
        because = f" because of {wording.shortened(facts)}" if facts else ""
        return Decision(clause + because, tuple(alone or open_), tuple(alone), facts, covers)

    def _not_indicated(self, therapy: Therapy, failed: Sequence[str]) -> str:
        if failed:
            return f"{self.named(failed)}, a precondition, {_be(failed)} excluded"
        together = len(self.of(therapy.indications, EXCLUDED)) < len(therapy.indications)
        return wording.NO_INDICATION + " together with the preconditions" * together

    def _undetermined(self, therapy: Therapy, found: TherapyResult) -> str:
        unknown = [
            aspect
            for aspect in ("indicated", "contraindicated")
            if self.states.get(therapy.classes.get(aspect, "")) == UNKNOWN
        ]
        variables = self.guideline.variables
        labels = [variables[name].label for name in self.guideline.in_order(found.missing)]
        which = wording.listed(unknown, "or")
        return f"whether it is {which} depends on {wording.shortened(labels, 3)}"

    def _eligible(
        self, therapy: Therapy, found: TherapyResult, covers: tuple[tuple[str, ...], ...]
    ) -> str:
        met = self.of(therapy.indications, MET) + self.of(therapy.preconditions, MET)
        parts = [wording.always_met(self.guideline, covers[0])] if covers else []
        if found.intent == PALLIATIVE:
            parts.insert(0, wording.intent_words(self.guideline, therapy, PALLIATIVE))
        if met:
            parts.append(f"{self.named(met)} {_be(met)} met")
        return "; ".join([*parts, *self.cautions(therapy, found)])

    def cautions(self, therapy: Therapy, found: TherapyResult) -> list[str]:
        """Return what is known of contraindications, as parts of a sentence."""
        if not therapy.absolute and not therapy.relative:
            return []  # its notes say so
        if found.verdict == ELIGIBLE:
            return ["no absolute or relative contraindication is met"]
        met = self.of(therapy.relative, MET)
        parts = ["no absolute contraindication is met"]
        if met:
            parts.append(f"caution is called for by {self.named(met)}")
        if found.unchecked:
            parts.append(f"{self.named(found.unchecked)} could not be checked")
        return parts
