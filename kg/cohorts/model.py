"""The cohort report as data: therapies with their reasons, what is missing, conflicts, groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kg.explanation.explanations import verdict_table
from kg.texts import counted


@dataclass(frozen=True)
class Reason:
    """Criteria behind a verdict against a therapy: for how many patients, for how many alone.

    `label` is that of the one criterion (after "not met: " where it is excluded), or says how
    several do it.
    """

    criteria: tuple[str, ...]
    label: str
    patients: int
    alone: int


@dataclass(frozen=True)
class TherapyReport:
    """One therapy: how many patients got each verdict, and what ruled it out for how many.

    `palliative` counts, by the verdicts that are eligible, the patients for whom it rests on
    palliative indications only. Under assumptions `verdicts_recorded` are the counts from the
    records alone, and `eligible_if_assumed` are the patients of an undetermined verdict there who
    are eligible here.

    `contraindicated_by` counts, among contraindicated patients, the absolute contraindications
    that are met. `not_indicated_by` counts, among those not indicated, the preconditions that
    are excluded, and that all indications are. Where neither does it alone, they cannot be met
    together. Most patients first.
    """

    therapy: str
    label: str
    verdicts: Mapping[str, int]
    palliative: Mapping[str, int]
    verdicts_recorded: Mapping[str, int] | None
    eligible_if_assumed: int
    contraindicated_by: tuple[Reason, ...]
    not_indicated_by: tuple[Reason, ...]


@dataclass(frozen=True)
class MissingReport:
    """A variable that is unknown, and what learning its value would do.

    `verdicts` are the undetermined verdicts among whose missing variables it is, `patients`
    those who have such a verdict. `settles_verdicts` are those that miss nothing else: any value
    settles them. `settles_patients` are patients whose undetermined verdicts are all of
    that kind.
    """

    variable: str
    label: str
    verdicts: int
    patients: int
    settles_verdicts: int
    settles_patients: int


@dataclass(frozen=True)
class ConflictReport:
    """A rule by which values of a record do not go together, and for how many patients."""

    rule: str
    message: str
    patients: int


@dataclass(frozen=True)
class GroupReport:
    """The patients who have one value in a column of the table; None where it is empty."""

    value: str | None
    report: CohortReport


@dataclass(frozen=True)
class CohortReport:
    """The report on a cohort; `patients` are those classified, rejected rows are not among them.

    `missing` lists the variables that block most verdicts first, `conflicts` the rules in the
    order of the guideline. `groups` are reports by the values of the column `by`, if one was named.
    `assumed` are the cells that are assumed where records are silent.
    """

    patients: int
    undetermined: int
    with_conflicts: int
    rejected: int
    rejected_lesions: int
    first_reason: str
    notes: tuple[str, ...]
    therapies: tuple[TherapyReport, ...]
    missing: tuple[MissingReport, ...]
    conflicts: tuple[ConflictReport, ...]
    by: str | None = None
    groups: tuple[GroupReport, ...] = ()
    assumed: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        told = f"{counted(self.patients, 'patient')}, {counted(self.rejected, 'rejected row')}"
        return f"<CohortReport: {told}, {self.undetermined} undetermined verdicts>"

    def _repr_html_(self) -> str:
        return verdict_table(
            f"Verdicts on {counted(self.patients, 'patient')}",
            ((one.label, one.verdicts) for one in self.therapies),
        )

    def as_json(self) -> str:
        """Return the report as a JSON object: its keys are the names of the fields here.

        What is told of assumptions is left out where none were asked for.
        """
        told = asdict(self)
        if self.assumed is None:
            del told["assumed"]
            for therapy in told["therapies"]:
                del therapy["verdicts_recorded"], therapy["eligible_if_assumed"]
        return json.dumps(told, ensure_ascii=False, indent=2)
