"""A cohort under two editions: who gains, loses, moves, by which criteria, and who they are."""

from __future__ import annotations

import polars as pl
import streamlit as st

from kg.cohorts.opened import OpenCohort, open_example
from kg.cohorts.selections import UNREMARKABLE
from kg.comparison.cohorts import DROPPED, NEW, SAME, SCHEMA, behind, chosen, compared, counts
from kg.engines.rejects import KeptRejects
from kg.guideline import Guideline
from kg.keys import ID, ROW
from kg.reference.inventory import encoded
from kg.reference.snippets import of_comparison
from kg.texts import counted
from kg.ui import pictures, session
from kg.ui.address import link
from kg.ui.cohort import charts
from kg.ui.cohort.state import UPLOAD, read
from kg.ui.compare.state import ALL, ASSUMED, LOOKS, box, pair_labels, sides_of
from kg.ui.patient.state import open_draft
from kg.ui.restoring import State, field, follow
from kg.ui.tables import joined, table
from kg.ui.term_views import notes
from kg.ui.words import literal, short

LARGEST = 100_000  # patients; the command compares more
_SHOWN, _TOP = 500, 15
_QUIET = [NEW, DROPPED, SAME]
_FROM, _TO = (pl.col(f"therapy_{side}").fill_null("") for side in ("from", "to"))
_PAIR = pl.when(_FROM == _TO).then(_FROM).otherwise(_FROM + ">" + _TO)  # as `pair_labels` has it


def show(before: Guideline, after: Guideline, state: State) -> None:
    """Show what became of the verdicts on the open cohort, the example where none is open."""
    cohort = session.cohort()
    if cohort is None and "cohort" in state:
        st.info(
            "This link shows a table that is not open in this session. Tables are never stored: "
            "open it again, and what the link selects will be shown."
        )
        link("cohort", "Open the table", icon=":material/upload:")
        return
    cohort = cohort or open_example(session.guideline())
    follow(state, "cohort", "" if cohort.is_example else UPLOAD)
    name = "the example cohort" if cohort.is_example else cohort.name
    patients = counted(cohort.summary.patients, "patient")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{patients}** · {literal(short(name))}", width="content")
        link("cohort", "Open another table", icon=":material/upload:")
        field(
            st.toggle,
            "If nothing else is remarkable",
            "compare:assumed",
            ASSUMED in state,
            lambda is_on: follow(state, ASSUMED, ALL if is_on else ""),
            help="Otherwise what is not recorded is unknown, and verdicts hold whatever it is.",
        )
    if cohort.summary.patients > LARGEST:
        st.info(
            f"This page compares up to {LARGEST:,} patients; 'hcc-kg compare' takes any number."
        )
        return
    editions = before, after
    frame = _compared(editions, cohort, state.get(ASSUMED))
    brief = pair_labels(*editions, brief=True)
    told = _PAIR.replace_strict(brief, return_dtype=pl.String).alias("label")
    both = counts(frame).drop_nulls(["therapy_from", "therapy_to"])
    numbers = both.select(_PAIR.alias("therapy"), told, *LOOKS)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        about = "; unremarkable where a record is silent" if ASSUMED in state else ""
        _chart(cohort, editions, numbers, f"n = {patients}, {name}{about}", state)
    own = frame.filter(_PAIR.eq(state["therapy"])) if "therapy" in state else frame
    with right:
        _patients(cohort, own, state, brief)
    for edition in editions:
        notes(edition)
    _criteria(cohort, editions, own, state)
    with st.expander("The numbers as a table"):
        table(numbers, "changes-of-editions", python=_python(cohort, state, "counts"))


def _compared(
    editions: tuple[Guideline, Guideline], cohort: OpenCohort, assume: str | None
) -> pl.DataFrame:
    """Return the comparison, which is kept in the session until another one is asked for."""

    def made() -> pl.DataFrame:
        with st.spinner("Comparing …"):
            one, other = (cohort.read_by(edition, assume) for edition in editions)
            pairs = chosen(*editions, None)
            frame = pl.concat([SCHEMA.to_frame(), *compared((one, other), pairs, KeptRejects())])
        return frame.with_columns(pl.col("change").cast(pl.String))

    about = cohort, *(edition.edition for edition in editions), assume
    return session.once("compare:frame", about, made)


