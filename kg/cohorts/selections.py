"""Patients of an open cohort selected by what they share, and selections as parts of addresses.

`?view=why-not&therapy=tace&chosen=contraindicated.HAI-C1`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kg.cohorts.expressions import blocked, blocking, reasons, undetermined
from kg.cohorts.opened import OpenCohort
from kg.cohorts.report import conflict_messages
from kg.guideline import Guideline
from kg.keys import ID, ROW
from kg.patients.column_records import CONFLICTS
from kg.reasoning.results import VERDICT_, pack, unpack
from kg.reasoning.verdicts import VERDICTS

VIEWS = ("verdicts", "overlaps", "why-not", "missing", "conflicts", "rejected")
NONE = "none"
_OF_THERAPY = ("verdicts", "why-not")


@dataclass(frozen=True)
class Selection:
    """A view of a cohort, and what is chosen in it; nothing is where `chosen` is empty."""

    view: str = VIEWS[0]
    therapy: str = ""
    chosen: str = ""

    def parameters(self) -> dict[str, list[str]]:
        """Return the parameters of an address that hold the selection."""
        told = {"view": self.view, "therapy": self.therapy, "chosen": self.chosen}
        return {name: [text] for name, text in told.items() if text}


def selection_at(
    guideline: Guideline, parameters: Mapping[str, Sequence[str]]
) -> tuple[Selection, tuple[str, ...]]:
    """Return the selection that parameters hold, and what in them selects nothing."""
    given = {name: values[-1] for name, values in parameters.items() if values}
    view, therapy = given.pop("view", VIEWS[0]), given.pop("therapy", "")
    chosen = given.pop("chosen", "")
    strangers = list(given)
    if view not in VIEWS:
        return Selection(), (*strangers, f"view={view}")
    if therapy and (view not in _OF_THERAPY or therapy not in guideline.therapies):
        strangers.append(f"therapy={therapy}")
        therapy = ""
    if chosen and chosen not in _choices(guideline, view, therapy, chosen):
        strangers.append(f"chosen={chosen}")
        chosen = ""
    return Selection(view, therapy, chosen), tuple(strangers)


def _choices(guideline: Guideline, view: str, therapy: str, chosen: str) -> Iterable[str]:
    """Return what can be chosen in a view; of overlaps, whether this one can."""
    if view == "overlaps":
        named = [name for name in guideline.therapies if name in chosen.split(",")]
        return (overlap_key(named), NONE)
    if view == "missing":
        return blocking(guideline)
    if view == "conflicts":
        return conflict_messages(guideline)
    if view == "verdicts" and therapy:
        return VERDICTS
    if view == "why-not" and therapy:
        return _why_not(guideline, therapy)
    return ()


def overlap_key(therapies: Sequence[str]) -> str:
    """Return what stands for a combination of therapies."""
    return ",".join(therapies) or NONE


def reason_key(word: str, criteria: Sequence[str]) -> str:
    """Return what stands for criteria that stand behind a verdict against a therapy."""
    if len(criteria) == 1:
        return f"{word}.{criteria[0]}"
    return f"{word}.{'indications' if criteria else 'together'}"


def _why_not(guideline: Guideline, therapy: str) -> dict[str, pl.Expr]:
    told = reasons(guideline.therapies[therapy])
    return {reason_key(word, names): flag for word, names, flag, _ in told}


def condition(cohort: OpenCohort, selection: Selection) -> pl.Expr:
    """Return which rows of the results of a cohort, beside `eligible`, are selected."""
    guideline, chosen = cohort.guideline, selection.chosen
    if selection.view == "verdicts":
        return pl.col(VERDICT_ + selection.therapy) == VERDICTS.index(chosen)
    if selection.view == "overlaps":
        named = [] if chosen == NONE else chosen.split(",")
        return pl.col(cohort.eligible.name) == pack(list(guideline.therapies), named)
    if selection.view == "why-not":
        return _why_not(guideline, selection.therapy)[chosen]
    if selection.view == "missing":
        return blocked(guideline, chosen) != 0
    message = json.dumps(conflict_messages(guideline)[chosen], ensure_ascii=False)
    return pl.col(CONFLICTS).str.contains(f'"message": {message}', literal=True)


def patients(cohort: OpenCohort, selection: Selection) -> pl.DataFrame:
    """Return the selected patients, a row each, in the order of the table.

    Columns: `row` (the number in the table), `patient_id`, `verdict` (on the therapy that is
    selected, if one is) or `blocks` (how many verdicts the missing variable blocks), `eligible_for`
    (short names), `undetermined` (how many verdicts are) and `conflicts` (how many there are).
    """
    guideline = cohort.guideline
    columns = [pl.col(ROW).alias("row"), pl.col(ID)]
    if selection.therapy:
        words = {i: guideline.verdicts[word][0] for i, word in enumerate(VERDICTS)}
        verdict = pl.col(VERDICT_ + selection.therapy)
        columns.append(verdict.replace_strict(words, return_dtype=pl.String).alias("verdict"))
    if selection.view == "missing":
        columns.append(blocked(guideline, selection.chosen).alias("blocks"))
    found = cohort.results.with_columns(cohort.eligible).filter(condition(cohort, selection))
    return found.select(
        *columns,
        _told(guideline, found["eligible"]).alias("eligible_for"),
        undetermined(guideline).alias("undetermined"),
        pl.col(CONFLICTS).str.count_matches('"message": ', literal=True).alias("conflicts"),
    )


def _told(guideline: Guideline, sets: pl.Series) -> pl.Series:
    """Return sets of therapies in words, each distinct one made once."""
    short = [therapy.short_name for therapy in guideline.therapies.values()]
    told = {bits: ", ".join(unpack(short, bits)) for bits in (0, *sets.unique())}
    return sets.replace_strict(told, return_dtype=pl.String)
