"""What a page shows of an open cohort: a frame a view, each row of which stands for patients.

Rows are chosen by the columns `therapy` (where there is one) and `chosen`; see
`kg.cohorts.selections`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import NONE, overlap_key, reason_key
from kg.guideline import Guideline
from kg.reasoning.results import unpack
from kg.reasoning.verdicts import CONTRAINDICATED, NOT_INDICATED

_COUNT = pl.UInt32()


def verdicts(cohort: OpenCohort) -> pl.DataFrame:
    """Return how many patients have each verdict on each therapy, and how many for palliation."""
    rows = [
        (
            each.therapy,
            each.label,
            word,
            cohort.guideline.verdicts[word][0],
            count,
            each.palliative.get(word, 0),
        )
        for each in cohort.report.therapies
        for word, count in each.verdicts.items()
    ]
    texts = ("therapy", "therapy_label", "chosen", "verdict")
    return _frame(rows, texts, ("patients", "palliative"))


def overlaps(cohort: OpenCohort) -> pl.DataFrame:
    """Return how many patients are eligible for exactly which therapies, the most first."""
    names = list(cohort.guideline.therapies)
    labels = short_names(cohort.guideline)
    rows = []
    for bits, count in cohort.eligible.value_counts(name="n").iter_rows():
        therapies = unpack(names, bits)
        told = " + ".join(labels[name] for name in therapies) or "none"
        rows.append((overlap_key(therapies), told, len(therapies), count))
    rows.sort(key=lambda row: (-row[3], row[2], row[0]))
    return _frame(rows, ("chosen", "eligible_for"), ("therapies", "patients"))


def why_not(cohort: OpenCohort, therapy: str) -> pl.DataFrame:
    """Return the reasons against a therapy, for how many patients, and for how many alone."""
    report = next(each for each in cohort.report.therapies if each.therapy == therapy)
    rows = [
        (
            therapy,
            reason_key(word, reason.criteria),
            " ".join(reason.criteria) if len(reason.criteria) == 1 else "",
            reason.label,
            cohort.guideline.verdicts[word][0],
            reason.patients,
            reason.alone,
        )
        for word, reasons in (
            (CONTRAINDICATED, report.contraindicated_by),
            (NOT_INDICATED, report.not_indicated_by),
        )
        for reason in reasons
    ]
    texts = ("therapy", "chosen", "criterion", "reason", "verdict")
    frame = _frame(rows, texts, ("patients", "alone"))
    return frame.sort("patients", descending=True, maintain_order=True)


def missing(cohort: OpenCohort) -> pl.DataFrame:
    """Return the variables by how many verdicts they block, and how many they would settle."""
    rows = [
        (m.variable, m.label, m.verdicts, m.settles_verdicts, m.patients, m.settles_patients)
        for m in cohort.report.missing
    ]
    counts = ("verdicts", "settles_verdicts", "patients", "settles_patients")
    return _frame(rows, ("chosen", "variable"), counts)


def conflicts(cohort: OpenCohort) -> pl.DataFrame:
    """Return the rules by which records are in conflict, with how many patients."""
    guideline = cohort.guideline
    labels = {rule.id: rule.label for rule in guideline.derivations}
    labels |= {rule.id: rule.label for rule in guideline.conflict_rules}
    rows = [(c.rule, labels[c.rule], c.message, c.patients) for c in cohort.report.conflicts]
    frame = _frame(rows, ("chosen", "rule", "conflict"), ("patients",))
    return frame.sort("patients", descending=True, maintain_order=True)


def short_names(guideline: Guideline) -> dict[str, str]:
    """Return the short name of each therapy."""
    return {name: therapy.short_name for name, therapy in guideline.therapies.items()}


def dots(cohort: OpenCohort, combinations: pl.DataFrame) -> pl.DataFrame:
    """Return for each combination of `overlaps` and each therapy whether it is part of it."""
    rows = [
        (chosen, label, int(name in ([] if chosen == NONE else chosen.split(","))))
        for chosen in combinations["chosen"]
        for name, label in short_names(cohort.guideline).items()
    ]
    return _frame(rows, ("chosen", "therapy"), ("part",))


def _frame(
    rows: Iterable[Sequence[object]], texts: Sequence[str], counts: Sequence[str]
) -> pl.DataFrame:
    types = {**dict.fromkeys(texts, pl.String()), **dict.fromkeys(counts, _COUNT)}
    return pl.DataFrame(list(rows), schema=types, orient="row")
