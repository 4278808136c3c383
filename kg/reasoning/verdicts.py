"""Verdicts and results: what follows from the states of criteria, whichever engine found them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import Ref
from kg.patients.assumptions import as_given
from kg.patients.records import Conflict, Record
from kg.texts import table

MET, EXCLUDED, UNKNOWN = "met", "excluded", "unknown"

CONTRAINDICATED = "contraindicated"
NOT_INDICATED = "not_indicated"
ELIGIBLE_WITH_CAUTION = "eligible_with_caution"
ELIGIBLE = "eligible"
ELIGIBLE_UNCHECKED = "eligible_unchecked"
UNDETERMINED = "undetermined"
VERDICTS = (
    ELIGIBLE,
    ELIGIBLE_WITH_CAUTION,
    ELIGIBLE_UNCHECKED,
    UNDETERMINED,
    NOT_INDICATED,
    CONTRAINDICATED,
)
VERDICT_SIGNS: Mapping[str, str] = dict(zip(VERDICTS, "✔▲△?–✘", strict=True))
# Under these verdicts the relative contraindications that are unknown are told.
WITH_OPEN_CAUTIONS = (ELIGIBLE_UNCHECKED, ELIGIBLE_WITH_CAUTION)
ELIGIBLES = (ELIGIBLE, ELIGIBLE_WITH_CAUTION, ELIGIBLE_UNCHECKED)
NOT_ASSESSED = "not_assessed"

Missing = Callable[[Record, Therapy], tuple[str, ...]]
Intent = Callable[[Record, Therapy], str | None]


@dataclass(frozen=True)
class TherapyResult:
    """The verdict on one therapy for one patient; all lists are sorted by code point.

    `met` are criteria of the therapy's own row that are met, `missing` the variables that
    could settle an undetermined verdict, `unchecked` the relative contraindications that
    are unknown under an eligible verdict. `intent` says of an eligible one what it is meant for:
    "curative", "palliative", "open" where either is possible, None where the guideline does not
    say (`kg.reasoning.intents`).

    Under assumptions `verdict_recorded` is the verdict from the record alone, and `assumed` the
    variables that were assumed and occur in the criteria of the therapy.
    """

    therapy: str
    verdict: str
    met: tuple[str, ...]
    missing: tuple[str, ...]
    unchecked: tuple[str, ...]
    intent: str | None = None
    verdict_recorded: str | None = None
    assumed: tuple[str, ...] = ()

    @property
    def rests_on_assumptions(self) -> bool:
        """Whether the record alone gives another verdict."""
        return self.verdict_recorded not in (None, self.verdict)

    def __repr__(self) -> str:
        return f"<TherapyResult {self.therapy}: {self.verdict}>"


@dataclass(frozen=True)
class PatientResult:
    """All answers for one patient.

    `recommendations` maps ids to met, excluded or unknown, `stages` does where the edition has
    them; `states` holds the same for every criterion and therapy class that was asked. `assumed`
    are the cells that were assumed, None where no assumptions were asked for.
    """

    patient_id: str
    conflicts: tuple[Conflict, ...]
    therapies: Mapping[str, TherapyResult]
    recommendations: Mapping[str, str]
    response_to_ablation: str
    states: Mapping[str, str]
    edition: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    assumed: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return f"<PatientResult {self.patient_id}: {tally(self.therapies.values())}>"

    def _repr_html_(self) -> str:
        rows = (
            (
                one.therapy,
                f"{VERDICT_SIGNS[one.verdict]} {one.verdict.replace('_', ' ')}",
                ", ".join(one.met),
                ", ".join(one.missing),
            )
            for one in self.therapies.values()
        )
        return table(
            f"Verdicts on patient {self.patient_id}", ("therapy", "verdict", "met", "missing"), rows
        )

    def narrowed(self, therapies: Iterable[str]) -> PatientResult:
        """Return the same result for some of the therapies."""
        kept = set(therapies)
        return replace(self, therapies={k: v for k, v in self.therapies.items() if k in kept})


class _Judged(Protocol):
    @property
    def verdict(self) -> str: ...


def tally(results: Iterable[_Judged]) -> str:
    """Return how many results there are of each verdict, in one line."""
    found = Counter(one.verdict for one in results)
    return ", ".join(f"{found[word]} {word}" for word in VERDICTS if word in found)


def possible_stages(result: PatientResult) -> list[str]:
    """Return the stages that are not excluded: one where the stage is settled."""
    return [name for name, state in result.stages.items() if state != EXCLUDED]


def verdict(indicated: str, absolute: str, relative: str) -> str:
    """Return the verdict that three states give; the first rule that fits."""
    if absolute == MET:
        return CONTRAINDICATED
    if indicated == EXCLUDED:
        return NOT_INDICATED
    if indicated == MET and absolute == EXCLUDED:
        return {MET: ELIGIBLE_WITH_CAUTION, EXCLUDED: ELIGIBLE, UNKNOWN: ELIGIBLE_UNCHECKED}[
            relative
        ]
    return UNDETERMINED


def verdict_on(therapy: Therapy, state: Callable[[str], str]) -> str:
    """Return the verdict on a therapy, by the states of its classes.

    What the guideline does not state, such as a contraindication, cannot hold.
    """
    return verdict(*(state(name) if name else EXCLUDED for name in therapy.aspects))


def result(
    guideline: Guideline,
    record: Record,
    states: Mapping[str, str],
    missing: Missing,
    intent: Intent,
) -> PatientResult:
    """Return the result that follows from the states of all classes asked."""
    return patient_result(
        guideline,
        record.patient_id,
        record.conflicts,
        states,
        missing=lambda therapy: missing(record, therapy),
        intent=lambda therapy: intent(record, therapy),
    )


def classified(
    guideline: Guideline, record: Record, once: Callable[[Record], PatientResult]
) -> PatientResult:
    """Return the result of a record; under assumptions with the verdicts that it has alone."""
    found = once(record)
    if not record.assumed:
        return found
    recorded = verdicts_of(once(as_given(guideline, record)))
    return under_assumptions(guideline, found, record.assumed, recorded)


def verdicts_of(found: PatientResult) -> dict[str, str]:
    """Return the verdicts of a result by therapy."""
    return {name: each.verdict for name, each in found.therapies.items()}


def under_assumptions(
    guideline: Guideline,
    found: PatientResult,
    assumed: Mapping[str, str],
    recorded: Mapping[str, str],
) -> PatientResult:
    """Return a result that names what was assumed, and the verdicts from the record alone."""
    therapies = {}
    for name, each in found.therapies.items():
        own = variables_of_criteria(guideline, name)
        made = tuple(variable for variable in own if variable in assumed)
        therapies[name] = replace(each, verdict_recorded=recorded[name], assumed=made)
    return replace(found, therapies=therapies, assumed=assumed)


@lru_cache(maxsize=64)
def variables_of_criteria(guideline: Guideline, therapy: str) -> tuple[str, ...]:
    """Return the variables that occur in the criteria of a therapy, sorted."""
    criteria = guideline.therapies[therapy].criteria
    found = (guideline.variables_of(Ref(name)) for name in criteria)
    return tuple(sorted({variable for variables in found for variable in variables}))


def patient_result(
    guideline: Guideline,
    patient_id: str,
    conflicts: tuple[Conflict, ...],
    states: Mapping[str, str],
    *,
    missing: Callable[[Therapy], Iterable[str]],
    intent: Callable[[Therapy], str | None],
) -> PatientResult:
    """Return the result of one patient.

    `missing` is asked where a verdict is undetermined, `intent` where it is eligible.
    """
    return PatientResult(
        patient_id=patient_id,
        conflicts=conflicts,
        therapies={
            therapy.id: therapy_result(therapy, states, missing, intent)
            for therapy in guideline.therapies.values()
        },
        recommendations={name: states[name] for name in guideline.recommendations},
        response_to_ablation=response(guideline, states),
        states=states,
        edition=guideline.edition,
        stages={name: states[name] for name in guideline.stages},
    )


def response(guideline: Guideline, states: Mapping[str, str]) -> str:
    """Return the response to ablation that the states of its classes give."""
    met = (each.outcome for each in guideline.responses.values() if states[each.id] == MET)
    return next(met, NOT_ASSESSED)


def therapy_result(
    therapy: Therapy,
    states: Mapping[str, str],
    missing: Callable[[Therapy], Iterable[str]],
    intent: Callable[[Therapy], str | None],
) -> TherapyResult:
    """Return the result on one therapy; for `missing` and `intent` see `patient_result`."""
    answer = verdict_on(therapy, states.__getitem__)
    return TherapyResult(
        therapy=therapy.id,
        verdict=answer,
        met=tuple(sorted(name for name in therapy.criteria if states[name] == MET)),
        missing=tuple(sorted(missing(therapy))) if answer == UNDETERMINED else (),
        unchecked=tuple(sorted(n for n in therapy.relative if states[n] == UNKNOWN))
        if answer in WITH_OPEN_CAUTIONS
        else (),
        intent=intent(therapy) if answer in ELIGIBLES else None,
    )
