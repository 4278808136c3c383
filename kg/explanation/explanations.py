"""The explanation of a result, as data for the terminal, pages and JSON; signs and colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.guideline import Statement
from kg.patients.records import Conflict
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN, VERDICT_SIGNS, VERDICTS, tally
from kg.texts import table

# In the order of the verdicts: in a terminal, and in charts (the colours of Okabe and Ito).
_STYLES = ("green", "yellow", "yellow", "blue", "dim", "red")
_COLOURS = ("#009E73", "#E69F00", "#F0E442", "#56B4E9", "#A8ADB5", "#D55E00")
VERDICT_STYLES: Mapping[str, str] = dict(zip(VERDICTS, _STYLES, strict=True))
VERDICT_COLOURS: Mapping[str, str] = dict(zip(VERDICTS, _COLOURS, strict=True))
STATE_SIGNS: Mapping[str, str] = {MET: "●", EXCLUDED: "○", UNKNOWN: "?"}


def verdict_table(title: str, counts: Iterable[tuple[str, Mapping[str, int]]]) -> str:
    """Return an HTML table of therapies and how many patients got each verdict."""
    head = [f"{sign} {word.replace('_', ' ')}" for word, sign in VERDICT_SIGNS.items()]
    rows = ((label, *(found[word] for word in VERDICT_SIGNS)) for label, found in counts)
    return table(title, ("therapy", *head), rows)


@dataclass(frozen=True, kw_only=True)
class ClassExplanation:
    """A class of the guideline, for one patient.

    `paraphrase` joins those of its statements. `facts` decided its state; of an unknown one they
    are those that could.
    """

    id: str
    state: str
    label: str
    definition: str
    places: tuple[str, ...]
    statements: tuple[Statement, ...]
    paraphrase: str
    note: str | None
    facts: tuple[str, ...]
    grade: str | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} ({self.label}): {self.state}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class CriterionExplanation(ClassExplanation):
    """A criterion in the row of a therapy: `role` is what it does there, `formula` is in words."""

    role: str
    kind: str
    scope: str | None
    formula: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A variable that could settle a verdict; `fact` is what is known of it, or its label."""

    variable: str
    label: str
    fact: str


@dataclass(frozen=True, slots=True)
class TherapyExplanation:
    """Why one therapy got its verdict.

    `clause` says what decided the verdict, with the first of the `facts` behind it (none for an
    eligible or undetermined one), and before that where it is palliative. `decisive` are the
    criteria that decided against the therapy. Under assumptions `verdict_recorded` is the verdict
    from the record alone and `assumed` are the variables that were assumed; where the verdicts
    differ, the clause ends with the condition.
    `notes` must be shown wherever the verdict is. `covers` are the smallest sets of indications
    of which at least one is met in every completion, given where no single one is.
    """

    therapy: str
    label: str
    verdict: str
    verdict_recorded: str | None
    assumed: tuple[str, ...]
    intent: str | None
    verdict_label: str
    clause: str
    decisive: tuple[str, ...]
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    note: str | None
    criteria: tuple[CriterionExplanation, ...]
    missing: tuple[Missing, ...]
    unchecked: tuple[str, ...]
    covers: tuple[tuple[str, ...], ...]

    @property
    def reason(self) -> str:
        """The verdict and what decided it, as one sentence."""
        return f"{self.verdict_label.capitalize()}: {self.clause}."

    def __repr__(self) -> str:
        return f"<TherapyExplanation {self.therapy}: {self.reason}>"

    def _repr_html_(self) -> str:
        rows = []
        for one in self.criteria:
            told = (one.id, one.label, one.role, "\n".join(one.facts), ", ".join(one.places))
            rows.append((f"{STATE_SIGNS[one.state]} {one.state}", *told))
        head = ("state", "criterion", "label", "role", "facts", "place")
        return table(f"{self.label}. {self.reason}", head, rows)

    def of(self, role: str, state: str) -> tuple[CriterionExplanation, ...]:
        """Return the criteria of a role that are in a state."""
        return tuple(c for c in self.criteria if c.role == role and c.state == state)


@dataclass(frozen=True, kw_only=True, repr=False)
class RecommendationExplanation(ClassExplanation):
    """A recommendation for one patient; `muted` where it is of no use to them.

    It is where each therapy that it concerns is contraindicated or not indicated.
    """

    strength: str
    advice: str
    remarks: tuple[str, ...]
    concerns: tuple[str, ...]
    precedes: tuple[str, ...]
    muted: bool


@dataclass(frozen=True, slots=True)
class StageExplanation:
    """The stage of a patient: `possible` are those not excluded, one where it is settled.

    `text` names them, `missing` are the variables that could settle it.
    """

    text: str
    possible: tuple[CriterionExplanation, ...]
    missing: tuple[Missing, ...]

    def __repr__(self) -> str:
        return f"<StageExplanation {self.text}>"


@dataclass(frozen=True, slots=True)
class PatientExplanation:
    """The whole explanation of one patient; `facts` is what the record says, in words.

    `assumed` are the facts that are assumed.
    """

    patient_id: str
    facts: tuple[str, ...]
    assumed: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    therapies: Mapping[str, TherapyExplanation]
    recommendations: tuple[RecommendationExplanation, ...]
    response_to_ablation: str
    stage: StageExplanation | None = None

    def __repr__(self) -> str:
        return f"<PatientExplanation {self.patient_id}: {tally(self.therapies.values())}>"

    def _repr_html_(self) -> str:
        rows = (
            (one.label, f"{VERDICT_SIGNS[one.verdict]} {one.verdict_label}", one.reason)
            for one in self.therapies.values()
        )
        title = f"Verdicts on patient {self.patient_id}, and why"
        return table(title, ("therapy", "verdict", "reason"), rows)


def criteria_json(explanation: TherapyExplanation) -> dict[str, object]:
    """Return what `--explain` adds to a therapy's object: `criteria`, and `covers` if any."""
    ordered = sorted(explanation.criteria, key=lambda criterion: criterion.id)
    added: dict[str, object] = {"criteria": [_criterion_json(each) for each in ordered]}
    if explanation.covers:
        added["covers"] = sorted(list(names) for names in explanation.covers)
    return added


def _criterion_json(criterion: CriterionExplanation) -> dict[str, object]:
    first = ("id", "state", "kind", "grade", "label", "definition")
    return {
        **{name: getattr(criterion, name) for name in first if name != "grade" or criterion.grade},
        "places": list(criterion.places),
        "statements": [statement.told for statement in criterion.statements],
        "paraphrase": criterion.paraphrase,
        "note": criterion.note,
    }
