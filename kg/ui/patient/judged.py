"""A patient with what follows from its record: the verdicts, and what they are if none is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from kg.engines.registry import engine_of
from kg.explanation.answer import alike
from kg.explanation.explanations import PatientExplanation, TherapyExplanation
from kg.explanation.reasons import explain
from kg.guideline import Guideline
from kg.patients.assumptions import assumable, completed, unremarkable
from kg.patients.drafts import Draft, ParsedDraft, read_draft
from kg.reasoning.verdicts import UNDETERMINED, PatientResult


@dataclass(frozen=True)
class Judged:
    """A draft, what it reads as, and the verdicts with their reasons."""

    guideline: Guideline
    draft: Draft
    parsed: ParsedDraft
    result: PatientResult
    explanation: PatientExplanation

    @cached_property
    def cards(self) -> Mapping[str, tuple[TherapyExplanation, ...]]:
        """Therapies with one verdict for the same reasons, by the first of them, best first."""
        order = list(self.guideline.verdicts)
        groups = sorted(alike(self.explanation), key=lambda g: order.index(g[0].verdict))
        return {group[0].therapy: group for group in groups}

    @cached_property
    def silent(self) -> tuple[str, ...]:
        """Open findings that undetermined verdicts depend on and that may be assumed."""
        if not (self.draft.cells or self.draft.lesions):
            return ()
        waiting = [t for t in self.result.therapies.values() if t.verdict == UNDETERMINED]
        names = {name for therapy in waiting for name in therapy.missing}
        names -= self.parsed.faults.keys()
        return assumable(self.guideline, self.parsed.record, names)

    @cached_property
    def otherwise(self) -> Mapping[str, str]:
        """The verdicts on the therapies if none of the open findings is there."""
        if not self.silent:
            return {}
        cells, known = unremarkable(self.guideline), self.parsed.record
        assumed = {n: cells[n] for n in (*known.assumed, *self.silent)}
        record = replace(completed(self.guideline, known, assumed), assumed={})
        found = engine_of("compiled", self.guideline).classify(record)
        return {name: therapy.verdict for name, therapy in found.therapies.items()}


def judged_draft(guideline: Guideline, draft: Draft, sources: Mapping[str, str]) -> Judged:
    """Return the verdicts on a draft, with their reasons."""
    parsed = read_draft(guideline, draft)
    parsed = replace(parsed, record=replace(parsed.record, sources=dict(sources)))
    result = engine_of("compiled", guideline).classify(parsed.record)
    return Judged(guideline, draft, parsed, result, explain(guideline, parsed.record, result))
