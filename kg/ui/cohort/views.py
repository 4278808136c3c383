"""The views of an open cohort: a chart, what can be chosen in it, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

import altair as alt
import polars as pl
import streamlit as st

from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort
from kg.cohorts.selections import VIEWS
from kg.keys import REASON, ROW
from kg.reasoning.verdicts import CONTRAINDICATED, VERDICTS
from kg.texts import counted
from kg.ui import pictures
from kg.ui.cohort import charts, state
from kg.ui.tables import TableQuery, table

LONGEST = 15  # bars of a chart; the numbers have all
_EXAMPLE = {"graph": "hcc:graph/verdicts/example"}
_REJECTED = 200


def titles(cohort: OpenCohort) -> Mapping[str, str]:
    """Return the names of the views."""
    rejected = cohort.report.rejected + cohort.report.rejected_lesions
    told = ("Verdicts", "Overlaps", "Why not", "Missing", "Conflicts")
    return dict(zip(VIEWS, (*told, f"Rejected rows ({rejected:,})"), strict=True))


@dataclass(frozen=True)
class Numbers:
    """The numbers behind a chart, and the saved question that gives them for the example."""

    frame: pl.DataFrame
    name: str
    asked: TableQuery


def verdicts(cohort: OpenCohort) -> Numbers:
    """Show the verdicts on each therapy."""
    frame, chosen = cohort_views.verdicts(cohort), state.selection()
    guideline = cohort.guideline
    words = {word: guideline.verdicts[word][0] for word in VERDICTS}
    left, right = st.columns(2)
    with left:
        _box("Therapy", "therapy", {t.therapy: t.label for t in cohort.report.therapies})
    with right:
        _box("Verdict", "chosen", words, disabled=not chosen.therapy)
    names = cohort_views.short_names(guideline)
    named = frame.with_columns(pl.col("therapy").replace_strict(names).alias("therapy_label"))
    chart = charts.verdicts(guideline, named, (chosen.therapy, chosen.chosen))
    told = "Verdicts on each therapy, by number of patients; numbers in the table below"
    _chart(cohort, chart, told, chart)
    _legend(charts.verdict_legend(guideline))
    asked = TableQuery("verdict-counts", _EXAMPLE)
    return Numbers(frame.drop("therapy", "chosen"), "verdicts", asked)


def overlaps(cohort: OpenCohort) -> Numbers:
    """Show for which therapies patients are eligible together."""
    frame = cohort_views.overlaps(cohort)
    head, names = frame.head(LONGEST), list(cohort_views.short_names(cohort.guideline).values())
    _box("Eligible for exactly", "chosen", _labels(frame, "eligible_for"))
    with st.container(gap=None):
        bars = charts.overlap_bars(head, state.selection().chosen)
        told = "Combinations of therapies, by number of patients; numbers in the table below"
        _chart(cohort, bars, told, None)
        dots = charts.overlap_dots(cohort_views.dots(cohort, head), names)
        st.altair_chart(
            dots, alt="Which therapies make each combination; the table below names them"
        )
    save(cohort, alt.vconcat(bars, dots, spacing=0))
    st.caption(
        "A bar counts the patients who are eligible, cautions or not, for exactly the therapies "
        f"that are dotted below it. {_of(head, frame, 'combination')}"
    )
    asked = TableQuery("therapies-per-patient", _EXAMPLE)
    return Numbers(frame.drop("chosen"), "overlaps", asked)


def why_not(cohort: OpenCohort) -> Numbers:
    """Show why a therapy is contraindicated or not indicated."""
    if not state.selection().therapy:
        state.choose({"therapy": _most_contraindicated(cohort)}, turn=False)
    therapy = state.selection().therapy
    frame = cohort_views.why_not(cohort, therapy)
    left, right = st.columns(2)
    with left:
        _box("Therapy", "therapy", {t.therapy: t.label for t in cohort.report.therapies})
    with right:
        _box("Because of", "chosen", _labels(frame, "reason"))
    if frame.is_empty():
        st.info(
            "This therapy is contraindicated or not indicated for nobody. Choose another therapy."
        )
    else:
        chart = charts.why_not(frame.head(LONGEST), state.selection().chosen)
        told = "Why the therapy is not available, by number of patients; numbers in the table below"
        _chart(cohort, chart, told, chart)
        _legend(charts.WHY_NOT_LEGEND)
    asked = TableQuery("commonest-contraindications", {"therapy": therapy, **_EXAMPLE})
    return Numbers(frame.drop("therapy", "chosen"), f"why-not-{therapy}", asked)


def missing(cohort: OpenCohort) -> Numbers:
    """Show which variables are missing, by how many verdicts they block."""
    frame = cohort_views.missing(cohort)
    head = frame.head(LONGEST)
    if frame.is_empty():
        st.info("No verdict is undetermined: nothing that is missing could change one.")
    else:
        _box("Missing variable", "chosen", _labels(frame, "variable"))
        chart = charts.missing(head, state.selection().chosen)
        told = "Missing variables, by number of verdicts they block; numbers in the table below"
        _chart(cohort, chart, told, chart)
        _legend(charts.MISSING_LEGEND)
        st.caption(
            "A bar counts the undetermined verdicts that depend on a variable. Where a verdict "
            f"misses nothing else, any value settles it. {_of(head, frame, 'variable')}"
        )
    return Numbers(
        frame.drop("chosen"), "missing-variables", TableQuery("blocking-variables", _EXAMPLE)
    )


def conflicts(cohort: OpenCohort) -> Numbers:
    """Show which values do not go together."""
    frame = cohort_views.conflicts(cohort)
    if frame.is_empty():
        st.info("No record of this cohort is in conflict with itself.")
    else:
        _box("Conflict", "chosen", _labels(frame, "rule"))
        chart = charts.conflicts(frame, state.selection().chosen)
        told = "Conflicts, by number of records; numbers in the table below"
        _chart(cohort, chart, told, chart)
    return Numbers(frame.drop("chosen"), "conflicts", TableQuery("conflicts", _EXAMPLE))


SHOWN: Mapping[str, Callable[[OpenCohort], Numbers]] = dict(
    zip(VIEWS, (verdicts, overlaps, why_not, missing, conflicts), strict=False)
)


def numbers(cohort: OpenCohort, told: Numbers) -> None:
    """Show the numbers of a chart; the graph has the example cohort only, so only that asks it."""
    with st.expander("The numbers as a table"):
        table(told.frame, f"cohort-{told.name}", told.asked if cohort.is_example else None)


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
            table(told.head(_REJECTED), f"{stem}.{what}")
            if len(told) > _REJECTED:
                st.download_button(
                    f"All {counted(len(told), 'row')}",
                    told.write_csv,
                    f"{stem}.{what}.csv",
                    "text/csv",
                    key=f"cohort:all:{what}",
                    icon=":material/download:",
                )


def _legend(legend: charts.Legend) -> None:
    """Show what the colours of a chart mean: beside charts, which would cut it where narrow."""
    entries = "".join(
        '<span style="display:inline-block;margin-right:1rem;white-space:nowrap">'
        f'<span aria-hidden="true" style="color:{colour}">■</span> {escape(told)}</span>'
        for colour, told in legend
    )
    st.html(f'<div style="font-size:0.875rem">{entries}</div>')


def _chart(
    cohort: OpenCohort,
    chart: alt.Chart | alt.LayerChart,
    told: str,
    saved: pictures.Chart | None,
) -> None:
    """Show a chart that can be clicked, and offer what is `saved` of it."""
    key = f"cohort:chart:{state.selection().view}:{state.turns()}"

    def clicked() -> None:
        bars = st.session_state[key]["selection"].get(charts.BAR) or []
        if bars:
            state.choose({name: str(value) for name, value in bars[-1].items()}, turn=False)
        else:
            state.choose({"chosen": ""}, turn=False)

    st.altair_chart(chart, key=key, on_select=clicked, selection_mode=charts.BAR, alt=told)
    if saved:
        save(cohort, saved)


def save(cohort: OpenCohort, chart: pictures.Chart) -> None:
    """Offer a chart of a cohort to be saved."""
    view = state.selection().view
    patients = counted(cohort.report.patients, "patient")
    name = "the example cohort" if cohort.is_example else cohort.name
    therapy = cohort.guideline.therapies.get(state.selection().therapy)
    of = f": {therapy.label}" if therapy and view == "why-not" else ""
    pictures.saves(
        chart, f"cohort-{view}", f"{titles(cohort)[view]}{of}", f"n = {patients}, {name}"
    )


def _box(
    label: str,
    field: str,
    options: Mapping[str, str],
    *,
    disabled: bool = False,
) -> None:
    """Show a selectbox for a part of the selection, for those who do not click on charts."""
    key = f"cohort:box:{state.selection().view}:{field}"
    chosen: str = getattr(state.selection(), field)
    st.session_state[key] = chosen if chosen in options else None

    def changed() -> None:
        new = st.session_state[key] or ""
        state.choose({"therapy": new, "chosen": ""} if field == "therapy" else {field: new})

    st.selectbox(
        label,
        list(options),
        index=None,
        format_func=lambda name: options.get(name, name),
        key=key,
        on_change=changed,
        disabled=disabled,
        placeholder="Choose, or click a bar",
    )


def _labels(frame: pl.DataFrame, label: str) -> dict[str, str]:
    counts = frame.columns.index("verdicts" if "verdicts" in frame.columns else "patients")
    return {
        row[frame.columns.index("chosen")]: f"{row[frame.columns.index(label)]} ({row[counts]:,})"
        for row in frame.iter_rows()
    }


def _most_contraindicated(cohort: OpenCohort) -> str:
    best = max(cohort.report.therapies, key=lambda each: each.verdicts[CONTRAINDICATED])
    return best.therapy


def _of(shown: pl.DataFrame, frame: pl.DataFrame, noun: str) -> str:
    if len(shown) == len(frame):
        return f"All {counted(len(frame), noun)} are shown." if len(frame) != 1 else ""
    return f"Shown: the {len(shown)} commonest of {counted(len(frame), noun)}."
