"""A cohort under two editions: who gains, loses, moves, by which criteria, and who they are."""

from __future__ import annotations

import polars as pl
import streamlit as st

from kg.cohorts.opened import OpenCohort, shared_example
from kg.cohorts.selections import UNREMARKABLE
from kg.comparison.cohorts import DROPPED, NEW, SCHEMA, behind, chosen, compared
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
from kg.ui.compare.state import ALL, ASSUMED, LOOKS, box, pair_labels
from kg.ui.patient.state import open_draft
from kg.ui.restoring import State, field, follow
from kg.ui.tables import table
from kg.ui.term_views import notes
from kg.ui.words import literal, short

LARGEST = 100_000  # patients; the command compares more
_SHOWN, _TOP = 500, 15
_HELD = "compare:frame"
_QUIET = [NEW, DROPPED, "same"]
_LISTS = ("because_from", "because_to")


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
    cohort = cohort or shared_example(session.guideline())
    state.pop("cohort", None)
    if not cohort.is_example:
        state["cohort"] = UPLOAD
    name = "the example cohort" if cohort.is_example else literal(short(cohort.name))
    with st.container(horizontal=True, vertical_alignment="center"):
        patients = counted(cohort.summary.patients, "patient")
        st.markdown(f"**{patients}** · {name}", width="content")
        link("cohort", "Open another table", icon=":material/upload:")
        _toggle(state)
    if cohort.summary.patients > LARGEST:
        st.info(
            f"This page compares up to {LARGEST:,} patients; 'hcc-kg compare' takes any number."
        )
        return
    frame = _compared(before, after, cohort, assumed=state.get(ASSUMED) == ALL)
    labels = pair_labels(before, after)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        brief = pair_labels(before, after, brief=True)
        counts = _counts(frame, brief)
        _chart(cohort, (before, after), counts, state)
    with right:
        _patients(cohort, _selected(frame, state, labels), state, brief)
    for edition in (before, after):
        notes(edition)
    _criteria((before, after), cohort, frame, state, labels)
    with st.expander("The numbers as a table"):
        table(_wide(counts), "changes-of-editions", python=_python(cohort, state, "counts"))


def _toggle(state: State) -> None:
    field(
        st.toggle,
        "Assume the unremarkable where a record is silent",
        "compare:assumed",
        state.get(ASSUMED) == ALL,
        lambda is_on: follow(state, ASSUMED, ALL if is_on else ""),
        help="Otherwise what is not recorded is unknown, and verdicts hold whatever it is.",
    )


def _compared(
    before: Guideline, after: Guideline, cohort: OpenCohort, *, assumed: bool
) -> pl.DataFrame:
    """Return the comparison, which is kept in the session until another one is asked for."""

    def made() -> pl.DataFrame:
        with st.spinner("Comparing …"):
            one, other = (cohort.read_by(e, ALL if assumed else None) for e in (before, after))
            pairs = chosen(before, after, None)
            frame = pl.concat([SCHEMA.to_frame(), *compared((one, other), pairs, KeptRejects())])
        return frame.with_columns(pl.col("change").cast(pl.String))

    return session.once(_HELD, (cohort, before.edition, after.edition, assumed), made)


def _key() -> pl.Expr:
    one, other = (pl.col(f"therapy_{side}").fill_null("") for side in ("from", "to"))
    return pl.when(one == other).then(one).otherwise(one + ">" + other)


