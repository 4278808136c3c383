"""An open cohort: how long a made-up table takes to open and a selection to answer, and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from kg import tables
from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure, timed
from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort, open_cohort, open_example
from kg.cohorts.selections import Selection
from kg.cohorts.selections import patients as selected
from kg.guideline import Guideline
from kg.readers.uploads import Upload

_MEGABYTE = 2**20
_MOST = 100_000  # patients


def table(guideline: Guideline, size: int) -> Upload:
    """Return a made-up cohort as a file in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cohort.parquet"
        write_cohort(guideline, path, size, seed=1)
        return Upload("cohort.csv", pl.read_parquet(path).write_csv().encode())


def selections(cohort: OpenCohort) -> dict[str, Selection]:
    """Return the selection of most patients in each view."""
    frames = {
        "overlaps": cohort_views.overlaps(cohort),
        "why-not": cohort_views.why_not(cohort, "tace"),
        "missing": cohort_views.missing(cohort),
        "conflicts": cohort_views.conflicts(cohort),
        "verdicts": cohort_views.verdicts(cohort).sort("patients", descending=True),
    }
    return {
        view: Selection(view, row.get("therapy", ""), row["chosen"])
        for view, frame in frames.items()
        for row in frame.head(1).iter_rows(named=True)
    }


def figures(guideline: Guideline, patients: int) -> Iterator[Figure]:
    """Yield the figures of an open cohort; opening it, compared with classifying it into a file."""
    open_example(guideline)  # compiles the guideline
    size = min(patients, _MOST)
    held = table(guideline, size)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / held.name
        source.write_bytes(held.content)
        output = Path(folder) / "verdicts.parquet"
        base = timed(
            f"classify {size:,} patients (csv) into a file",
            lambda: tables.classify_file(source, output, compact=True),
            3,
        )
    yield base
    yield compared(timed("open them in memory", lambda: open_cohort(guideline, held), 3), base, 2)
    cohort = open_cohort(guideline, held)
    for view, selection in selections(cohort).items():
        yield timed(f"select in {view}", partial(selected, cohort, selection), 5)
    yield timed("open one patient", lambda: cohort.draft(size // 2), 5)
    yield figure("results held", "MB", [cohort.results.estimated_size() / _MEGABYTE])
    yield figure("cells held", "MB", [cohort.cells.estimated_size() / _MEGABYTE])
