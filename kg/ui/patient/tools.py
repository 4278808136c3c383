"""What can be done with a patient: load, save, share, compare, verify, print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from kg.explanation import tables as side_by_side
from kg.explanation.report import report
from kg.guideline import Guideline
from kg.keys import ID, ROW
from kg.patients.drafts import LONGEST, Draft, not_understood, query_string, rows_of
from kg.ui import address, session
from kg.ui.patient import hermit, state
from kg.ui.patient.line import bundle
from kg.ui.patient.state import OTHER, Judged, examples
from kg.ui.taking import download
from kg.ui.words import literal, short, verdict_badge

_OFFERED = 1_000  # patients of a table that are offered to open
_BUTTON: dict[str, Any] = {"type": "secondary", "on_click": "rerun"}


def tools(guideline: Guideline, judged: Judged) -> None:
    """Show the row of tools."""
    with st.popover("Load", icon=":material/folder_open:"):
        _load(guideline)
        bundle(guideline)
    box = st.popover("Save and share", icon=":material/save:", key=state.SAVE, on_change="rerun")
    if box.open:  # the report takes a quarter of what a page takes without it
        with box:
            _save(guideline, judged)
    with st.popover("Compare", icon=":material/compare_arrows:"):
        _choose_other(guideline)
    hermit.button(guideline)
    st.button(
        "Clear",
        icon=":material/delete:",
        on_click=state.open_draft,
        args=(Draft(),),
        disabled=judged.draft == Draft(),
        help="Start with an empty record",
    )


def _load(guideline: Guideline) -> None:
    known = examples(guideline)
    names = {name: name for name in known}
    _open_one("A patient of the example cohort", names, "Open", known.__getitem__)
    cohort = session.uploaded()
    if cohort is None:
        address.link("cohort", "Open a table of yours", icon=":material/upload:")
        st.caption("Its patients can then be opened here.")
        return
    rows = cohort.results.head(_OFFERED).select(ROW, ID).iter_rows()
    label = f"A patient of {literal(short(cohort.name))}"
    _open_one(label, {row: short(name) for row, name in rows}, "Open this one", cohort.draft)
    if cohort.results.height > _OFFERED:
        st.caption(f"These are the first {_OFFERED:,}; the Cohort page finds the others.")


def _open_one(
    label: str, offered: Mapping[Any, str], button: str, draft: Callable[[Any], Draft]
) -> None:
    """Offer the drafts of patients, who are offered in words."""
    told = offered.__getitem__
    one = st.selectbox(label, offered, index=None, format_func=told, placeholder="choose one")
    st.button(button, disabled=one is None, on_click=lambda: state.open_draft(draft(one)))


def _save(guideline: Guideline, judged: Judged) -> None:
    draft = judged.draft
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in draft.patient_id)[:60]
    stem = stem or "patient"
    st.text_input(
        "Patient identifier",
        value=draft.patient_id,
        key=f"{state.FIELD}patient_id",
        on_change=lambda: state.change(
            patient_id=st.session_state[f"{state.FIELD}patient_id"].strip()
        ),
        help="Do not use a name: the identifier is part of the link and of files.",
    )
    with st.container(horizontal=True):
        wrong = not_understood(guideline, judged.parsed).values()
        page = report(guideline, judged.parsed.record, judged.explanation, wrong)
        told = "To print: record, verdicts, reasons, places"
        # Made with the page: what is made on demand can miss a rerun.
        download(f"{stem}.html", page, "Report", icon=":material/print:", help=told, **_BUTTON)
        patients, lesions = rows_of(draft, draft.patient_id or "patient")
        download(f"{stem}.csv", _csv(patients), "Record", **_BUTTON)
        if lesions:
            download(f"{stem}.lesions.csv", _csv(lesions), "Lesions", **_BUTTON)
    link = f"{(st.context.url or '').split('?')[0]}?{query_string(draft)}"
    st.markdown("**Link**: it contains the whole record; anyone who has the link can read it.")
    st.code(link, language=None, wrap_lines=True)
    if len(link) > LONGEST:
        st.warning("This link is long; some browsers cut it. Save the record instead.")


def _csv(rows: list[dict[str, str]]) -> str:
    return pl.DataFrame(rows, infer_schema_length=None).write_csv()


def _choose_other(guideline: Guideline) -> None:
    known = examples(guideline)
    name = st.selectbox(
        "With a patient of the example cohort", list(known), index=None, placeholder="choose one"
    )
    with st.container(horizontal=True):
        st.button(
            "Compare with it",
            disabled=name is None,
            on_click=_set_other,
            args=(known[name] if name else None,),
        )
        st.button(
            "Keep this record to compare",
            on_click=lambda: _set_other(session.draft()),
            help="Then change the record or open another: the differences are shown",
        )
    address.link("compare", "Under both editions", {"view": "patient"}, icon=":material/menu_book:")


def _set_other(other: Draft | None) -> None:
    st.session_state[OTHER] = other


def compared(guideline: Guideline, first: Judged, second: Judged) -> None:
    """Show two patients side by side, with the differences marked."""
    only = st.toggle("Only differences", value=True, key="patient:differences")
    names = [literal(short(j.draft.patient_id)) or "unnamed" for j in (first, second)]
    names = [f"{names[0]} (this record)", f"{names[1]} (compared)"]
    verdicts = side_by_side.verdicts(guideline, first.result, second.result)
    facts = side_by_side.facts(guideline, first.parsed.record, second.parsed.record)
    badge = partial(verdict_badge, guideline)
    pairs = [(p.label, badge(p.first), badge(p.second), p.differs) for p in verdicts]
    pairs += [(p.label, literal(p.first), literal(p.second), p.differs) for p in facts]
    rows = [
        f"| {'≠' if differs else ''} | {literal(label)} | {one} | {another} |"
        for label, one, another, differs in pairs
        if differs or not only
    ]
    if rows:
        head = f"| Differs | Verdict or fact | {names[0]} | {names[1]} |"
        st.markdown("\n".join([head, "| --- | --- | --- | --- |", *rows]))
    else:
        st.info("The two records do not differ.")
    st.button("End the comparison", on_click=_set_other, args=(None,), icon=":material/close:")