def _counts(frame: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """Return how often each change is, for each pair of therapies that both editions judge."""
    both = frame.filter(~pl.col("change").is_in([NEW, DROPPED]))
    counted_ = both.group_by(_key().alias("therapy"), "change", maintain_order=True).len("patients")
    told = pl.col("therapy").replace_strict(labels, return_dtype=pl.String).alias("label")
    return counted_.with_columns(told)


def _wide(counts: pl.DataFrame) -> pl.DataFrame:
    wide = counts.pivot("change", index=["therapy", "label"], values="patients")
    missing = [pl.lit(0).alias(name) for name in LOOKS if name not in wide.columns]
    return wide.with_columns(missing).select("therapy", "label", *LOOKS).fill_null(0)


def _chart(
    cohort: OpenCohort, editions: tuple[Guideline, Guideline], counts: pl.DataFrame, state: State
) -> None:
    with st.container(horizontal=True):
        labels = dict(counts.select("therapy", "label").unique(maintain_order=True).iter_rows())
        box(state, "Therapy", "therapy", labels, "All, or click a bar")
        named = {name: f"{look.sign} {name}" for name, look in LOOKS.items()}
        box(state, "Change", "change", named)
    chosen_ = (state.get("therapy", ""), state.get("change", ""))
    frame = counts.rename({"change": "chosen"})
    chart = charts.stacked(frame, LOOKS, chosen_, ("chosen", "patients"), names=170)
    key = f"compare:chart:{state.get('therapy')}:{state.get('change')}"

    def clicked() -> None:
        for bar in st.session_state[key]["selection"].get(charts.BAR) or []:
            state["therapy"], state["change"] = bar["therapy"], bar["chosen"]

    st.altair_chart(
        pictures.readable(chart),
        key=key,
        on_select=clicked,
        selection_mode=charts.BAR,
        alt="What became of the verdicts on each therapy, by number of patients; numbers in the "
        "table below",
    )
    pictures.legend(LOOKS.values())
    before, after = (edition.source.year for edition in editions)
    name = "the example cohort" if cohort.is_example else cohort.name
    patients = counted(cohort.summary.patients, "patient")
    about = "; unremarkable where a record is silent" if state.get(ASSUMED) else ""
    pictures.saves(
        chart,
        "changes-of-editions",
        f"Verdicts from the edition of {before} to that of {after}",
        f"n = {patients}, {name}{about}",
        {"Python": _python(cohort, state, "counts")},
    )


def _selected(frame: pl.DataFrame, state: State, labels: dict[str, str]) -> pl.DataFrame:
    """Return the rows of the therapy and the change that are chosen; changes where none is."""
    if (therapy := state.get("therapy")) in labels:
        frame = frame.filter(_key() == therapy)
    if (change := state.get("change")) is not None:
        return frame.filter(pl.col("change") == change)
    return frame.filter(~pl.col("change").is_in(_QUIET))


def _patients(
    cohort: OpenCohort, frame: pl.DataFrame, state: State, labels: dict[str, str]
) -> None:
    """Show the patients behind what is chosen, one of whom can be compared in full."""
    names = frame[ID].unique(maintain_order=True)
    st.markdown(
        f"**{counted(len(names), 'patient')}** with **{counted(len(frame), 'verdict')}** so chosen"
    )
    if frame.is_empty():
        st.info("Nobody. Choose another therapy or change.")
        return
    flat = frame.with_columns(pl.col(name).list.join(";") for name in _LISTS)
    words = {name: label for name, (label, _) in cohort.guideline.verdicts.items()}
    verdicts_ = (pl.col(f"verdict_{side}").replace(words) for side in ("from", "to"))
    therapy = _key().replace(labels).alias("therapy")
    table(
        flat.head(_SHOWN).select(ID, therapy, "change", *verdicts_, *_LISTS),
        "patients-of-change",
        height=420,
        python=_python(cohort, state, "frame"),
        saved=flat,
    )
    if len(frame) > _SHOWN:
        st.caption(f"The first {_SHOWN} are shown; the downloads have all.")
    field(
        st.selectbox,
        "Compare one of them in full",
        "compare:cohort:patient",
        None,
        lambda name: _open(cohort, name),
        options=names.head(_SHOWN).to_list(),
        placeholder="Choose a patient",
        format_func=lambda name: short(name, 60),
    )


def _python(cohort: OpenCohort, state: State, part: str) -> str:
    """Return the Python that gives a part of the comparison, of patients those that are chosen."""
    how, where = read(cohort, UNREMARKABLE if state.get(ASSUMED) else ""), list[str]()
    if part == "frame":
        if "therapy" in state:
            one, arrow, other = state["therapy"].partition(">")
            sides = {"from": one, "to": other if arrow else one}
            where += [f"pl.col('therapy_{side}') == {n!r}" for side, n in sides.items() if n]
        if "change" in state:
            where.append(f"pl.col('change') == {state['change']!r}")
        else:
            where.append(f"~pl.col('change').is_in({_QUIET})")
    return of_comparison(how, (state["from"], state["to"]), part, *where)


def _open(cohort: OpenCohort, name: str | None) -> None:
    rows = cohort.results.filter(pl.col(ID) == name)[ROW]
    if len(rows):
        open_draft(cohort.draft(rows[0]))
        st.session_state["compare:state"]["view"] = "patient"


def _criteria(
    editions: tuple[Guideline, Guideline],
    cohort: OpenCohort,
    frame: pl.DataFrame,
    state: State,
    labels: dict[str, str],
) -> None:
    """Show the criteria that decide most of the verdicts that changed, in either edition."""
    therapy = state.get("therapy")
    own = frame.filter(_key() == therapy) if therapy in labels else frame
    of = f": {labels[str(therapy)]}" if therapy in labels else ""
    st.subheader(literal(f"Criteria behind most changes{of}"), anchor=False)
    sides, rows = dict(zip(("from", "to"), editions, strict=True)), []
    for side, name, number in behind(own).head(_TOP).iter_rows():
        term = encoded(sides[side])[name]
        rows.append((sides[side].edition, term.label, name, ", ".join(term.places), number))
    columns = ["edition", "label", "criterion", "place", "verdicts that changed"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    table(frame, "criteria-behind-changes", python=_python(cohort, state, "behind"))
