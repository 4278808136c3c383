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
from dataclasses import asdict, dataclass, replace
from typing import Unpack

import polars as pl

from kg.cohorts.expressions import (
    blocked,
    blocking,
    open_sets,
    palliative,
    reasons,
    settled,
    undetermined,
)
from kg.engines.classification import chunks
from kg.engines.registry import engine_of
from kg.engines.rejects import RejectCounter
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.explanation.explanations import verdict_table
from kg.explanation.wording import NO_INDICATION
from kg.guideline import Guideline, Therapy
from kg.guideline import chosen as _chosen
from kg.patients.assumptions import Assume, Assumptions, assumptions_of
from kg.patients.column_records import CONFLICTS
from kg.patients.columns import as_text
from kg.patients.given import TableLike, table_of
from kg.patients.reading import Options, Reading, reading_of
from kg.patients.tables import PatientTable
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.results import ASSUMED_, KEEP_, VERDICT_, VERDICT_RECORDED_, Chunk
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    ELIGIBLES,
    EXCLUDED,
    NOT_INDICATED,
    UNDETERMINED,
    VERDICTS,
)
from kg.texts import counted

Watch = Callable[[Iterator[Chunk]], Iterable[Chunk]]
TOGETHER = "only together"
MOST_GROUPS = 50


