"""What the page Cohort has in the session: the open cohort, what is selected, what is running.

What it shows of that is given as Python to run elsewhere, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kg.cohorts.opened import OpenCohort, open_example
from kg.cohorts.selections import UNREMARKABLE, Selection, selection_at
from kg.guideline import Guideline
from kg.paths import example_cohort, example_lesions
from kg.patients.assumptions import ALL
from kg.patients.drafts import Parameters
from kg.patients.reading import Options
from kg.readers.uploads import Upload
from kg.reference.snippets import TableRead, of_cohort, of_notebook
from kg.ui import restoring, session
from kg.ui.session import COHORT, UPLOADED, cohort, uploaded
from kg.ui.words import literal, short

EXAMPLE, UPLOAD = "example", "upload"
PATIENTS, LESIONS = "cohort:patients", "cohort:lesions"  # tables that are uploaded
SHEET = "cohort:sheet"  # of a workbook that has several


@dataclass(frozen=True)
class UploadedTables:
    """Uploaded tables to classify, and how they are read."""

    patients: Upload
    lesions: Upload | None
    options: Options

    @property
    def mapping(self) -> str:
        """The text of the mapping file, if there is one."""
        file = self.options.get("mapping")
        return file.content.decode("utf-8-sig") if isinstance(file, Upload) else ""


def tables_of(
    patients: UploadedFile, lesions: UploadedFile | None, options: Options
) -> UploadedTables:
    """Return the tables of a form, read by what is said there."""
    second = Upload(lesions.name, lesions.getvalue()) if lesions else None
    return UploadedTables(Upload(patients.name, patients.getvalue()), second, options)


@dataclass
class CohortState:
    """What is selected of the open cohort, which patient is picked, what is to be classified."""

    selection: Selection = field(default_factory=Selection)
    row: int | None = None  # of the patient that is picked
    turn: int = 0  # is another one whenever charts should start afresh
    task: UploadedTables | None = None
    error: str = ""  # what was wrong with the last table
    awaited: bool = False  # whether the address is of a table that has to be uploaded first

    def select(self, new: Selection) -> None:
        """Select something else."""
        self.selection, self.row = new, None

    def turn_to(self, view: str) -> None:
        """Show another view, with nothing chosen in it."""
        self.select(Selection(view, silence=self.selection.silence))

    def choose(self, changes: Mapping[str, str], *, turn: bool = True) -> None:
        """Change a part of the selection; on a `turn` charts forget what was clicked in them."""
        self.select(replace(self.selection, **changes))
        self.turn += turn

    def pick(self, row: int | None) -> None:
        """Pick a patient by its row."""
        self.row = row

    def begin(self, new: UploadedTables) -> None:
        """Ask for a table to be classified."""
        self.task, self.error = new, ""

    def end(self, error: str = "") -> None:
        """Say that nothing is to be classified any more, and why where that is an error."""
        self.task, self.error = None, error


def now() -> CohortState:
    """Return the state of the page in this session."""
    found: CohortState = st.session_state.setdefault("cohort:state", CohortState())
    return found


def show(opened: OpenCohort) -> None:
    """Show another cohort; what is selected stays selected."""
    st.session_state[COHORT] = opened
    if not opened.is_example:
        st.session_state[UPLOADED] = opened
    now().row = None


def show_example(guideline: Guideline) -> None:
    """Show the example cohort."""
    show(open_example(guideline))


def follow_edition(guideline: Guideline) -> None:
    """Judge the open cohort anew where it was judged by another edition of the guideline."""
    opened, last = cohort(), st.session_state.get(session.TASK)
    if opened is None or opened.guideline.edition == guideline.edition:
        return
    found, strangers = selection_at(guideline, now().selection.parameters())
    now().choose(asdict(found))
    if strangers:
        st.info(f"Not in this edition: {literal(', '.join(map(short, strangers)))}.")
    st.session_state[COHORT] = None
    if opened.is_example:
        show_example(guideline)
    elif last is not None:
        now().begin(last)


def restore(guideline: Guideline) -> None:
    """Take the state of the page from its address, where that brings one."""
    restoring.restore(partial(_read, guideline), parameters)


def _read(guideline: Guideline, brought: Parameters) -> list[str]:
    given: dict[str, Sequence[str]] = dict(brought)
    which = (given.pop("cohort", None) or [""])[-1]
    found, strangers = selection_at(guideline, given)
    opened, row = cohort(), now().row if found == now().selection else None
    now().choose(asdict(found))
    now().awaited = which == UPLOAD
    if which == EXAMPLE and not getattr(cohort(), "is_example", False):
        show_example(guideline)
    elif which == UPLOAD and (own := uploaded()) is not None:
        show(own)
    elif which not in ("", EXAMPLE, UPLOAD):
        strangers = (*strangers, f"cohort={which}")
    if cohort() is opened:
        now().row = row  # who goes back to the same selection finds the same patient picked
    told = [short(name) for name in strangers]
    return [f"parts that select nothing here: {', '.join(told)}"] if told else []


def parameters() -> Mapping[str, list[str]]:
    """Return the parameters of the address of what is shown."""
    opened, selected = cohort(), now().selection
    if opened is None:
        awaited: dict[str, list[str]] = {"cohort": [UPLOAD], **selected.parameters()}
        return awaited if now().awaited or selected.chosen else {}
    which = EXAMPLE if opened.is_example else UPLOAD
    return {"cohort": [which], **selected.parameters()}


def assumed(cohort: OpenCohort) -> OpenCohort:
    """Return a cohort with what is unremarkable assumed where its records are silent."""

    def classified() -> OpenCohort:
        with st.spinner("Classifying with what is unremarkable …"):
            return cohort.assuming(ALL)

    return session.once("cohort:assumed", cohort, classified)


def read(cohort: OpenCohort, silence: str = "") -> TableRead:
    """Return how an open cohort is read, as Python says it."""
    edition, assume = cohort.guideline.edition, "all" if silence == UNREMARKABLE else ""
    if cohort.is_example:
        paths = str(example_cohort()), str(example_lesions())
        return TableRead(*paths, Options(), edition, assume)
    task: UploadedTables = st.session_state[session.TASK]
    lesions_name = task.lesions.name if task.lesions else None
    options: Options = {**task.options, "mapping": tomllib.loads(task.mapping) or None}
    return TableRead(cohort.name, lesions_name, options, edition, assume)


def notebook(cohort: OpenCohort, selected: Selection) -> str:
    """Return a notebook of Jupyter that gives a view as a frame and a figure."""
    how, title = read(cohort, selected.silence), f"{cohort.name}: {selected.view}"
    return of_notebook(how, title, selected.view, selected.therapy, selected.chosen)


def python(
    cohort: OpenCohort,
    selected: Selection,
    of: Callable[[TableRead, str, str, str], str] = of_cohort,
) -> str:
    """Return the Python that gives the numbers of a view, or what of it is asked for."""
    how = read(cohort, selected.silence)
    return of(how, selected.view, selected.therapy, selected.chosen)