def _chart(
    cohort: OpenCohort,
    editions: tuple[Guideline, Guideline],
    numbers: pl.DataFrame,
    about: str,
    state: State,
) -> None:
    """Show how often each change is for each pair of therapies; a bar that is clicked is chosen."""
    with st.container(horizontal=True):
        labels = dict(numbers.select("therapy", "label").iter_rows())
        box(state, "Therapy", "therapy", labels, "All, or click a bar")
        named = {name: f"{look.sign} {name}" for name, look in LOOKS.items()}
        box(state, "Change", "change", named)
    chosen_ = (state.get("therapy", ""), state.get("change", ""))
    index = ["therapy", "label"]
    bars = numbers.unpivot(index=index, variable_name="chosen", value_name="patients")
    chart = charts.stacked(bars, LOOKS, chosen_, ("chosen", "patients"), names=170)
    key = f"compare:chart:{state.get('therapy')}:{state.get('change')}"

    def hear(bar: dict[str, str]) -> None:
        if bar:
            state["therapy"], state["change"] = bar["therapy"], bar["chosen"]

    told = "What became of the verdicts on each therapy, by number of patients"
    fields = ("therapy", "chosen")
    charts.show(chart, f"{told}; numbers in the table below", key, fields, hear)
    pictures.legend(LOOKS.values())
    before, after = (edition.source.year for edition in editions)
    title = f"Verdicts from the edition of {before} to that of {after}"
    python = {"Python": _python(cohort, state, "counts")}
    pictures.saves(chart, "changes-of-editions", title, about, python)


def _patients(
    cohort: OpenCohort, frame: pl.DataFrame, state: State, labels: dict[str, str]
) -> None:
    """Show the patients behind what is chosen, one of whom can be compared in full."""
    change = pl.col("change")
    wanted = change == state["change"] if "change" in state else ~change.is_in(_QUIET)
    frame = frame.filter(wanted)
    names = frame[ID].unique(maintain_order=True)
    st.markdown(
        f"**{counted(len(names), 'patient')}** with **{counted(len(frame), 'verdict')}** so chosen"
    )
    if frame.is_empty():
        st.info("Nobody. Choose another therapy or change.")
        return
    flat = joined(frame)
    words = {name: label for name, (label, _) in cohort.guideline.verdicts.items()}
    verdicts = pl.col("verdict_from", "verdict_to").replace(words)
    therapy = _PAIR.replace(labels).alias("therapy")
    table(
        flat.head(_SHOWN).select(ID, therapy, "change", verdicts, "because_from", "because_to"),
        "patients-of-change",
        height=420,
        python=_python(cohort, state, "frame"),
        saved=flat,
    )

    def in_full(name: str | None) -> None:
        for row in cohort.results.filter(pl.col(ID) == name)[ROW].head(1):
            open_draft(cohort.draft(row))
            state["view"] = "patient"

    field(
        st.selectbox,
        "Compare one of them in full",
        "compare:cohort:patient",
        None,
        in_full,
        options=names.head(_SHOWN).to_list(),
        placeholder="Choose a patient",
        format_func=lambda name: short(name, 60),
    )


def _python(cohort: OpenCohort, state: State, part: str) -> str:
    """Return the Python that gives a part of the comparison, of patients those that are chosen."""
    how, where = read(cohort, UNREMARKABLE if ASSUMED in state else ""), list[str]()
    if part == "frame":
        if "therapy" in state:
            sides = zip(("from", "to"), sides_of(state["therapy"]), strict=True)
            where += [f"pl.col('therapy_{side}') == {name!r}" for side, name in sides if name]
        if "change" in state:
            where.append(f"pl.col('change') == {state['change']!r}")
        else:
            where.append(f"~pl.col('change').is_in({_QUIET})")
    return of_comparison(how, (state["from"], state["to"]), part, *where)


def _criteria(
    cohort: OpenCohort, editions: tuple[Guideline, Guideline], frame: pl.DataFrame, state: State
) -> None:
    """Show the criteria that decide most of the verdicts that changed, in either edition."""
    of = f": {pair_labels(*editions)[state['therapy']]}" if "therapy" in state else ""
    st.subheader(literal(f"Criteria behind most changes{of}"), anchor=False)
    sides, rows = dict(zip(("from", "to"), editions, strict=True)), []
    for side, name, number in behind(frame).head(_TOP).iter_rows():
        term = encoded(sides[side])[name]
        rows.append((sides[side].edition, term.label, name, ", ".join(term.places), number))
    columns = ["edition", "label", "criterion", "place", "verdicts that changed"]
    told = pl.DataFrame(rows, schema=columns, orient="row")
    table(told, "criteria-behind-changes", python=_python(cohort, state, "behind"))
