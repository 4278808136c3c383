"""Why a patient gets each verdict: criteria with their facts, places, statements and readings.

1. Each criterion is explained once for a patient, and shared by all therapies that use it.
2. The facts behind a criterion that is met or excluded are a smallest set that decides it;
   those behind an unknown one are the facts that could.
3. One sentence a therapy names what decided its verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Any

from kg.explanation.clauses import Clauses
from kg.explanation.explanations import (
    ClassExplanation,
    CriterionExplanation,
    Missing,
    PatientExplanation,
    RecommendationExplanation,
    StageExplanation,
    TherapyExplanation,
)
from kg.explanation.wording import knowledge_words, listed, words
from kg.guideline import Guideline, Recommendation, Statement
from kg.guideline.model import STAGE, PatientClass
from kg.guideline.values import Variable
from kg.patients.records import Record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    EXCLUDED,
    NOT_INDICATED,
    PatientResult,
    TherapyResult,
    verdict_on,
)


def explain(guideline: Guideline, record: Record, result: PatientResult) -> PatientExplanation:
    """Return the explanation of a result, for the therapies that it holds."""
    return _Explainer(guideline, record, result).explanation()


def paraphrase(statements: Iterable[Statement]) -> str:
    """Return the paraphrases of statements as one text."""
    return " ".join(statement.paraphrase for statement in statements)


@lru_cache(maxsize=512)
def _formula(guideline: Guideline, name: str) -> str:
    return words(guideline, guideline.formulas[name])


class _Explainer:
    """Explains one result; what is shared between therapies is computed once."""

    def __init__(self, guideline: Guideline, record: Record, result: PatientResult) -> None:
        self.guideline, self.record, self.result = guideline, record, result
        self.states = result.states or logic_of(guideline).states(record)
        self.clauses = Clauses(guideline, record, self.states)
        self._criteria: dict[tuple[str, str], CriterionExplanation] = {}

    def explanation(self) -> PatientExplanation:
        derived = self.guideline.used & self.record.derived.keys()
        recorded = {*self.record.recorded, *derived}
        told = (name for name in self.guideline.variables if name in recorded)
        known, variables = self.record.known, self.guideline.variables
        return PatientExplanation(
            patient_id=self.result.patient_id,
            facts=tuple(map(self.clauses.fact, told)),
            assumed=tuple(knowledge_words(variables[n], known[n]) for n in self.record.assumed),
            conflicts=self.result.conflicts,
            therapies={name: self.therapy(found) for name, found in self.result.therapies.items()},
            recommendations=tuple(
                map(self.recommendation, self.guideline.recommendations.values())
            ),
            response_to_ablation=self.result.response_to_ablation,
            stage=self.stage() if self.guideline.stages else None,
        )

    def stage(self) -> StageExplanation:
        names = [name for name in self.guideline.stages if self.states[name] != EXCLUDED]
        logic = logic_of(self.guideline)
        evaluation = logic.evaluation(self.record.known)
        open_ = {v for name in names for v in evaluation.sensitive(logic.roots[name])}
        missing = (self.guideline.variables[name] for name in sorted(open_))
        return StageExplanation(
            text=listed((self.guideline.stages[name].label for name in names), "or"),
            possible=tuple(self.criterion(name, STAGE) for name in names),
            missing=tuple(Missing(v.name, v.label, self.so_far(v)) for v in missing),
        )

    def so_far(self, variable: Variable) -> str:
        """Return what is known of a missing variable, or its label alone."""
        unknown = self.record.known[variable.name] == variable.unknown
        return variable.label if unknown else self.clauses.fact(variable.name)

    # Criteria and recommendations

    def shared(self, source: PatientClass, kind: type[ClassExplanation]) -> dict[str, Any]:
        """Return what an explanation takes over of a class, and what is told of every class."""
        names = [field.name for field in fields(kind) if hasattr(source, field.name)]
        statements = tuple(self.guideline.statements[name] for name in source.statements)
        return {
            **{name: getattr(source, name) for name in names},
            "state": self.states[source.id],
            "statements": statements,
            "paraphrase": paraphrase(statements),
            "facts": self.clauses.behind(source.id),
        }

    def criterion(self, name: str, role: str) -> CriterionExplanation:
        if (name, role) not in self._criteria:
            criterion = {**self.guideline.stages, **self.guideline.criteria}[name]
            told = self.shared(criterion, CriterionExplanation)
            told |= {"role": role, "formula": _formula(self.guideline, name)}
            self._criteria[name, role] = CriterionExplanation(**told)
        return self._criteria[name, role]

    def recommendation(self, source: Recommendation) -> RecommendationExplanation:
        against = (CONTRAINDICATED, NOT_INDICATED)
        verdicts = [self.verdict(therapy) for therapy in source.concerns]
        muted = bool(verdicts) and all(verdict in against for verdict in verdicts)
        return RecommendationExplanation(
            **self.shared(source, RecommendationExplanation), muted=muted
        )

    def verdict(self, therapy: str) -> str | None:
        """Return the verdict on a therapy, also where the result was narrowed to others."""
        if therapy not in self.guideline.therapies:
            return None
        states = self.states
        return verdict_on(self.guideline.therapies[therapy], lambda n: states.get(n, EXCLUDED))

    # Therapies

    def therapy(self, found: TherapyResult) -> TherapyExplanation:
        therapy = self.guideline.therapies[found.therapy]
        told = self.clauses.decision(therapy, found)
        taken = ("therapy", "verdict", "verdict_recorded", "assumed", "intent", "unchecked")
        return TherapyExplanation(
            **{name: getattr(found, name) for name in taken},
            label=therapy.label,
            verdict_label=self.guideline.verdicts[found.verdict][0],
            clause=told.clause,
            decisive=told.alone,
            facts=told.facts,
            notes=therapy.notes,
            note=therapy.note,
            criteria=tuple(
                self.criterion(name, role) for role, names in therapy.row for name in names
            ),
            missing=tuple(
                Missing(name, variable.label, self.so_far(variable))
                for name, variable in self.guideline.variables.items()
                if name in found.missing
            ),
            covers=told.covers,
        )
