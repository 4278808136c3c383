"""The outline of an explanation: what is told of a verdict, in order, whoever renders it.

A renderer gives each line its looks, and leaves none out: a terminal that tells many therapies
in short keeps to those that are `brief`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kg.explanation import wording
from kg.explanation.explanations import (
    CriterionExplanation,
    RecommendationExplanation,
    TherapyExplanation,
)
from kg.guideline import Guideline
from kg.patients.records import Record
from kg.reasoning.changes import MOST, Change, Changes, Margin, changes
from kg.reasoning.verdicts import UNDETERMINED
from kg.texts import capitalised


def change_words(guideline: Guideline, change: Change) -> str:
    """Return a change as a sentence: if ... then."""
    variables = guideline.variables
    facts = ", and ".join(wording.knowledge_words(variables[n], k) for n, k in change.facts.items())
    along = wording.listed(variables[name].label for name in change.along)
    word = guideline.verdicts[change.verdict][0]
    open_ = wording.shortened([variables[name].label for name in change.missing])
    return (
        f"If {facts}"
        + (f" ({along} would have to change too)" if along else "")
        + f", then {word}"
        + (f": it would depend on {open_}" if open_ else "")
        + "."
    )


def margin_words(guideline: Guideline, record: Record, margin: Margin) -> str:
    """Return how close a known number is to its limit, and the verdict beyond it."""
    variable = guideline.variables[margin.variable]
    now = wording.knowledge_words(variable, record.known[margin.variable])
    word = guideline.verdicts[margin.verdict][0]
    return f"{now}; {wording.number_words(variable, [margin.beyond])} would give: {word}."


def sentences(guideline: Guideline, found: Changes) -> tuple[str, ...]:
    """Return what would have to change, as sentences."""
    if found.fewest is None:
        labels = wording.listed(guideline.variables[name].label for name in found.standing)
        stays = f": {labels} would still stand in the way" if labels else ""
        return (f"Nothing that can improve would be enough{stays}.",)
    if found.changes:
        return tuple(change_words(guideline, change) for change in found.changes)
    if found.fewest > MOST:
        return (f"At least {found.fewest} facts would have to change together.",)
    return ("No change that fits the rest of the record would be enough.",)


DECIDED_BY = "Decided by"
Kind = (
    Literal["note", "alone", "meaning", "reading", "cover"]
    | Literal["facts", "missing", "unchecked", "change", "place"]
)


@dataclass(frozen=True)
class Line:
    """One line: what sort it is, what stands before it, and what it says."""

    kind: Kind
    label: str
    text: str
    brief: bool = False


def of_criterion(criterion: CriterionExplanation) -> Iterator[Line]:
    """Yield what the guideline says of a criterion."""
    yield Line("meaning", wording.MET_WHEN, criterion.formula)
    if criterion.grade:
        yield Line("place", wording.GRADE, criterion.grade)
    yield Line(
        "place", wording.GUIDELINE, wording.sourced(criterion.statements, criterion.paraphrase)
    )
    if criterion.note:
        yield Line("reading", wording.READING, criterion.note)


def of_recommendation(recommendation: RecommendationExplanation) -> Iterator[Line]:
    """Yield what is told of a recommendation after its advice."""
    told = wording.sourced(recommendation.statements, recommendation.paraphrase)
    yield Line("place", "", told, brief=True)
    if recommendation.muted:
        yield Line("meaning", "", wording.MUTED, brief=True)
    if recommendation.precedes:
        yield Line("meaning", "", wording.precedence(recommendation), brief=True)
    if recommendation.note:
        yield Line("reading", wording.READING, recommendation.note)


def outline(
    guideline: Guideline, record: Record, explanation: TherapyExplanation
) -> Iterator[Line]:
    """Yield what is told of a verdict after the verdict itself and what decided it."""
    for note in explanation.notes:
        yield Line("note", "", note, brief=True)
    recorded = explanation.verdict_recorded
    if recorded not in (None, explanation.verdict):
        yield Line("alone", wording.RECORD_ALONE, guideline.verdicts[recorded][0], brief=True)
    elif explanation.verdict != UNDETERMINED:  # there the reason says as much
        yield Line("meaning", "", guideline.verdicts[explanation.verdict][1])
    if explanation.note:
        yield Line("reading", wording.READING, explanation.note)
    for names in explanation.covers:
        told = capitalised(wording.always_met(guideline, names))
        yield Line("cover", "", f"{told}.", brief=True)
    facts = "; ".join(explanation.facts)
    if facts != wording.shortened(explanation.facts):
        yield Line("facts", DECIDED_BY, facts)
    if explanation.missing:
        known = "; ".join(f"{each.fact} [{each.variable}]" for each in explanation.missing)
        yield Line("missing", wording.MISSING, known, brief=True)
    if explanation.unchecked:
        named = wording.listed(wording.named(guideline, n) for n in explanation.unchecked)
        yield Line("unchecked", wording.UNCHECKED, named, brief=True)
    therapy = guideline.therapies[explanation.therapy]
    found = changes(guideline, record, therapy, explanation.verdict)
    if found is not None:
        for sentence in sentences(guideline, found):
            yield Line("change", wording.TO_CHANGE, sentence)
        yield Line("change", "", wording.NO_ADVICE)
