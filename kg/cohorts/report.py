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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
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
from kg.cohorts.model import (
    CohortReport,
    ConflictReport,
    GroupReport,
    MissingReport,
    Reason,
    TherapyReport,
)
from kg.engines.classification import chunks
from kg.engines.registry import engine_of
from kg.engines.rejects import RejectCounter
from kg.engines.summary import Summary
from kg.errors import InputError
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
    NOT_INDICATED,
    UNDETERMINED,
    VERDICTS,
)

Watch = Callable[[Iterator[Chunk]], Iterable[Chunk]]
TOGETHER = "only together"
MOST_GROUPS = 50
_ALONE = "alone"
_MISSING = ("verdicts", "patients", "settles_verdicts", "settles_patients")


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


def report_on(table: PatientTable, watch: Watch = iter, by: str | None = None) -> CohortReport:
    """Return the report on an open table; `watch` sees every chunk pass.

    `by` is a column that the table keeps.

    Raises:
        InputError: it has too many values to group by.
    """
    bin_, assumptions = RejectCounter(), table.assumptions
    tally = _Tally(table.guideline, assumptions)
    engine = engine_of("compiled", table.guideline).batches()
    groups: dict[str | None, _Tally] = {}
    for chunk in watch(chunks(table, engine, bin_)):
        tally.add(chunk.frame)
        parts = list(_parted(chunk.frame, by))
        if len(groups.keys() | {value for value, _ in parts}) > MOST_GROUPS:
            raise InputError(
                f"{table.source.path}: column {by!r} has more than {MOST_GROUPS} values; "
                "group by one with fewer"
            )
        for value, part in parts:
            groups.setdefault(value, _Tally(table.guideline, assumptions)).add(part)
    ordered = sorted(groups.items(), key=lambda group: (group[0] is None, group[0] or ""))
    return replace(
        tally.report(bin_.summary),
        by=by,
        groups=tuple(GroupReport(value, one.report(one.summary)) for value, one in ordered),
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
    """Counts result frames by expressions under keys, each the number of rows where it holds."""

    def __init__(self, guideline: Guideline, assumptions: Assumptions | None) -> None:
        self.guideline, self._assumptions = guideline, assumptions
        self.summary = Summary()
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.conflicts: Counter[str] = Counter()
        self._therapies = list(guideline.therapies.values())
        self._blocking = blocking(guideline)
        self._expressions = self._keyed()

    def _keyed(self) -> dict[tuple[str, ...], pl.Expr]:
        every = undetermined(self.guideline)
        keyed: dict[tuple[str, ...], pl.Expr] = {(UNDETERMINED,): every}
        for therapy in self._therapies:
            for word in ELIGIBLES:
                keyed[therapy.id, PALLIATIVE, word] = palliative(therapy, word)
            if self._assumptions is not None:
                keyed |= _recorded(therapy)
            for word, names, flag, alone in reasons(therapy):
                keyed[therapy.id, word, *names] = flag
                keyed[therapy.id, word, *names, _ALONE] = alone
        for variable in self._blocking:
            verdicts = blocked(self.guideline, variable)
            settles = settled(self.guideline, variable)
            whole = (settles == every) & (settles != 0)
            flags = (verdicts, verdicts != 0, settles, whole)
            keyed |= {(variable, name): flag for name, flag in zip(_MISSING, flags, strict=True)}
        return keyed

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a result frame."""
        self.summary.count(frame, self.guideline.therapies)
        sums = [each.sum().alias(str(i)) for i, each in enumerate(self._expressions.values())]
        counts = open_sets(self.guideline, frame).select(sums).row(0)
        self.counts.update(dict(zip(self._expressions, counts, strict=True)))
        for text, count in frame[CONFLICTS].value_counts().iter_rows():
            for conflict in json.loads(text):
                self.conflicts[conflict["message"]] += count

    def report(self, summary: Summary) -> CohortReport:
        """Return what has been counted, with the summary of a run."""
        missing = [self._missing_report(variable) for variable in self._blocking]
        return CohortReport(
            patients=summary.patients,
            undetermined=self.counts[UNDETERMINED,],
            with_conflicts=summary.with_conflicts,
            rejected=summary.rejected,
            rejected_lesions=summary.rejected_lesions,
            first_reason=summary.first_reason,
            notes=summary.notes,
            therapies=tuple(self._therapy_report(t, summary) for t in self._therapies),
            missing=tuple(
                sorted((m for m in missing if m.verdicts), key=lambda report: -report.verdicts)
            ),
            conflicts=tuple(
                ConflictReport(name, message, self.conflicts[message])
                for name, message in conflict_messages(self.guideline).items()
                if self.conflicts[message]
            ),
            assumed=self._assumptions.cells if self._assumptions else None,
        )

    def _therapy_report(self, therapy: Therapy, summary: Summary) -> TherapyReport:
        name, counts = therapy.id, self.counts
        recorded = {word: counts[name, VERDICT_RECORDED_, word] for word in VERDICTS}
        failed = [(precondition,) for precondition in therapy.preconditions]
        met = [(criterion,) for criterion in therapy.absolute]
        return TherapyReport(
            therapy=name,
            label=therapy.label,
            verdicts=summary.of(name),
            verdicts_recorded=None if self._assumptions is None else recorded,
            eligible_if_assumed=counts[name, ASSUMED_],
            palliative={word: counts[name, PALLIATIVE, word] for word in ELIGIBLES},
            contraindicated_by=self._ranked(name, CONTRAINDICATED, met),
            not_indicated_by=self._ranked(name, NOT_INDICATED, [*failed, therapy.indications]),
        )

    def _ranked(
        self, therapy: str, word: str, reasons: Iterable[tuple[str, ...]]
    ) -> tuple[Reason, ...]:
        """Return the reasons that some patient has, those of most patients first."""
        together = self.counts[therapy, word]
        found = [Reason((), TOGETHER, together, together)]
        for names in reasons:
            one = len(names) == 1
            label = reason_words(self.guideline, word, names[0]) if one else NO_INDICATION
            key = (therapy, word, *names)
            found.append(Reason(names, label, self.counts[key], self.counts[*key, _ALONE]))
        return tuple(sorted((r for r in found if r.patients), key=lambda r: -r.patients))

    def _missing_report(self, variable: str) -> MissingReport:
        counts = (self.counts[variable, name] for name in _MISSING)
        return MissingReport(variable, self.guideline.variables[variable].label, *counts)


def _recorded(therapy: Therapy) -> dict[tuple[str, ...], pl.Expr]:
    """Return the verdicts from the record alone, and where assumptions make one eligible."""
    recorded = pl.col(VERDICT_RECORDED_ + therapy.id)
    is_eligible = pl.col(VERDICT_ + therapy.id).is_in([VERDICTS.index(word) for word in ELIGIBLES])
    return {
        (therapy.id, ASSUMED_): (recorded == VERDICTS.index(UNDETERMINED)) & is_eligible,
        **{
            (therapy.id, VERDICT_RECORDED_, word): recorded == number
            for number, word in enumerate(VERDICTS)
        },
    }


def reason_words(guideline: Guideline, word: str, name: str) -> str:
    """Return a reason of a verdict: a criterion, met or excluded, no indication, or several."""
    if name not in guideline.criteria:
        return NO_INDICATION if name == "indications" else TOGETHER
    label = guideline.criteria[name].label
    return label if word == CONTRAINDICATED else f"not met: {label}"


def conflict_messages(guideline: Guideline) -> dict[str, str]:
    """Return the rules by which a record can be in conflict, with their messages."""
    derivations = {rule.id: rule.message for rule in guideline.derivations}
    return derivations | {rule.id: rule.message for rule in guideline.conflict_rules}
