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
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from kg import api, paths
from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure, timed
from kg.engines.classification import chunks
from kg.engines.registry import engine_of, reasoner_of
from kg.engines.rejects import RejectCounter
from kg.guideline import Guideline
from kg.patients.tables import PatientTable
from kg.reasoning.results import Chunk
from kg.tables import classify_file
from kg.writers import Task
from kg.writers.parquet import STATISTICS
from kg.writers.rows import write_parquet

_SHARE_AS_TEXT = 5  # a fifth of the patients: text is five times as long as Parquet and more

Named = tuple[str, Callable[[], object]]


class Cohorts:
    """Figures of the compiled engine on made-up cohorts."""

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
        yield from self._parquet(size)
        table, output = self.table(size), self.folder / "assumed.parquet"
        for name, compact in (
            ("verdicts and states", True),
            ("rows with missing variables", False),
        ):
            run = partial(classify_file, table, output, compact=compact)
            without, assumed = self._in_turn(
                (f"{name} from the record, {size:,} patients", run),
                (f"{name} under --assume all, {size:,} patients", partial(run, assume="all")),
            )
            yield without
            yield compared(assumed, without, 1.3)
        yield from self._text(max(size // _SHARE_AS_TEXT, 1_000))

    def _parquet(self, size: int) -> Iterator[Figure]:
        """Yield the figures from Parquet to Parquet."""
        table = self.table(size)
        compact, met, full = (self.folder / f"{n}.parquet" for n in ("compact", "met", "full"))
        plans: list[tuple[str, Path, Callable[[], object], float]] = [
            ("verdicts and states", compact, lambda: self.compact(table, compact), 1.15),
            ("with met lists", met, lambda: self.met(table, met), 2),
            ("with missing variables", full, lambda: classify_file(table, full), 2.5),
        ]
        for name, output, run, target in plans:
            run()
            base, taken = self._beside(f"{name}, {size:,} patients", [table, output], run)
            yield base
            yield compared(taken, base, target)
        alone = timed(
            f"copy of the input alone, {size:,} patients",
            partial(copy, [table], self.folder),
            self.runs,
        )
        yield alone
        again = replace(taken, name=f"rows with missing variables, {size:,} patients")
        yield compared(again, alone, 6)

    def _text(self, size: int) -> Iterator[Figure]:
        """Yield the figures from CSV to CSV."""
        table = self.folder / f"cohort-{size}.csv"
        pl.scan_parquet(self.table(size)).sink_csv(table)
        for name, compact in (("a row a patient", True), ("rows with missing variables", False)):
            output = self.folder / "out.csv"
            run = partial(classify_file, table, output, compact=compact)
            run()
            base, figure_ = self._beside(f"CSV, {name}, {size:,} patients", [table, output], run)
            yield base
            yield compared(figure_, base, 3)
            output.unlink()

    def _beside(
        self, name: str, files: list[Path], run: Callable[[], object]
    ) -> tuple[Figure, Figure]:
        """Return the times of a copy of some files, and of a run."""
        copied = f"copy: {name}", partial(copy, files, self.folder)
        return self._in_turn(copied, (name, run))

    def _in_turn(self, base: Named, other: Named) -> tuple[Figure, Figure]:
        """Return the times of two runs, taken in turn: the machine may change its speed."""
        before, taken = list[float](), list[float]()
        for _ in range(self.runs):
            before.append(timed("", base[1], 1).median)
            taken.append(timed("", other[1], 1).median)
        return figure(base[0], "s", before), figure(other[0], "s", taken)

    def compact(self, table: Path, output: Path) -> None:
        """Classify into one compact row per patient."""
        classify_file(table, output, compact=True)

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


def copy(files: list[Path], folder: Path) -> None:
    """Copy tables by the engine that classifies them: their cells read, and written as we write."""
    for path in files:
        copied = folder / f"copy{path.suffix}"
        if path.suffix == ".csv":
            pl.scan_csv(path).sink_csv(copied)
        else:
            pl.scan_parquet(path).sink_parquet(copied, statistics=STATISTICS)


_HERMIT = 10  # patients a second: twice those of the first release
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


def figures(
    guideline: Guideline, patients: int, seed: int, runs: int, *, records: int, growth: bool
) -> Iterator[Figure]:
    """Yield all figures of the engines."""
    yield cold_start(runs)
    yield single_records(guideline, runs)
    with TemporaryDirectory() as folder:
        cohorts = Cohorts(guideline, Path(folder), seed, runs)
        yield from cohorts.figures(patients)
        if growth:
            yield from cohorts.growth([patients // 10, patients, patients * 10])
        yield from hermit(guideline, cohorts, patients, records)


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
    rate = figure("HermiT, patients a second", "/s", rates[1:], _HERMIT)
    slow = replace(rate, at_least=True)
    yield slow
    output = cohorts.folder / "compact.parquet"
    seconds = timed("", lambda: cohorts.compact(cohorts.table(size), output), cohorts.runs)
    fast = figure(
        f"compiled engine, patients a second, {size:,} patients",
        "/s",
        [size / seconds.most, size / seconds.median, size / seconds.least],
    )
    yield compared(fast, slow)
