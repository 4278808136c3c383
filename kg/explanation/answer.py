"""The answer first: what the verdicts and recommendations on a patient come to, in a sentence.

1. What the guideline advises: the recommendations that are met, and of use to the patient. They
   alone rank; a verdict never does.
2. What is eligible, by verdict; then what is not, with its reason; then how much is open.
3. Therapies that have the same verdict for the same reasons are told together (`alike`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.explanation.explanations import (
    CriterionExplanation,
    PatientExplanation,
    RecommendationExplanation,
    TherapyExplanation,
)
from kg.explanation.wording import listed, shortened
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.verdicts import CONTRAINDICATED, MET, NOT_INDICATED, UNDETERMINED
from kg.texts import capitalised, counted

_MOST = 3  # reasons against that are told; the cards have all


@dataclass(frozen=True, slots=True)
class Balance:
    """What speaks for a therapy, against it, for caution, and what is open, in words."""

    for_it: tuple[str, ...]
    against: tuple[str, ...]
    caution: tuple[str, ...]
    open: tuple[str, ...]


def answer(guideline: Guideline, explanation: PatientExplanation) -> str:
    """Return in a sentence what a patient's verdicts and recommendations come to."""
    told = explanation.therapies.values()
    parts = [each.advice.removesuffix(".") for each in advised(explanation)]
    parts = [each[:1].lower() + each[1:] for each in parts]
    for verdict, (word, _) in guideline.verdicts.items():
        if verdict not in (UNDETERMINED, NOT_INDICATED, CONTRAINDICATED):
            for intent in (None, PALLIATIVE):
                own = [t for t in told if t.verdict == verdict and _palliative(t) == intent]
                words = f"{word}, {guideline.intents[intent][0]}" if intent else word
                parts += [f"{words}: {_names(guideline, own)}"] if own else []
    against = [group for group in alike(explanation) if group[0].verdict == CONTRAINDICATED]
    for group in against[:_MOST]:
        reasons = shortened(balance_of(group[0]).against, 2)
        parts.append(f"not {_names(guideline, group, 'or')}: {reasons}")
    if others := [each for group in against[_MOST:] for each in group]:
        parts.append(f"nor {_names(guideline, others, 'or')}")
    if none := [each for each in told if each.verdict == NOT_INDICATED]:
        parts.append(f"no indication for {_names(guideline, none, 'or')}")
    if waiting := [each for each in told if each.verdict == UNDETERMINED]:
        findings = {missing.variable for each in waiting for missing in each.missing}
        names = "everything" if len(waiting) == len(told) else _names(guideline, waiting)
        parts.append(f"open: {names}, by {counted(len(findings), 'finding')}")
    return f"{capitalised('; '.join(parts))}." if parts else ""


def _palliative(explanation: TherapyExplanation) -> str | None:
    return explanation.intent if explanation.intent == PALLIATIVE else None


def advised(explanation: PatientExplanation) -> list[RecommendationExplanation]:
    """Return the recommendations that are met and concern a therapy that is not ruled out."""
    return [
        each
        for each in explanation.recommendations
        if each.state == MET and not each.muted and set(each.concerns) & set(explanation.therapies)
    ]


def alike(explanation: PatientExplanation) -> list[tuple[TherapyExplanation, ...]]:
    """Return the therapies in groups that have the same verdict for the same reasons."""
    groups: dict[object, list[TherapyExplanation]] = {}
    for each in explanation.therapies.values():
        balance = balance_of(each)
        if each.verdict in (CONTRAINDICATED, NOT_INDICATED):
            balance = Balance((), balance.against, (), ())
        groups.setdefault((each.verdict, each.intent, balance), []).append(each)
    return [tuple(group) for group in groups.values()]


def balance_of(explanation: TherapyExplanation) -> Balance:
    """Return what speaks for and against a therapy: facts, and the criterion that they meet."""

    def told(role: str, state: str) -> tuple[str, ...]:
        return tuple(_reason(each) for each in explanation.of(role, state))

    against = told(ABSOLUTE, MET)
    if explanation.verdict == NOT_INDICATED:
        against += (explanation.clause,)
    return Balance(
        told(INDICATION, MET) + told(PRECONDITION, MET),
        against,
        told(RELATIVE, MET),
        tuple(missing.fact for missing in explanation.missing) + explanation.unchecked,
    )


def _reason(criterion: CriterionExplanation) -> str:
    facts = "; ".join(criterion.facts)
    return f"{facts} ({criterion.label})" if facts else criterion.label


def _names(guideline: Guideline, some: Iterable[TherapyExplanation], last: str = "and") -> str:
    return listed((guideline.therapies[each.therapy].short_name for each in some), last)
