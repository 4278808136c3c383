"""The engines: cohorts compared with a copy of their table, single records, HermiT.

Every figure is a median of several runs with its spread, taken in one invocation on one
machine. Ratios compare figures of that invocation; seconds alone say little elsewhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import polars as pl

from kg import api, paths, tables
from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure, timed
from kg.engines.classification import chunks
from kg.engines.registry import engine_of, reasoner_of
from kg.engines.rejects import RejectCounter
from kg.guideline import Guideline
from kg.patients.tables import PatientTable
from kg.reasoning.results import Chunk
from kg.writers import Task
from kg.writers.rows import write_parquet


class Cohorts:
    """Figures of the compiled engine on made-up cohorts, Parquet to Parquet."""

    def __init__(self, guideline: Guideline, folder: Path, seed: int, runs: int) -> None:
        self.guideline, self.folder, self.seed, self.runs = guideline, folder, seed, runs

    def table(self, size: int) -> Path:
        """Return a made-up cohort, written once."""
        path = self.folder / f"cohort-{size}.parquet"
        if not path.exists():
            write_cohort(self.guideline, path, size, self.seed)
        return path

    def figures(self, size: int) -> Iterator[Figure]:
        """Yield the times of one size, each compared with a copy of its input and output."""
        table = self.table(size)
        compact, met, full = (self.folder / f"{n}.parquet" for n in ("compact", "met", "full"))
        copied = self.folder / "copy.parquet"
        plans: list[tuple[str, Path, Callable[[], object], float]] = [
            ("verdicts and states", compact, lambda: self.compact(table, compact), 1.5),
            ("with met lists", met, lambda: self.met(table, met), 3),
            ("with missing variables", full, lambda: tables.classify_file(table, full), 10),
        ]
        for name, output, run, target in plans:
            run()
            copies = partial(copy, table, output, copied)
            base = timed(f"copy {size:,} patients, {name}", copies, self.runs)
            yield base
            yield compared(timed(f"{name}, {size:,} patients", run, self.runs), base, target)

    def compact(self, table: Path, output: Path) -> None:
        """Classify into one compact row per patient."""
        tables.classify_file(table, output, compact=True)

    def met(self, table: Path, output: Path) -> None:
        """Classify into one row per patient and therapy, without missing variables."""
        engine = engine_of("compiled", self.guideline).batches(missing=False)
        task = Task(self.guideline, list(self.guideline.therapies))
        rejects = RejectCounter(strict=True)
        results: Iterator[Chunk] = chunks(PatientTable(self.guideline, table), engine, rejects)
        write_parquet(task, results, output)

    def growth(self, sizes: list[int]) -> Iterator[Figure]:
        """Yield time and peak memory of growing cohorts, each in a process of its own."""
        per_patient: Figure | None = None
        for size in sizes:
            taken, peak = measured_process(self.table(size), self.folder / "grown.parquet")
            each = figure(f"microseconds a patient, {size:,} patients", "µs", [taken / size * 1e6])
            yield each if per_patient is None else compared(each, per_patient, 1.3)
            per_patient = per_patient or each
            yield figure(f"peak memory, {size:,} patients", "GiB", [peak], 4)


def copy(table: Path, output: Path, copied: Path) -> None:
    """Copy a table, and the columns of an output, with the same engine."""
    pl.scan_parquet(table).sink_parquet(copied)
    pl.scan_parquet(output).sink_parquet(copied)


_CHILD = """
import json, resource, sys, time
from kg import api, tables
api.load()
start = time.perf_counter()
tables.classify_file(sys.argv[1], sys.argv[2], compact=True)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([time.perf_counter() - start, peak]))
"""
_COLD = "import time; t = time.perf_counter(); import kg; kg.load(); print(time.perf_counter() - t)"


def measured_process(table: Path, output: Path) -> tuple[float, float]:
    """Return the seconds and the peak of memory in GiB of one run in a process of its own."""
    command = [sys.executable, "-c", _CHILD, str(table), str(output)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    seconds, kilobytes = json.loads(done.stdout)
    return seconds, kilobytes / 2**20


def engine_figures(
    guideline: Guideline, cohorts: Cohorts, size: int, records: int, growth: bool
) -> Iterator[Figure]:
    """Yield all figures of the engines."""
    yield cold_start(cohorts.runs)
    yield single_records(guideline, cohorts.runs)
    yield from cohorts.figures(size)
    if growth:
        yield from cohorts.growth([size // 10, size, size * 10])
    yield from hermit(guideline, cohorts, size, records)


def cold_start(runs: int) -> Figure:
    """Return the seconds to import the package and load the ontology in a new process."""
    command = [sys.executable, "-c", _COLD]
    outputs = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
        for _ in range(runs)
    ]
    return figure("import the package and load the ontology", "s", [*map(float, outputs)], 1.0)


def single_records(guideline: Guideline, runs: int) -> Figure:
    """Return the milliseconds to classify and explain one record of the example cohort, warm."""
    table = PatientTable(guideline, paths.example_cohort())
    rows = [
        dict(zip(table.variables, row, strict=True))
        for batch in table.batches()
        for row in batch.cells.select(table.variables).iter_rows()
    ]
    taken = []
    for _ in range(runs + 1):
        for row in rows:
            start = time.perf_counter()
            api.explain(row)
            taken.append((time.perf_counter() - start) * 1e3)
    return figure("one record, classified and explained", "ms", taken[len(rows) :], 5)


def hermit(guideline: Guideline, cohorts: Cohorts, size: int, records: int) -> Iterator[Figure]:
    """Yield the throughput of HermiT in process, and the compiled engine's compared with it."""
    reasoner = reasoner_of(guideline)
    table = PatientTable(guideline, cohorts.table(size))
    batch = next(table.batches())
    rates = []
    for number, record in enumerate(table.records(batch)):
        if number > records:
            break
        start = time.perf_counter()
        reasoner.states(record)
        rates.append(1 / (time.perf_counter() - start))
    slow = figure("HermiT, patients a second", "/s", rates[1:])
    yield slow
    output = cohorts.folder / "compact.parquet"
    seconds = timed("", lambda: cohorts.compact(cohorts.table(size), output), cohorts.runs)
    fast = figure(
        f"compiled engine, patients a second, {size:,} patients",
        "/s",
        [size / seconds.most, size / seconds.median, size / seconds.least],
    )
    ratio = compared(fast, slow, 100_000)
    yield Figure(**(asdict(ratio) | {"at_least": True}))
