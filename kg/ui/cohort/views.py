"""The views of an open cohort: a chart, what can be chosen in it, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl
import streamlit as st

from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import ONE_ANSWER, UNREMARKABLE, Selection
from kg.guideline import Guideline
from kg.keys import REASON, ROW
from kg.reasoning.verdicts import UNDETERMINED, VERDICTS
from kg.reference.snippets import of_rejected
from kg.texts import counted
from kg.ui import pictures
from kg.ui.cohort import charts
from kg.ui.cohort.state import read
from kg.ui.tables import TableQuery, table

LONGEST = 15  # bars of a chart; the numbers have all
EXAMPLE = {"graph": "hcc:graph/verdicts/example"}
_COUNTED = "by number of patients; numbers in the table below"
_REJECTED = 200


@dataclass(frozen=True)
class Box:
    """A part of the selection that can be chosen from a list, for those who do not click."""

    label: str
    field: str
    options: Mapping[str, str]
    disabled: bool = False


@dataclass(frozen=True)
class View:
    """What is shown of a cohort: the numbers, what can be chosen, charts with their words.

    `clicks` are the fields that a bar of the first chart tells, `asked` is the saved question that
    gives the numbers of the example, `caption` what has to be said, `empty` what is said where
    there is nothing to draw.
    """

    frame: pl.DataFrame
    name: str
    boxes: Sequence[Box]
    charts: Sequence[tuple[alt.Chart | alt.LayerChart, str]] = ()
    clicks: Sequence[str] = ("chosen",)
    legend: Iterable[pictures.Look] = ()
    caption: str = ""
    empty: str = ""
    asked: TableQuery | None = None

    @property
    def saved(self) -> pictures.Chart | None:
        """The picture to save: the charts, one below the other."""
        drawn = [chart for chart, _ in self.charts]
        return alt.vconcat(*drawn, spacing=0) if len(drawn) > 1 else drawn[0] if drawn else None


def _therapies(cohort: OpenCohort) -> Box:
    return Box("Therapy", "therapy", {t.id: t.label for t in cohort.guideline.therapies.values()})


def outcomes(guideline: Guideline) -> dict[str, str]:
    """Return in words the verdicts that can be chosen, and what of one stands apart."""
    words = {word: guideline.verdicts[word][0] for word in VERDICTS}
    return {**words, ONE_ANSWER: f"{words[UNDETERMINED]}, one answer away from eligible"}


def verdicts(cohort: OpenCohort, selected: Selection) -> View:
    """Return the verdicts on each therapy."""
    frame, guideline = cohort_views.verdicts(cohort), cohort.guideline
    names = cohort_views.short_names(guideline)
    named = frame.with_columns(pl.col("therapy").replace_strict(names).alias("label"))
    looks, pair = charts.verdict_looks(guideline), (selected.therapy, selected.chosen)
    chart = charts.stacked(named, looks, pair, ("verdict", "patients", "palliative"))
    return View(
        frame.drop("therapy", "chosen"),
        "verdicts",
        (
            _therapies(cohort),
            Box("Verdict", "chosen", outcomes(guideline), disabled=not selected.therapy),
        ),
        [(chart, f"Verdicts on each therapy, {_COUNTED}")],
        ("therapy", "chosen"),
        looks.values(),
        asked=TableQuery("verdict-counts", EXAMPLE),
    )


def overlaps(cohort: OpenCohort, selected: Selection) -> View:
    """Return for which therapies patients are eligible together."""
    frame = cohort_views.overlaps(cohort)
    head, names = frame.head(LONGEST), list(cohort_views.short_names(cohort.guideline).values())
    bars = charts.overlap_bars(head, selected.chosen)
    dots = charts.overlap_dots(cohort_views.dots(cohort, head), names)
    return View(
        frame.drop("chosen"),
        "overlaps",
        [Box("Eligible for exactly", "chosen", _labels(frame, "eligible_for"))],
        [
            (bars, f"Combinations of therapies, {_COUNTED}"),
            (dots, "Which therapies make each combination; the table names them"),
        ],
        caption="A bar counts the patients who are eligible, cautions or not, for exactly the "
        f"therapies that are dotted below it. {_of(frame, 'combination')}",
        asked=TableQuery("therapies-per-patient", EXAMPLE),
    )


def why_not(cohort: OpenCohort, selected: Selection) -> View:
    """Return why a therapy is contraindicated or not indicated."""
    therapy = selected.therapy
    frame = cohort_views.why_not(cohort, therapy)
    tooltip = ("reason", "criterion", "verdict", "patients", "alone")
    return View(
        frame.drop("therapy", "chosen"),
        f"why-not-{therapy}",
        (_therapies(cohort), Box("Because of", "chosen", _labels(frame, "reason"))),
        _divided(frame, selected, charts.WHY_NOT, tooltip, "Why the therapy is not available"),
        legend=charts.WHY_NOT,
        empty="This therapy is contraindicated or not indicated for nobody. Choose another.",
        asked=TableQuery("commonest-contraindications", {"therapy": therapy, **EXAMPLE}),
    )


def flow(cohort: OpenCohort, selected: Selection) -> View:
    """Return who falls out where for a therapy, as trials report it."""
    frame = cohort_views.flow(cohort, selected.therapy)
    chart = charts.flow(frame, cohort.summary.patients)
    return View(
        frame.drop("chosen"),
        f"flow-{selected.therapy}",
        (_therapies(cohort), Box("Patients", "chosen", _labels(frame, "reason"))),
        [(chart, "Who falls out where, as a flow; numbers in the table below")],
        clicks=(),
        caption="Each patient falls out by the first reason that holds, in the order of the "
        "guideline; *Why not* counts every reason of everybody.",
    )


def missing(cohort: OpenCohort, selected: Selection) -> View:
    """Return which variables are missing, by how many verdicts they block."""
    frame = cohort_views.missing(cohort)
    tooltip = ("variable", *frame.columns[2:])
    return View(
        frame.drop("chosen"),
        "missing-variables",
        [Box("Missing variable", "chosen", _labels(frame, "variable"))] if len(frame) else (),
        _divided(frame, selected, charts.MISSING, tooltip, "Missing variables", of="verdicts"),
        legend=charts.MISSING,
        caption="A bar counts the undetermined verdicts that depend on a variable. Where a "
        f"verdict misses nothing else, any value settles it. {_of(frame, 'variable')}",
        empty="No verdict is undetermined: nothing that is missing could change one.",
        asked=TableQuery("blocking-variables", EXAMPLE),
    )


def groups(cohort: OpenCohort, selected: Selection) -> View:
    """Return the verdicts on a therapy in each group of patients, by a column of the table."""
    therapy, by = selected.therapy, selected.chosen
    columns = Box("Groups by a column of the table", "chosen", {n: n for n in cohort.columns})
    boxes = (_therapies(cohort), columns)
    if by not in cohort.columns:
        return View(pl.DataFrame(), "groups", boxes, empty="Choose a column of the table.")
    frame = cohort_views.groups(cohort, by, therapy)
    named = frame.with_columns(therapy="group", label="group")
    looks = charts.verdict_looks(cohort.guideline)
    chart = charts.stacked(named, looks, ("", ""), ("verdict", "patients"), of="group")
    return View(
        frame.drop("chosen"),
        f"groups-{therapy}",
        boxes,
        [(chart, f"Verdicts in each group, {_COUNTED}")],
        (),
        looks.values(),
    )


def conflicts(cohort: OpenCohort, selected: Selection) -> View:
    """Return which values do not go together."""
    frame = cohort_views.conflicts(cohort)
    tooltip = ("rule", "conflict", "patients")
    return View(
        frame.drop("chosen"),
        "conflicts",
        [Box("Conflict", "chosen", _labels(frame, "rule"))] if len(frame) else (),
        _divided(frame, selected, charts.CONFLICTS, tooltip, "Conflicts", of="records"),
        empty="No record of this cohort is in conflict with itself.",
        asked=TableQuery("conflicts", EXAMPLE),
    )


Shown = tuple[str, str, Callable[[OpenCohort, Selection], View]]
SHOWN: Mapping[str, Shown] = {  # the title of each view, that of its picture, and what makes it
    "verdicts": ("Verdicts", "Verdicts on each therapy", verdicts),
    "overlaps": ("Overlaps", "Therapies that patients are eligible for together", overlaps),
    "why-not": ("Why not", "Why not", why_not),
    "flow": ("Flow", "Flow of patients", flow),
    "missing": ("Missing", "Missing variables, by the verdicts that depend on them", missing),
    "groups": ("Groups", "Verdicts", groups),
    "conflicts": ("Conflicts", "Records in conflict with themselves", conflicts),
}


def titles(cohort: OpenCohort) -> Mapping[str, str]:
    """Return the titles of the views."""
    rejected = cohort.summary.rejected + cohort.summary.rejected_lesions
    named = {name: title for name, (title, _, _) in SHOWN.items()}
    return {**named, "rejected": f"Rejected rows ({rejected:,})"}


def words(cohort: OpenCohort, selected: Selection) -> tuple[str, str]:
    """Return the title of a picture, and what it counts."""
    therapy = cohort.guideline.therapies.get(selected.therapy)
    of = f": {therapy.label}" if therapy and selected.view in ("why-not", "flow", "groups") else ""
    by = f", by {selected.chosen}" if selected.view == "groups" else ""
    name = "the example cohort" if cohort.is_example else cohort.name
    if selected.silence == UNREMARKABLE:
        name += ", if nothing else is remarkable"
    patients_ = counted(cohort.summary.patients, "patient")
    return f"{SHOWN[selected.view][1]}{of}{by}", f"n = {patients_}, {name}"


def rejected(cohort: OpenCohort) -> None:
    """Show the rows that were not classified, with their reasons."""
    kinds = ((cohort.rejected, "rejected"), (cohort.rejected_lesions, "rejected.lesions"))
    if not any(len(frame) for frame, _ in kinds):
        st.info("No row was rejected: every row of the table was classified.")
        return
    st.caption(
        "These rows were not classified. Download them, correct the cells, and upload that file."
    )
    stem = cohort.name.rpartition(".")[0] or cohort.name
    for frame, what in kinds:
        if len(frame):
            told = frame.select(ROW, REASON, pl.exclude(ROW, REASON))
            python = of_rejected(read(cohort), what.replace(".", "_"))
            table(told.head(_REJECTED), f"{stem}.{what}", python=python, saved=told)


def _labels(frame: pl.DataFrame, label: str) -> dict[str, str]:
    counts = "verdicts" if "verdicts" in frame.columns else "patients"
    return {
        key: f"{told} ({count:,})"
        for key, told, count in frame.select("chosen", label, counts).iter_rows()
    }


def _divided(
    frame: pl.DataFrame,
    selected: Selection,
    parts: charts.Parts,
    tooltip: tuple[str, ...],
    told: str,
    *,
    of: str = "patients",
) -> list[tuple[alt.Chart | alt.LayerChart, str]]:
    """Return the chart of divided bars with its words, if there are any bars."""
    if frame.is_empty():
        return []
    head, chosen = frame.head(LONGEST), selected.chosen
    chart = charts.divided(head, tooltip[0], parts, tooltip=tooltip, chosen=chosen, title=of)
    return [(chart, f"{told}, by number of {of}; numbers in the table below")]


def _of(frame: pl.DataFrame, noun: str) -> str:
    """Return of how many bars those are that are shown."""
    if len(frame) <= LONGEST:
        return f"All {counted(len(frame), noun)} are shown." if len(frame) != 1 else ""
    return f"Shown: the {LONGEST} commonest of {counted(len(frame), noun)}."
