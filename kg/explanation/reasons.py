"""Why a patient gets each verdict: criteria with their facts, places, statements and readings.

1. Each criterion is explained once for a patient, and shared by all therapies that use it.
2. The facts behind a criterion that is met or excluded are a smallest set that decides it;
   those behind an unknown one are the facts that could.
3. One sentence a therapy names what decided its verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from kg.explanation.explanations import (
    CriterionExplanation,
    Missing,
    PatientExplanation,
    RecommendationExplanation,
    TherapyExplanation,
)
from kg.explanation.wording import (
    NO_INDICATION,
    always_met,
    fact,
    intent_words,
    listed,
    named,
    shortened,
    words,
)
from kg.guideline import Criterion, Guideline, Recommendation, Statement, Therapy
from kg.guideline.values import Variable
from kg.patients.records import Record
from kg.reasoning.diagram import Evaluation
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
    PatientResult,
    TherapyResult,
    verdict_on,
)


def explain(guideline: Guideline, record: Record, result: PatientResult) -> PatientExplanation:
    """Return the explanation of a result, for the therapies that it holds."""
    return _Explainer(guideline, record, result).explanation()


def statements_of(
    guideline: Guideline, source: Criterion | Recommendation
) -> tuple[Statement, ...]:
    """Return the statements behind a criterion or a recommendation."""
    return tuple(guideline.statements[name] for name in source.statements)


def paraphrase(statements: Iterable[Statement]) -> str:
    """Return the paraphrases of statements as one text."""
    return " ".join(statement.paraphrase for statement in statements)


@lru_cache(maxsize=512)
def _formula(guideline: Guideline, name: str) -> str:
    return words(guideline, guideline.formulas[name])


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


class _Explainer:
    """Explains one result; what is shared between therapies is computed once."""

    def __init__(self, guideline: Guideline, record: Record, result: PatientResult) -> None:
        self.guideline, self.record, self.result = guideline, record, result
        self.logic: Logic = logic_of(guideline)
        self.states = result.states or self.logic.states(record)
        self.evaluation: Evaluation = self.logic.evaluation(record.known)
        self._facts: dict[str, str] = {}
        self._behind: dict[str, tuple[str, ...]] = {}
        self._criteria: dict[tuple[str, str], CriterionExplanation] = {}

    def explanation(self) -> PatientExplanation:
        recorded = {*self.record.recorded, *self.record.derived}
        return PatientExplanation(
            patient_id=self.result.patient_id,
            facts=tuple(self.fact(name) for name in self.guideline.variables if name in recorded),
            conflicts=self.result.conflicts,
            therapies={name: self.therapy(found) for name, found in self.result.therapies.items()},
            recommendations=tuple(
                self.recommendation(r) for r in self.guideline.recommendations.values()
            ),
            response_to_ablation=self.result.response_to_ablation,
        )

    # Facts

    def fact(self, variable: str) -> str:
        if variable not in self._facts:
            self._facts[variable] = fact(self.guideline, self.record, variable)
        return self._facts[variable]

    def so_far(self, variable: Variable) -> str:
        """Return what is known of a missing variable, or its label alone."""
        unknown = self.record.known[variable.name] == variable.unknown
        return variable.label if unknown else self.fact(variable.name)

    def behind(self, name: str) -> tuple[str, ...]:
        """Return the facts that decide a class, or those that could where it is unknown."""
        if name not in self._behind:
            if self.states[name] == UNKNOWN:
                variables: Iterable[str] = self.evaluation.sensitive(self.logic.roots[name])
            else:
                variables = self.logic.deciding(name, self.record.known, self.evaluation)
            self._behind[name] = tuple(self.fact(variable) for variable in variables)
        return self._behind[name]

    def because(self, names: Iterable[str]) -> str:
        """Return the clause that gives the first facts behind classes."""
        facts = shortened(self.behind_all(names))
        return f" because of {facts}" if facts else ""

    def behind_all(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for name in names for text in self.behind(name)))

    def named(self, names: Iterable[str], last: str = "and") -> str:
        return listed((named(self.guideline, name) for name in names), last)

    # Criteria and recommendations

    def criterion(self, name: str, role: str) -> CriterionExplanation:
        found = self._criteria.get((name, role))
        if found is None:
            criterion = self.guideline.criteria[name]
            statements = statements_of(self.guideline, criterion)
            found = self._criteria[name, role] = CriterionExplanation(
                id=name,
                state=self.states[name],
                role=role,
                kind=criterion.kind,
                scope=criterion.scope,
                label=criterion.label,
                definition=criterion.definition,
                places=criterion.places,
                statements=statements,
                paraphrase=paraphrase(statements),
                note=criterion.note,
                formula=_formula(self.guideline, name),
                facts=self.behind(name),
            )
        return found

    def recommendation(self, source: Recommendation) -> RecommendationExplanation:
        statements = statements_of(self.guideline, source)
        against = (CONTRAINDICATED, NOT_INDICATED)
        return RecommendationExplanation(
            id=source.id,
            state=self.states[source.id],
            label=source.label,
            definition=source.definition,
            strength=source.strength,
            advice=source.advice,
            places=source.places,
            statements=statements,
            paraphrase=paraphrase(statements),
            note=source.note,
            remarks=source.remarks,
            concerns=source.concerns,
            precedes=source.precedes,
            facts=self.behind(source.id),
            muted=bool(source.concerns)
            and all(self.verdict(therapy) in against for therapy in source.concerns),
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
        covers = self.covers(therapy)
        return TherapyExplanation(
            therapy=found.therapy,
            label=therapy.label,
            verdict=found.verdict,
            intent=found.intent,
            verdict_label=self.guideline.verdicts[found.verdict][0],
            clause=self.clause(therapy, found, covers),
            decisive=tuple(self.decisive(therapy, found.verdict)),
            facts=self.behind_all(self.deciding(therapy, found.verdict)),
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
            unchecked=found.unchecked,
            covers=covers,
        )

    def covers(self, therapy: Therapy) -> tuple[tuple[str, ...], ...]:
        indicated = self.states[therapy.classes["indicated"]] == MET
        if not indicated or self.of(therapy.indications, MET):
            return ()
        return self.logic.covers(therapy, self.record)

    def of(self, names: Iterable[str], state: str) -> list[str]:
        return [name for name in names if self.states[name] == state]

    def clause(
        self, therapy: Therapy, found: TherapyResult, covers: tuple[tuple[str, ...], ...]
    ) -> str:
        clause = {
            CONTRAINDICATED: self.contraindicated,
            NOT_INDICATED: self.not_indicated,
            UNDETERMINED: self.undetermined,
        }.get(found.verdict)
        return clause(therapy, found) if clause else self.eligible(therapy, found, covers)

    def decisive(self, therapy: Therapy, answer: str) -> list[str]:
        """Return the criteria that each by itself decide against a therapy."""
        if answer == CONTRAINDICATED:
            return self.of(therapy.absolute, MET)
        return self.of(therapy.preconditions, EXCLUDED) if answer == NOT_INDICATED else []

    def deciding(self, therapy: Therapy, answer: str) -> list[str]:
        """Return the classes that decide against a therapy: criteria, or else a whole formula."""
        aspect = {CONTRAINDICATED: "contraindicated", NOT_INDICATED: "indicated"}.get(answer)
        if aspect is None:
            return []
        return self.decisive(therapy, answer) or [therapy.classes[aspect]]

    def contraindicated(self, therapy: Therapy, _: TherapyResult) -> str:
        met = self.of(therapy.absolute, MET)
        because = self.because(self.deciding(therapy, CONTRAINDICATED))
        if met:
            return f"{self.named(met)} {_be(met)} met{because}"
        return self.always(self.of(therapy.absolute, UNKNOWN)) + because

    def not_indicated(self, therapy: Therapy, _: TherapyResult) -> str:
        failed = self.of(therapy.preconditions, EXCLUDED)
        because = self.because(self.deciding(therapy, NOT_INDICATED))
        if failed:
            return f"{self.named(failed)}, a precondition, {_be(failed)} excluded{because}"
        together = len(self.of(therapy.indications, EXCLUDED)) < len(therapy.indications)
        beside = " together with the preconditions" if together else ""
        return f"{NO_INDICATION}{beside}{because}"

    def undetermined(self, therapy: Therapy, found: TherapyResult) -> str:
        unknown = [
            aspect
            for aspect in ("indicated", "contraindicated")
            if self.states.get(therapy.classes.get(aspect, "")) == UNKNOWN
        ]
        variables = self.guideline.variables
        labels = [v.label for name, v in variables.items() if name in found.missing]
        return f"whether it is {listed(unknown, 'or')} depends on {shortened(labels, 3)}"

    def eligible(
        self, therapy: Therapy, found: TherapyResult, covers: tuple[tuple[str, ...], ...]
    ) -> str:
        met = self.of(therapy.indications, MET) + self.of(therapy.preconditions, MET)
        parts = [intent_words(self.guideline, therapy, PALLIATIVE)] * (found.intent == PALLIATIVE)
        parts += [self.always(covers[0])] if covers else []
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

    def always(self, names: Sequence[str]) -> str:
        """Return the clause for criteria of which some are met, whichever they are."""
        return always_met([named(self.guideline, name) for name in names])
