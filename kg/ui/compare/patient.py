"""A patient under two editions: the stages first, then both verdicts and what turns them."""

from __future__ import annotations

import streamlit as st

from kg.comparison.cohorts import DROPPED, NEW, SAME
from kg.comparison.patients import ComparedTherapy, Side, Told, alike, compared_patient, frame_of
from kg.explanation.wording import MISSING, listed, named
from kg.guideline import Guideline
from kg.guideline.rules import Correspondence
from kg.patients.assumptions import unremarkable
from kg.patients.drafts import Draft, not_understood, parameters_of, rows_of
from kg.reference.snippets import TableRead, of_comparison
from kg.texts import counted
from kg.ui import session
from kg.ui.address import link
from kg.ui.compare.state import BADGES
from kg.ui.patient.state import Judged, examples, judged, open_draft
from kg.ui.restoring import State, field
from kg.ui.tables import joined, table
from kg.ui.words import literal, short, verdict_badge

_QUIET = (SAME, NEW, DROPPED)


def show(before: Guideline, after: Guideline, state: State) -> None:
    """Show the patient of this session under both editions."""
    draft = session.draft()
    _choose(after)
    if not draft.cells and not draft.lesions:
        st.info("Nothing is known of this patient yet. Choose an example, or enter a record.")
        return
    both = [judged(edition, draft) for edition in (before, after)]
    _stages((before, after), both)
    if wrong := not_understood(after, both[1].parsed):
        told = "; ".join(literal(each) for each in wrong.values())
        st.error(f"Not understood, and treated as unknown: {told}.", icon=":material/error:")
    for conflict in both[1].explanation.conflicts:
        st.warning(f"Conflict in the record: {literal(conflict.message)}")
    sides = (
        Side(edition, one.parsed.record, one.result)
        for edition, one in zip((before, after), both, strict=True)
    )
    rows = list(compared_patient(*sides))
    changed = [row for row in rows if row.change not in _QUIET]
    st.markdown(f"**{counted(len(changed), 'verdict')}** of {len(rows)} changed")
    every = st.toggle("Also what is the same, new or dropped", key="compare:patient:every")
    for group in alike(rows if every else changed):
        _card(before, after, group)
    with st.expander("As a table"):
        name = draft.patient_id or "patient"
        faults = {fault for one in both for fault in one.parsed.faults}
        patients, lesions = rows_of(draft, name, faults)
        usual = unremarkable(before) | unremarkable(after)
        assumed = {each: usual[each] for each in draft.assumed if each in usual}
        given = TableRead(patients, lesions or None, {}, "", assumed)
        table(
            joined(frame_of(name, rows)),
            "compared-patient",
            python=of_comparison(given, (before.edition, after.edition), "frame"),
        )


def _choose(guideline: Guideline) -> None:
    draft, known = session.draft(), examples(guideline)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        field(
            st.selectbox,
            "A patient of the example cohort",
            "compare:example",
            draft.patient_id if draft.patient_id in known else None,
            lambda name: open_draft(known.get(name, Draft())),
            options=list(known),
            placeholder="Choose one",
            width=300,
        )
        label = f"Record of {literal(short(draft.patient_id))}" if draft.patient_id else "Record"
        link("patient", label, parameters_of(draft), icon=":material/edit:")


def _stages(editions: tuple[Guideline, Guideline], both: list[Judged]) -> None:
    for edition, one in zip(editions, both, strict=True):
        if (stage := one.explanation.stage) is None:
            continue
        word = "Stage" if len(stage.possible) == 1 else "Stages still possible"
        st.markdown(f"**{word} in {edition.source.year}:** {literal(stage.text)}")
        if stage.missing:
            open_ = listed(missing.label for missing in stage.missing)
            st.caption(f"{MISSING}, and would settle it: {literal(open_)}.")


def _card(before: Guideline, after: Guideline, group: tuple[ComparedTherapy, ...]) -> None:
    """Show therapies of which both editions say the same for the same reasons."""
    first, *_ = group
    with st.container(border=True, gap="small"):
        labels = literal(", ".join(row.label for row in group))
        st.markdown(f"{BADGES[first.change]} **{labels}**")
        for column, edition, told in zip(
            st.columns(2, gap="medium"), (before, after), (first.before, first.after), strict=True
        ):
            with column:
                _told(edition, told)
        for one in first.turning:
            st.markdown(f":small[{_turned(before, after, one)}]")


def _told(edition: Guideline, told: Told | None) -> None:
    if told is None:
        st.markdown(f"{edition.source.year}: :gray-badge[no criteria for this therapy]")
        return
    st.markdown(f"{edition.source.year}: {verdict_badge(edition, told.verdict)}")
    st.markdown(f":small[{literal(told.decision.clause)}.]")
    for note in told.therapy.notes:
        st.markdown(f":small[**{literal(note)}**]")


def _turned(before: Guideline, after: Guideline, one: Correspondence) -> str:
    """Return in a sentence what became of a criterion."""
    sides = ((before, one.earlier), (after, one.later))
    names = [literal(named(edition, name)) for edition, name in sides if name]
    change = f": {literal(one.change)}" if one.change else ""
    return f"{' → '.join(names)} **{one.relation}**{change}"
