"""What a page shows of an open cohort: a frame a view, each row of which stands for patients.

Rows are chosen by the columns `therapy` (where there is one) and `chosen`; see
`kg.cohorts.selections`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from kg.cohorts.opened import OpenCohort
from kg.cohorts.report import MOST_GROUPS, reason_words
from kg.cohorts.selections import NONE, flow_keys, overlap_key, reason_key, step
from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ROW
from kg.patients.columns import as_text
from kg.reasoning.results import VERDICT_, unpack
from kg.reasoning.verdicts import CONTRAINDICATED, NOT_INDICATED, VERDICTS
from kg.texts import hint

_COUNT = pl.UInt32()


def verdicts(cohort: OpenCohort) -> pl.DataFrame:
    """Return how many patients have each verdict on each therapy, and how many for palliation."""
    words = cohort.guideline.verdicts
    rows = [
        (one.therapy, one.label, word, words[word][0], count, one.palliative.get(word, 0))
        for one in cohort.report.therapies
        for word, count in one.verdicts.items()
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


def flow(cohort: OpenCohort, therapy: str) -> pl.DataFrame:
    """Return where patients fall out for a therapy, each by the first reason that holds of it.

    Contraindications come first, then what is not indicated, in the order of the guideline; the
    others are undetermined or eligible. `left` is how many are left after each.
    """
    guideline, left, rows = cohort.guideline, cohort.summary.patients, []
    found = cohort.results.select(step(guideline, therapy).alias("step"))["step"]
    counts = dict(found.value_counts(name="n").iter_rows())
    for key in flow_keys(guideline, therapy):
        word, _, reason = key.partition(".")
        count = counts.get(key, 0)
        left -= count
        told = guideline.verdicts[word][0]
        if count or not reason:
            named = reason_words(guideline, word, reason) if reason else told
            rows.append((key, named, told, count, left))
    return _frame(rows, ("chosen", "reason", "verdict"), ("patients", "left"))


def groups(cohort: OpenCohort, by: str, therapy: str) -> pl.DataFrame:
    """Return how many patients of each value of a column of the table have each verdict.

    Raises:
        InputError: the column has too many values to group by.
    """
    values = cohort.cells.select(ROW, as_text(cohort.cells[by]).alias("group"))
    found = (
        cohort.results.select(ROW, pl.col(VERDICT_ + therapy).alias("place"))
        .join(values, ROW, "left")
        .with_columns(pl.col("group").str.strip_chars().replace("", None).fill_null("(empty)"))
        .group_by("group", "place")
        .len("patients")
        .sort("group", "place")
    )
    if found["group"].n_unique() > MOST_GROUPS:
        raise InputError(
            f"column {by!r} has more than {MOST_GROUPS} values; group by one with fewer"
        )
    words = dict(enumerate(VERDICTS))
    told = {place: cohort.guideline.verdicts[word][0] for place, word in words.items()}
    place = pl.col("place")
    return found.select(
        "group",
        place.replace_strict(words, return_dtype=pl.String).alias("chosen"),
        place.replace_strict(told, return_dtype=pl.String).alias("verdict"),
        pl.col("patients").cast(_COUNT),
        (100 * pl.col("patients") / pl.sum("patients").over("group")).round(1).alias("percent"),
    )


def numbers(cohort: OpenCohort, view: str, therapy: str = "", by: str = "") -> pl.DataFrame:
    """Return the numbers of a view: of a therapy, or of groups by a column, where it has one.

    Raises:
        InputError: the table has no such column, or too many values in it.
    """
    if view == "groups":
        if by not in cohort.columns:
            raise InputError(f"{cohort.name} has no column {by!r}{hint(by, cohort.columns)}")
        return groups(cohort, by, therapy)
    if view in (of_therapy := {"why-not": why_not, "flow": flow}):
        return of_therapy[view](cohort, therapy)
    return {"verdicts": verdicts, "overlaps": overlaps, "missing": missing}.get(view, conflicts)(
        cohort
    )


def with_percent(cohort: OpenCohort, frame: pl.DataFrame) -> pl.DataFrame:
    """Return numbers with the patients as percent of those of the cohort."""
    if "patients" not in frame.columns or "percent" in frame.columns:
        return frame
    share = (100 * pl.col("patients") / max(cohort.summary.patients, 1)).round(1)
    place = frame.columns.index("patients") + 1
    return frame.clone().insert_column(place, frame.select(share.alias("percent")).to_series())


def beside(recorded: pl.DataFrame, assumed: pl.DataFrame) -> pl.DataFrame:
    """Return numbers as recorded beside those if nothing else is remarkable, 0 where none are."""
    counts = [n for n, kind in recorded.schema.items() if kind.is_numeric() and n != "therapies"]
    keys = [name for name in recorded.columns if name not in counts]
    ends = {name: f"{name}_if_unremarkable" for name in counts}
    joined = recorded.join(
        assumed.rename(ends), keys, "full", coalesce=True, maintain_order="left_right"
    )
    return joined.with_columns(pl.col(*counts, *ends.values()).fill_null(0))


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