@dataclass(frozen=True)
class Reason:
    """Criteria behind a verdict against a therapy: for how many patients, for how many alone.

    `label` is that of the one criterion (after "excluded: " where it is excluded), or says how
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


def cohort_report(
    source: TableLike,
    lesions: TableLike | None = None,
    *,
    by: str | None = None,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> CohortReport:
    """Return the report on a table of patients: a path, a frame, or a list of mappings.

    Rejected rows are only counted: `classify_table` and `classify_file` tell which they are.
    `by` names a column of the table, for each of whose values there is a report too. `options`
    say how the table is read: see `kg.Options`.

    Raises:
        InputError: the table cannot be read, or its columns are not those of the guideline.
    """
    chosen = _chosen(guideline, edition)
    reading, assumed = grouping(reading_of(chosen, options), by), assumptions_of(chosen, assume)
    return report_on(table_of(chosen, source, lesions, reading, assumed), by=by)


def grouping(reading: Reading, by: str | None) -> Reading:
    """Return a reading that keeps the column by which patients are grouped."""
    return reading if by is None else replace(reading, keep=tuple({*reading.keep, by}))


def report_on(
    table: PatientTable,
    watch: Watch = iter,
    by: str | None = None,
) -> CohortReport:
    """Return the report on an open table; `watch` sees every chunk pass.

    `by` is a column that the table keeps.

    Raises:
        InputError: it has too many values to group by.
    """
    bin_, assumptions = RejectCounter(), table.assumptions
    tally = _Tally(table.guideline, assumptions)
    engine = engine_of("compiled", table.guideline).batches()
    groups: dict[str | None, tuple[_Tally, Summary]] = {}
    for chunk in watch(chunks(table, engine, bin_)):
        tally.add(chunk.frame)
        parts = list(_parted(chunk.frame, by))
        if len(groups.keys() | {value for value, _ in parts}) > MOST_GROUPS:
            raise InputError(
                f"{table.source.path}: column {by!r} has more than {MOST_GROUPS} values; "
                "group by one with fewer"
            )
        for value, part in parts:
            mine = groups.setdefault(value, (_Tally(table.guideline, assumptions), Summary()))
            mine[0].add(part)
            mine[1].count(part, table.guideline.therapies)
    ordered = sorted(groups.items(), key=lambda group: (group[0] is None, group[0] or ""))
    return replace(
        tally.report(bin_.summary),
        by=by,
        groups=tuple(GroupReport(value, one.report(own)) for value, (one, own) in ordered),
    )


def report_of(
    guideline: Guideline,
    frames: Iterable[pl.DataFrame],
    summary: Summary,
    assumptions: Assumptions | None,
) -> CohortReport:
    """Return the report on result frames, of which there is a summary already."""
    tally = _Tally(guideline, assumptions)
    for frame in frames:
        tally.add(frame)
    return tally.report(summary)


def _parted(frame: pl.DataFrame, by: str | None) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """Yield the rows of each value of a column that the table keeps."""
    if by is None:
        return
    values = as_text(frame[KEEP_ + by]).str.strip_chars().replace("", None)
    for value in values.unique(maintain_order=True):
        yield value, frame.filter(values.eq_missing(pl.Series([value], dtype=pl.String)))


class _Tally:
    """Counts result frames by named expressions, each the number of rows where it holds."""

    def __init__(self, guideline: Guideline, assumptions: Assumptions | None) -> None:
        self.guideline, self._assumptions = guideline, assumptions
        self.counts: Counter[str] = Counter()
        self.conflicts: Counter[str] = Counter()
        self._therapies = list(guideline.therapies.values())
        self._blocking = blocking(guideline)
        self._expressions = [e.sum().alias(name) for name, e in self._named().items()]

    def _named(self) -> dict[str, pl.Expr]:
        named = {"undetermined": undetermined(self.guideline)}
        for therapy in self._therapies:
            for word in ELIGIBLES:
                named[_key(therapy, word, (), PALLIATIVE)] = palliative(therapy, word)
            if self._assumptions is not None:
                named |= self._named_recorded(therapy)
            for word, names, flag, alone in reasons(therapy):
                named[_key(therapy, word, names)] = flag
                named[_key(therapy, word, names, "alone")] = alone
        for variable in self._blocking:
            verdicts = blocked(self.guideline, variable)
            settles = settled(self.guideline, variable)
            named[f"{variable}:verdicts"] = verdicts
            named[f"{variable}:patients"] = verdicts != 0
            named[f"{variable}:settles_verdicts"] = settles
            whole = settles == undetermined(self.guideline)
            named[f"{variable}:settles_patients"] = whole & (settles != 0)
        return named

    def _named_recorded(self, therapy: Therapy) -> dict[str, pl.Expr]:
        recorded = pl.col(VERDICT_RECORDED_ + therapy.id)
        named = {
            _key(therapy, word, (), VERDICT_RECORDED_): recorded == number
            for number, word in enumerate(VERDICTS)
        }
        named[_key(therapy, ASSUMED_, ())] = (recorded == VERDICTS.index(UNDETERMINED)) & pl.col(
            VERDICT_ + therapy.id
        ).is_in([VERDICTS.index(word) for word in ELIGIBLES])
        return named

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a result frame."""
        rows = open_sets(self.guideline, frame)
        self.counts.update(rows.select(self._expressions).row(0, named=True))
        for text, count in frame[CONFLICTS].value_counts().iter_rows():
            for conflict in json.loads(text):
                self.conflicts[conflict["message"]] += count

    # The report

    def report(self, summary: Summary) -> CohortReport:
        """Return what has been counted."""
        missing = (self._missing_report(variable) for variable in self._blocking)
        blocking = [report for report in missing if report.verdicts]
        return CohortReport(
            patients=summary.patients,
            undetermined=self.counts["undetermined"],
            with_conflicts=summary.with_conflicts,
            rejected=summary.rejected,
            rejected_lesions=summary.rejected_lesions,
            first_reason=summary.first_reason,
            notes=summary.notes,
            therapies=tuple(self._therapy_report(t, summary) for t in self._therapies),
            missing=tuple(sorted(blocking, key=lambda report: -report.verdicts)),
            conflicts=tuple(self._conflict_reports()),
            assumed=self._assumptions.cells if self._assumptions else None,
        )

    def _therapy_report(self, therapy: Therapy, summary: Summary) -> TherapyReport:
        failed = [(name,) for name in therapy.preconditions]
        return TherapyReport(
            therapy=therapy.id,
            label=therapy.label,
            verdicts=summary.of(therapy.id),
            verdicts_recorded=self._recorded(therapy),
            eligible_if_assumed=self.counts[_key(therapy, ASSUMED_, ())],
            palliative={w: self.counts[_key(therapy, w, (), PALLIATIVE)] for w in ELIGIBLES},
            contraindicated_by=self._ranked(
                therapy, CONTRAINDICATED, [(name,) for name in therapy.absolute]
            ),
            not_indicated_by=self._ranked(therapy, NOT_INDICATED, [*failed, therapy.indications]),
        )

    def _recorded(self, therapy: Therapy) -> dict[str, int] | None:
        if self._assumptions is None:
            return None
        keys = {word: _key(therapy, word, (), VERDICT_RECORDED_) for word in VERDICTS}
        return {word: self.counts[key] for word, key in keys.items()}

    def _ranked(
        self, therapy: Therapy, word: str, reasons: Iterable[tuple[str, ...]]
    ) -> tuple[Reason, ...]:
        """Return the reasons that some patient has, those of most patients first."""
        together = self.counts[_key(therapy, word, ())]
        found = [Reason((), TOGETHER, together, together)]
        for names in reasons:
            one = len(names) == 1
            label = reason_words(self.guideline, word, names[0]) if one else NO_INDICATION
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
        for name, message in conflict_messages(self.guideline).items():
            if self.conflicts[message]:
                yield ConflictReport(name, message, self.conflicts[message])


def reason_words(guideline: Guideline, word: str, name: str) -> str:
    """Return a criterion as the reason of a verdict: met, or a precondition that is excluded."""
    label = guideline.criteria[name].label
    return label if word == CONTRAINDICATED else f"{EXCLUDED}: {label}"


def conflict_messages(guideline: Guideline) -> dict[str, str]:
    """Return the rules by which a record can be in conflict, with their messages."""
    derivations = {rule.id: rule.message for rule in guideline.derivations}
    return derivations | {rule.id: rule.message for rule in guideline.conflict_rules}


def _key(therapy: Therapy, word: str, names: tuple[str, ...], suffix: str = "") -> str:
    return f"{therapy.id}:{word}:{' '.join(names)}:{suffix}"
