"""An open cohort: how long a made-up table takes to open and a selection to answer, and memory.

Run as `python -m kg.benchmarks.open_cohort --patients 100000 --format csv`.
"""

from __future__ import annotations

import argparse
import io
import resource
import tempfile
from pathlib import Path

import polars as pl

from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.measure import Figure, machine, timed
from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort, open_cohort, open_example
from kg.cohorts.selections import Selection, patients
from kg.guideline import Guideline, load
from kg.readers.held import Held

_MEGABYTE = 2**20


def table(guideline: Guideline, size: int, format_: str) -> Held:
    """Return a made-up cohort as a file in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cohort.parquet"
        write_cohort(guideline, path, size, seed=1)
        frame, into = pl.read_parquet(path), io.BytesIO()
        if format_ == "csv":
            frame.write_csv(into)
        elif format_ == "jsonl":
            frame.write_ndjson(into)
        else:
            return Held("cohort.parquet", path.read_bytes())
    return Held(f"cohort.{format_}", into.getvalue())


def selections(cohort: OpenCohort) -> dict[str, Selection]:
    """Return the selection of most patients in each view."""
    frames = {
        "overlaps": cohort_views.overlaps(cohort),
        "exclusions": cohort_views.exclusions(cohort, "tace"),
        "missing": cohort_views.missing(cohort),
        "conflicts": cohort_views.conflicts(cohort),
        "verdicts": cohort_views.verdicts(cohort).sort("patients", descending=True),
    }
    return {
        view: Selection(view, row.get("therapy", ""), row["chosen"])
        for view, frame in frames.items()
        for row in frame.head(1).iter_rows(named=True)
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), default="csv")
    asked = parser.parse_args()
    guideline = load()
    open_example(guideline)  # compiles the guideline
    held = table(guideline, asked.patients, asked.format)
    print(f"{machine()}; {asked.patients:,} patients, {asked.format}, {_size(len(held.content))}")
    _tell(timed("open", lambda: open_cohort(guideline, held), 3))
    cohort = open_cohort(guideline, held)
    for view, selection in selections(cohort).items():
        _tell(timed(f"select in {view}", lambda chosen=selection: patients(cohort, chosen), 5))  # type: ignore[misc]
    _tell(timed("open one patient", lambda: cohort.draft(asked.patients // 2), 5))
    print(f"results {_size(cohort.results.estimated_size())}")
    print(f"cells {_size(cohort.cells.estimated_size())}")
    print(f"peak {_size(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)}")


def _size(number: float) -> str:
    return f"{number / _MEGABYTE:,.0f} MB"


def _tell(figure: Figure) -> None:
    print(f"{figure.name}: {figure.median:.3f} s ({figure.least:.3f} to {figure.most:.3f})")


if __name__ == "__main__":
    main()
