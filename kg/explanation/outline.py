"""The outline of an explanation: what is told of a verdict, in order, whoever renders it.

A renderer gives each line its looks, and leaves none out: a terminal that tells many therapies
in short keeps to those that are `brief`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kg.explanation.changes import sentences
from kg.explanation.explanations import TherapyExplanation
from kg.explanation.wording import (
    MISSING,
    NO_ADVICE,
    READING,
    RECORD_ALONE,
    TO_CHANGE,
    UNCHECKED,
    always_met,
    listed,
    shortened,
)
from kg.guideline import Guideline
from kg.patients.records import Record
from kg.reasoning.changes import changes
from kg.reasoning.verdicts import UNDETERMINED
from kg.texts import capitalised

DECIDED_BY = "Decided by"
Kind = Literal[
    "note", "alone", "meaning", "reading", "cover", "facts", "missing", "unchecked", "change"
]


@dataclass(frozen=True)
class Line:
    """One line: what sort it is, what stands before it, and what it says."""

    kind: Kind
    label: str
    text: str
    brief: bool = False


def outline(
    guideline: Guideline, record: Record, explanation: TherapyExplanation
) -> Iterator[Line]:
    """Yield what is told of a verdict after the verdict itself and what decided it."""
    for note in explanation.notes:
        yield Line("note", "", note, brief=True)
    recorded = explanation.verdict_recorded
    if recorded not in (None, explanation.verdict):
        yield Line("alone", RECORD_ALONE, guideline.verdicts[recorded][0], brief=True)
    elif explanation.verdict != UNDETERMINED:  # there the reason says as much
        yield Line("meaning", "", guideline.verdicts[explanation.verdict][1])
    if explanation.note:
        yield Line("reading", READING, explanation.note)
    for names in explanation.covers:
        yield Line("cover", "", f"{capitalised(always_met(names))}.", brief=True)
    facts = "; ".join(explanation.facts)
    if facts != shortened(explanation.facts):
        yield Line("facts", DECIDED_BY, facts)
    if explanation.missing:
        known = "; ".join(f"{each.fact} [{each.variable}]" for each in explanation.missing)
        yield Line("missing", MISSING, known, brief=True)
    if explanation.unchecked:
        yield Line("unchecked", UNCHECKED, listed(explanation.unchecked), brief=True)
    therapy = guideline.therapies[explanation.therapy]
    found = changes(guideline, record, therapy, explanation.verdict)
    if found is not None:
        for sentence in sentences(guideline, found):
            yield Line("change", TO_CHANGE, sentence)
        yield Line("change", "", NO_ADVICE)
