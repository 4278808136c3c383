"""Patients of an open cohort selected by what they share, and selections as parts of addresses.

`?view=why-not&therapy=tace&chosen=contraindicated.HAI-C1`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from kg.cohorts.expressions import blocked, blocking, reasons, undetermined
from kg.cohorts.one_answer import one_answer
from kg.cohorts.opened import OpenCohort
from kg.cohorts.report import conflict_messages
from kg.guideline import Guideline
from kg.keys import ID, ROW
from kg.patients.column_records import CONFLICTS
from kg.reasoning.results import VERDICT_, pack, unpack
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    ELIGIBLES,
    NOT_INDICATED,
    UNDETERMINED,
    VERDICTS,
)

VIEWS = (
    "verdicts",
    "overlaps",
    "why-not",
    "flow",
    "missing",
    "groups",
    "conflicts",
    "rejected",
)
NONE = "none"
LONGEST_COLUMN = 200  # characters of the name of a column that an address may hold
ONE_ANSWER = "one_answer"  # an undetermined verdict that one answer makes an eligible one
RECORDED, UNREMARKABLE = SILENCE = ("recorded", "unremarkable")  # which of both is selected from
OF_THERAPY = ("verdicts", "why-not", "flow", "groups")


@dataclass(frozen=True)
class Selection:
    """A view of a cohort, and what is chosen in it; nothing is where `chosen` is empty.

    `silence` is empty where records are taken as they are; otherwise what comes of them if
    nothing else is remarkable stands beside, and patients are those of one of both.
    """

    view: str = VIEWS[0]
    therapy: str = ""
    chosen: str = ""
    silence: str = ""

    def parameters(self) -> dict[str, list[str]]:
        """Return the parameters of an address that hold the selection."""
        told = {"view": self.view, "therapy": self.therapy, "chosen": self.chosen}
        told["silence"] = self.silence
        return {name: [text] for name, text in told.items() if text}


def selection_at(
    guideline: Guideline, parameters: Mapping[str, Sequence[str]]
) -> tuple[Selection, tuple[str, ...]]:
    """Return the selection that parameters hold, and what in them selects nothing."""
    given = {name: values[-1] for name, values in parameters.items() if values}
    view, therapy = given.pop("view", VIEWS[0]), given.pop("therapy", "")
    chosen = given.pop("chosen", "")
    silence = given.pop("silence", "")
    strangers = list(given)
    if silence not in ("", *SILENCE):
        strangers.append(f"silence={silence}")
        silence = ""
    if view not in VIEWS:
        return Selection(), (*strangers, f"view={view}")
    if therapy and (view not in OF_THERAPY or therapy not in guideline.therapies):
        strangers.append(f"therapy={therapy}")
        therapy = ""
    if chosen and chosen not in _choices(guideline, view, therapy, chosen):
        strangers.append(f"chosen={chosen}")
        chosen = ""
    return Selection(view, therapy, chosen, silence), tuple(strangers)


def completed(cohort: OpenCohort, selection: Selection) -> Selection:
    """Return a selection with a therapy, where its view is of one: the most contraindicated."""
    if selection.therapy or selection.view not in OF_THERAPY[1:]:
        return selection
    counts = {name: cohort.summary.of(name)[CONTRAINDICATED] for name in cohort.guideline.therapies}
    return replace(selection, therapy=max(counts, key=lambda name: counts[name]))


def _choices(guideline: Guideline, view: str, therapy: str, chosen: str) -> Iterable[str]:
    """Return what can be chosen in a view; of overlaps, whether this one can.

    What is chosen of groups is the column of the table that parts them.
    """
    named = [name for name in guideline.therapies if name in chosen.split(",")]
    free: dict[str, Iterable[str]] = {
        "overlaps": (overlap_key(named), NONE),
        "missing": blocking(guideline),
        "conflicts": conflict_messages(guideline),
        "groups": (chosen[:LONGEST_COLUMN],),
    }
    if view in free or not therapy:
        return free.get(view, ())
    of_therapy: dict[str, Iterable[str]] = {
        "verdicts": (*VERDICTS, ONE_ANSWER),
        "flow": flow_keys(guideline, therapy),
        "why-not": _why_not(guideline, therapy),
    }
    return of_therapy.get(view, ())


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


def flow_keys(guideline: Guideline, therapy: str) -> list[str]:
    """Return where patients can leave the flow of a therapy, in order; then the other verdicts."""
    others = [word for word in VERDICTS if word not in (CONTRAINDICATED, NOT_INDICATED)]
    return [*_why_not(guideline, therapy), UNDETERMINED, *(w for w in others if w in ELIGIBLES)]


def step(guideline: Guideline, therapy: str) -> pl.Expr:
    """Return where each patient leaves the flow of a therapy: by the first of its reasons."""
    left = (pl.when(flag).then(pl.lit(key)) for key, flag in _why_not(guideline, therapy).items())
    words = dict(enumerate(VERDICTS))
    verdict = pl.col(VERDICT_ + therapy).replace_strict(words, return_dtype=pl.String)
    return pl.coalesce(*left, verdict)


def condition(cohort: OpenCohort, selection: Selection) -> pl.Expr:
    """Return which rows of the results of a cohort, beside `eligible`, are selected."""
    guideline, chosen, therapy = cohort.guideline, selection.chosen, selection.therapy
    if selection.view == "verdicts" and chosen == ONE_ANSWER:
        return pl.col(ROW).is_in(one_answer(cohort, therapy)[ROW].implode())
    if selection.view == "verdicts":
        return pl.col(VERDICT_ + therapy) == VERDICTS.index(chosen)
    if selection.view == "flow":
        return step(guideline, therapy) == chosen
    if selection.view == "why-not":
        return _why_not(guideline, therapy)[chosen]
    return _of_all(cohort, selection.view, chosen)


def _of_all(cohort: OpenCohort, view: str, chosen: str) -> pl.Expr:
    """Return which rows are selected in a view that is of no single therapy."""
    if view == "overlaps":
        named = [] if chosen == NONE else chosen.split(",")
        return pl.col(cohort.eligible.name) == pack(list(cohort.guideline.therapies), named)
    if view == "missing":
        return blocked(cohort.guideline, chosen) != 0
    message = json.dumps(conflict_messages(cohort.guideline)[chosen], ensure_ascii=False)
    return pl.col(CONFLICTS).str.contains(f'"message": {message}', literal=True)


def patients(cohort: OpenCohort, selection: Selection) -> pl.DataFrame:
    """Return the selected patients, a row each, in the order of the table.

    Columns: `row` (the number in the table), `patient_id`, `verdict` (on the therapy that is
    selected, if one is), `blocks` (how many verdicts the missing variable blocks) or `answer`
    (the one that makes the verdict an eligible one), `eligible_for` (short names), `undetermined`
    (how many verdicts are) and `conflicts` (how many there are).
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
    if selection.chosen == ONE_ANSWER:
        found = found.join(
            one_answer(cohort, selection.therapy), ROW, "left", maintain_order="left"
        )
        columns.append(pl.col("answer"))
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
