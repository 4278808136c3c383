"""A cohort from Python: opened once, and seen in the views of the explorer's page Cohort.

cohort = kg.open_cohort("patients.csv")
cohort.view("why-not", therapy="rfa")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import polars as pl

from kg.cohorts import opened, selections, views
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.explanation.explanations import verdict_table
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.patients.assumptions import Assume
from kg.patients.given import TableLike, given
from kg.patients.reading import Options, reading_of


@dataclass(frozen=True, repr=False, eq=False)
class Cohort:
    """A classified table in memory, with its `columns`.

    `summary` tells how many patients, rejected rows and verdicts there are, and how the table was
    read. `rejected` and `rejected_lesions` are the rows that were not read, with `_row` and
    `_reason`.
    """

    summary: Summary
    rejected: pl.DataFrame
    rejected_lesions: pl.DataFrame
    columns: list[str]
    _opened: opened.OpenCohort

    def __repr__(self) -> str:
        return f"<Cohort: {self.summary.words}>"

    def _repr_html_(self) -> str:
        named = self._opened.guideline.therapies
        counts = ((therapy.label, self.summary.of(name)) for name, therapy in named.items())
        return verdict_table(self.summary.caption, counts)

    def frame(self, keep: str | Sequence[str] = ()) -> pl.DataFrame:
        """Return one row per patient and therapy, with columns of the table that are kept.

        Numbers and dates of the table are kept as such.

        Raises:
            InputError: the table has no such column.
        """
        return self._opened.frame([keep] if isinstance(keep, str) else keep)

    def view(self, name: str = "verdicts", therapy: str = "", by: str = "") -> pl.DataFrame:
        """Return the numbers of a view, each row of which stands for patients.

        Views are verdicts, overlaps, why-not, flow, missing, groups (by a column of the table) and
        conflicts. Why not, flow and groups are of one therapy: the most contraindicated, unless
        one is named. Verdicts are of all therapies, or of one. What is in the column `chosen`
        selects its `patients`.

        Raises:
            InputError: there is no such view, therapy or column, or the view is not of a therapy.
        """
        asked = selections.completed(self._opened, self._selection(name, therapy))
        if asked.therapy and asked.view not in selections.OF_THERAPY:
            raise InputError(f"the view {name} is of all therapies together; leave therapy out")
        if asked.view == "groups" and not by:
            raise InputError("groups are by a column of the table; name it with by=")
        frame = views.numbers(self._opened, asked.view, asked.therapy, by)
        if asked.therapy and asked.view == "verdicts":
            frame = frame.filter(therapy=asked.therapy)
        elif asked.therapy and "therapy" not in frame.columns:
            frame = frame.select(pl.lit(asked.therapy).alias("therapy"), pl.all())
        return views.with_percent(self._opened, frame)

    def patients(self, view: str, therapy: str = "", chosen: str = "") -> pl.DataFrame:
        """Return the patients that a row of a view stands for, a row each.

        Raises:
            InputError: there is no such view or therapy, or it has nothing that is `chosen` so.
        """
        asked = self._selection(view, therapy)
        found, strangers = selections.selection_at(
            self._opened.guideline,
            replace(asked, chosen=chosen).parameters(),
        )
        if strangers or not chosen or view == "groups":
            raise InputError(f"{chosen!r} selects no patients; take one of the column 'chosen'")
        return selections.patients(self._opened, found)

    def _selection(self, view: str, therapy: str) -> selections.Selection:
        names = selections.VIEWS[:-1]
        if view not in names:
            raise InputError(f"{view!r} is no view; the views are {', '.join(names)}")
        named = self._opened.guideline.therapy(therapy).id if therapy else ""
        return selections.Selection(view, named)


def open_cohort(
    source: TableLike,
    lesions: TableLike | None = None,
    *,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> Cohort:
    """Classify a table of patients and hold what comes of it, to look at in several views.

    The arguments are those of `classify_table`; a table may have up to 500,000 patients.

    Raises:
        InputError: the table cannot be read, its columns are not those of the guideline, or it
            has more patients than can be held.
    """
    chosen = _chosen(guideline, edition)
    second = None if lesions is None else given(lesions, "the frame of lesions")
    found = opened.open_cohort(chosen, given(source), second, reading=reading_of(chosen, options))
    if assume is not None:
        found = found.assuming(assume)
    return Cohort(found.summary, found.rejected, found.rejected_lesions, found.columns, found)
