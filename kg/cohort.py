"""The cohort report: what the verdicts on many patients come to, and what blocks them.

Result frames are counted batch by batch with Polars; only the counts are kept.

Why a sole missing variable settles a verdict, whatever value it takes. The completions of a
record are all combinations of the values that are possible for each variable. Let v be the only
variable for which two completions that differ in it alone get different answers. Fix v at a
possible value, and take any two completions that have it. Turn the first into the second one
variable at a time: each step is a completion too, and each changes a variable other than v, so
no step changes the answer. All completions with that value have one answer: the verdict is no
longer undetermined. (A value that contradicts the rest of the record is a conflict and may
open other variables; that is not counted here.)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path

import polars as pl

from kg.classification import RejectCounter, Summary, chunks, compiled_engine
from kg.column_records import CONFLICTS
from kg.guideline import Guideline, Therapy, load
from kg.logic import logic_of
from kg.readers import Source
from kg.readers.frame import ArrowFrame, frame_source
from kg.results import CODE, MISSING_, STATE_, VERDICT_
from kg.tables import PatientTable
from kg.verdicts import CONTRAINDICATED, EXCLUDED, MET, NOT_INDICATED, UNDETERMINED, VERDICTS
from kg.writers import Chunk

Watch = Callable[[Iterator[Chunk]], Iterable[Chunk]]
NO_INDICATION = "no indication can hold"
TOGETHER = "only together"


@dataclass(frozen=True)
class Reason:
    """Criteria that rule a therapy out: for how many patients, and for how many by themselves.

    `label` is that of the one criterion, or says how several do it.
    """

    criteria: tuple[str, ...]
    label: str
    patients: int
    alone: int


@dataclass(frozen=True)
class TherapyReport:
    """One therapy: how many patients got each verdict, and what ruled it out for how many.

    `contraindicated_by` counts, among contraindicated patients, the absolute contraindications
    that are met. `not_indicated_by` counts, among those not indicated, the preconditions that
    are excluded, and that all indications are. Where neither does it alone, they cannot hold
    together. Most patients first.
    """

    therapy: str
    label: str
    verdicts: Mapping[str, int]
    contraindicated_by: tuple[Reason, ...]
    not_indicated_by: tuple[Reason, ...]


@dataclass(frozen=True)
class MissingReport:
    """A variable that is not known, and what learning its value would do.

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
class CohortReport:
    """The report on a cohort; `patients` are those classified, rejected rows are not among them.

    `missing` lists the variables that block most verdicts first, `conflicts` the rules in the
    order of the guideline.
    """

    patients: int
    undetermined: int
    with_conflicts: int
    rejected: int
    rejected_lesions: int
    first_reason: str
    therapies: tuple[TherapyReport, ...]
    missing: tuple[MissingReport, ...]
    conflicts: tuple[ConflictReport, ...]

    def as_json(self) -> str:
        """Return the report as a JSON object: its keys are the names of the fields here."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def cohort_report(
    source: str | Path | ArrowFrame,
    lesions: str | Path | ArrowFrame | None = None,
    *,
    guideline: Guideline | None = None,
) -> CohortReport:
    """Return the report on a table of patients: a path, or a pandas, Polars or Arrow frame.

    Raises:
        InputError: the table cannot be read, or its columns are not those of the guideline.
    """
    opened: list[Path | Source] = [
        Path(table) if isinstance(table, str | Path) else frame_source(table)
        for table in (source, lesions)
        if table is not None
    ]
    second = opened[1] if len(opened) > 1 else None
    return report_on(PatientTable(guideline or load(), opened[0], second))


def report_on(table: PatientTable, watch: Watch = iter) -> CohortReport:
    """Return the report on an open table; `watch` sees every chunk pass."""
    summary, tally = Summary(), _Tally(table.guideline)
    engine = compiled_engine(table.guideline)
    for chunk in watch(chunks(table, engine, RejectCounter(summary), summary)):
        tally.add(chunk.frame)
    return tally.report(summary)


def _sum(flags: Iterable[pl.Expr]) -> pl.Expr:
    """Return how many flags are set in each row; small numbers only."""
    return reduce(
        lambda a, b: a + b, (flag.cast(pl.UInt16) for flag in flags), pl.lit(0, pl.UInt16)
    )


class _Tally:
    """Counts result frames by named expressions, each the number of rows where it holds."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.counts: Counter[str] = Counter()
        self.conflicts: Counter[str] = Counter()
        self._therapies = list(guideline.therapies.values())
        logic = logic_of(guideline)
        self._variables = {t.id: logic.answer_variables(t) for t in self._therapies}
        self._blocking = sorted({v for names in self._variables.values() for v in names})
        self._expressions = [
            expression.sum().alias(name)
            for part in (*map(self._reasons, self._therapies), self._missing())
            for name, expression in part.items()
        ]

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a result frame."""
        open_ = frame.with_columns(
            pl.when(pl.col(VERDICT_ + t.id) == VERDICTS.index(UNDETERMINED))
            .then(pl.col(MISSING_ + t.id))
            .otherwise(pl.lit(0, pl.UInt64))
            .alias(MISSING_ + t.id)
            for t in self._therapies
        )
        self.counts.update(open_.select(self._expressions).row(0, named=True))
        for text, count in frame[CONFLICTS].value_counts().iter_rows():
            for conflict in json.loads(text):
                self.conflicts[conflict["message"]] += count

    # Expressions

    def _reasons(self, therapy: Therapy) -> dict[str, pl.Expr]:
        """Return the counts of what rules a therapy out, by therapy, verdict and reason."""
        verdict = pl.col(VERDICT_ + therapy.id)
        met: dict[tuple[str, ...], pl.Expr] = {
            (name,): pl.col(STATE_ + name) == CODE[MET] for name in therapy.absolute
        }
        failed: dict[tuple[str, ...], pl.Expr] = {
            (name,): pl.col(STATE_ + name) == CODE[EXCLUDED] for name in therapy.preconditions
        }
        failed[therapy.indications] = pl.all_horizontal(
            pl.col(STATE_ + name) == CODE[EXCLUDED] for name in therapy.indications
        )
        found: dict[str, pl.Expr] = {}
        for word, flags in ((CONTRAINDICATED, met), (NOT_INDICATED, failed)):
            ruled_out = verdict == VERDICTS.index(word)
            number = _sum(flags.values())
            for names, flag in flags.items():
                found[_key(therapy, word, names)] = ruled_out & flag
                found[_key(therapy, word, names, "alone")] = ruled_out & flag & (number == 1)
            found[_key(therapy, word, ())] = ruled_out & (number == 0)
        return found

    def _missing(self) -> dict[str, pl.Expr]:
        """Return the counts of verdicts and patients that each variable blocks or would settle."""
        sets = {t.id: pl.col(MISSING_ + t.id) for t in self._therapies}
        undetermined = _sum(each != 0 for each in sets.values())
        found = {"undetermined": undetermined}
        for variable in self._blocking:
            bits = {
                therapy: pl.lit(1 << names.index(variable), pl.UInt64)
                for therapy, names in self._variables.items()
                if variable in names
            }
            blocked = _sum((sets[therapy] & bit) != 0 for therapy, bit in bits.items())
            settled = _sum(sets[therapy] == bit for therapy, bit in bits.items())
            found[f"{variable}:verdicts"] = blocked
            found[f"{variable}:patients"] = blocked != 0
            found[f"{variable}:settles_verdicts"] = settled
            found[f"{variable}:settles_patients"] = (settled == undetermined) & (settled != 0)
        return found

    # The report

    def report(self, summary: Summary) -> CohortReport:
        """Return what has been counted."""
        missing = (self._missing_report(variable) for variable in self._blocking)
        blocking = [report for report in missing if report.verdicts]
        return CohortReport(
            patients=summary.classified,
            undetermined=self.counts["undetermined"],
            with_conflicts=summary.conflicting,
            rejected=summary.rejected,
            rejected_lesions=summary.rejected_lesions,
            first_reason=summary.first_reason,
            therapies=tuple(self._therapy_report(t, summary) for t in self._therapies),
            missing=tuple(sorted(blocking, key=lambda report: -report.verdicts)),
            conflicts=tuple(self._conflict_reports()),
        )

    def _therapy_report(self, therapy: Therapy, summary: Summary) -> TherapyReport:
        failed = [(name,) for name in therapy.preconditions]
        return TherapyReport(
            therapy=therapy.id,
            label=therapy.label,
            verdicts=summary.of(therapy.id),
            contraindicated_by=self._ranked(
                therapy, CONTRAINDICATED, [(name,) for name in therapy.absolute]
            ),
            not_indicated_by=self._ranked(therapy, NOT_INDICATED, [*failed, therapy.indications]),
        )

    def _ranked(
        self, therapy: Therapy, word: str, reasons: Iterable[tuple[str, ...]]
    ) -> tuple[Reason, ...]:
        """Return the reasons that some patient has, those of most patients first."""
        together = self.counts[_key(therapy, word, ())]
        found = [Reason((), TOGETHER, together, together)]
        for names in reasons:
            label = self.guideline.criteria[names[0]].label if len(names) == 1 else NO_INDICATION
            patients = self.counts[_key(therapy, word, names)]
            alone = self.counts[_key(therapy, word, names, "alone")]
            found.append(Reason(names, label, patients, alone))
        return tuple(sorted((r for r in found if r.patients), key=lambda r: -r.patients))

    def _missing_report(self, variable: str) -> MissingReport:
        def count(name: str) -> int:
            return self.counts[f"{variable}:{name}"]

        return MissingReport(
            variable=variable,
            label=self.guideline.variables[variable].label,
            verdicts=count("verdicts"),
            patients=count("patients"),
            settles_verdicts=count("settles_verdicts"),
            settles_patients=count("settles_patients"),
        )

    def _conflict_reports(self) -> Iterator[ConflictReport]:
        rules = [(rule.id, rule.message) for rule in self.guideline.derivations]
        rules += [(rule.id, rule.message) for rule in self.guideline.conflict_rules]
        for name, message in rules:
            if self.conflicts[message]:
                yield ConflictReport(name, message, self.conflicts[message])


def _key(therapy: Therapy, word: str, names: tuple[str, ...], suffix: str = "") -> str:
    return f"{therapy.id}:{word}:{' '.join(names)}:{suffix}"
