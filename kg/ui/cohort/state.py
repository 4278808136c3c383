"""What the page Cohort has in the session: the open cohort, what is selected, what is running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import streamlit as st

from kg.cohorts.opened import OpenCohort, shared_example
from kg.cohorts.selections import Selection, selection_at
from kg.guideline import Guideline
from kg.patients.drafts import Parameters
from kg.patients.reading import Reading
from kg.readers.uploads import Upload
from kg.ui import restoring, session
from kg.ui.session import COHORT, UPLOADED, cohort, uploaded
from kg.ui.words import short

_SELECTED, _TASK = "cohort:selected", "cohort:task"
_ERROR, _ROW, _TURN = "cohort:error", "cohort:row", "cohort:turn"
_AWAITED = "cohort:awaited"
EXAMPLE, UPLOAD = "example", "upload"
SHEET = "cohort:sheet"  # of a workbook that has several


@dataclass(frozen=True)
class UploadedTables:
    """Uploaded tables to classify; `mapping` is the text of a mapping file, if there is one."""

    patients: Upload
    lesions: Upload | None
    reading: Reading
    mapping: str = ""


def show(opened: OpenCohort) -> None:
    """Show another cohort; what is selected stays selected."""
    st.session_state[COHORT] = opened
    if not opened.is_example:
        st.session_state[UPLOADED] = opened
    st.session_state[_ROW] = None


def show_example(guideline: Guideline) -> None:
    """Show the example cohort."""
    show(shared_example(guideline))


def selection() -> Selection:
    """Return what is selected."""
    found: Selection = st.session_state.get(_SELECTED, Selection())
    return found


def select(new: Selection) -> None:
    """Select something else."""
    st.session_state[_SELECTED] = new
    st.session_state[_ROW] = None


def turn_to(view: str) -> None:
    """Show another view, with nothing chosen in it."""
    select(Selection(view, silence=selection().silence))


def choose(changes: Mapping[str, str], *, turn: bool = True) -> None:
    """Change a part of the selection; on a `turn` charts forget what was clicked in them."""
    select(replace(selection(), **changes))
    if turn:
        st.session_state[_TURN] = turns() + 1


def turns() -> int:
    """Return a number that changes whenever charts should start afresh."""
    found: int = st.session_state.get(_TURN, 0)
    return found


def picked() -> int | None:
    """Return the row of the patient that is picked."""
    found: int | None = st.session_state.get(_ROW)
    return found


def pick(row: int | None) -> None:
    """Pick a patient by its row."""
    st.session_state[_ROW] = row


def task() -> UploadedTables | None:
    """Return what is to be classified."""
    found: UploadedTables | None = st.session_state.get(_TASK)
    return found


def begin(new: UploadedTables) -> None:
    """Ask for a table to be classified."""
    st.session_state[_TASK] = st.session_state[session.TASK] = new
    st.session_state[_ERROR] = ""


def end(error: str = "") -> None:
    """Say that nothing is to be classified any more, and why where that is an error."""
    st.session_state[_TASK] = None
    st.session_state[_ERROR] = error


def error() -> str:
    """Return what was wrong with the last table."""
    found: str = st.session_state.get(_ERROR, "")
    return found


def is_awaited() -> bool:
    """Return whether the address is of a table that has to be uploaded first."""
    return bool(st.session_state.get(_AWAITED)) or bool(selection().chosen)


def follow_edition(guideline: Guideline) -> None:
    """Judge the open cohort anew where it was judged by another edition of the guideline."""
    opened, last = cohort(), st.session_state.get(session.TASK)
    if opened is None or opened.guideline.edition == guideline.edition:
        return
    st.session_state[COHORT] = None
    if opened.is_example:
        show_example(guideline)
    elif last is not None:
        begin(last)


def restore(guideline: Guideline) -> None:
    """Take the state of the page from its address, where that brings one."""
    restoring.restore(partial(_read, guideline), parameters)


def _read(guideline: Guideline, brought: Parameters) -> list[str]:
    given: dict[str, Sequence[str]] = dict(brought)
    which = (given.pop("cohort", None) or [""])[-1]
    found, strangers = selection_at(guideline, given)
    choose(asdict(found))
    st.session_state[_AWAITED] = which == UPLOAD
    if which == EXAMPLE and not getattr(cohort(), "is_example", False):
        show_example(guideline)
    elif which == UPLOAD and (own := uploaded()) is not None:
        show(own)
    elif which not in ("", EXAMPLE, UPLOAD):
        strangers = (*strangers, f"cohort={which}")
    told = [short(name) for name in strangers]
    return [f"parts that select nothing here: {', '.join(told)}"] if told else []


def parameters() -> Mapping[str, list[str]]:
    """Return the parameters of the address of what is shown."""
    opened, selected = cohort(), selection()
    if opened is None:
        awaited: dict[str, list[str]] = {"cohort": [UPLOAD], **selected.parameters()}
        return awaited if is_awaited() else {}
    which = EXAMPLE if opened.is_example else UPLOAD
    return {"cohort": [which], **selected.parameters()}
