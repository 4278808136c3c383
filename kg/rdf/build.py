"""Building the graph: the guideline, then cohort by cohort the patients and what follows.

1. Each table is read in batches; an engine classifies a batch as `classify` does.
2. A batch is cut into slices whose text fits into memory. Of each slice the patients and
   their lesions (asserted) and the verdicts (inferred) become lines of N-Quads, column by
   column; a sink takes them.
3. The provenance of the run follows, when its end is known.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path

import polars as pl

from kg.engines.classification import classified
from kg.engines.registry import Engine, engine_of
from kg.engines.rejects import RejectCounter
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID
from kg.paths import example_cohort, example_lesions
from kg.patients.tables import Batch, PatientTable
from kg.rdf.lines import segments, slices, verdict_lines
from kg.rdf.modules import guideline_graphs, guideline_quads
from kg.rdf.names import cohort_graph, slug, verdict_graph
from kg.rdf.patients import PatientLines
from kg.rdf.provenance import Run, file_sha256, quads
from kg.rdf.sinks import FileSink, Sink, shared_patient, store_sink
from kg.stores.oxigraph import OxigraphStore

EXAMPLE = "example"


@dataclass(frozen=True)
class CohortFiles:
    """A table of patients that becomes a graph, with that of their lesions."""

    name: str
    patients: Path
    lesions: Path | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The tables by their roles."""
        found = {"patients": self.patients, "lesions": self.lesions}
        return {role: path for role, path in found.items() if path}


def cohort_of(patients: Path, lesions: Path | None = None) -> CohortFiles:
    """Return the cohort of a table; it goes by the name of the file.

    Raises:
        InputError: the file's name gives no name.
    """
    return CohortFiles(slug(patients.stem), patients, lesions)


def example() -> CohortFiles:
    """Return the example cohort that ships with the package."""
    return CohortFiles(EXAMPLE, example_cohort(), example_lesions())


@dataclass(frozen=True)
class CohortJob:
    """A cohort by its name, its open table, where rejected rows go; `files` if it is of files."""

    name: str
    table: PatientTable
    rejects: RejectCounter
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def summary(self) -> Summary:
        """What the run comes to."""
        return self.rejects.summary


def write_guideline(guideline: Guideline, sink: Sink) -> None:
    """Write the graphs of the ontology, its statements and its mappings."""
    sink.begin(list(guideline_graphs(guideline)))
    sink.add(guideline_quads(guideline))


def check_cohorts_apart(jobs: Sequence[CohortJob]) -> None:
    """Check that no two cohorts share a name or a patient.

    Raises:
        InputError: two do.
    """
    for first, second in combinations(jobs, 2):
        one, two = str(first.table.source.path), str(second.table.source.path)
        if first.name == second.name:
            raise InputError(f"{one} and {two} would both be cohort {first.name!r}")
        shared = second.table.ids.filter(second.table.ids.is_in(first.table.ids.implode()))
        for patient_id in shared.drop_nulls().head(1):
            raise shared_patient(patient_id, one, two)


def write_cohort(
    guideline: Guideline,
    job: CohortJob,
    engine: Engine,
    sink: Sink,
    advance: Callable[[int], object] = lambda count: None,
) -> None:
    """Write the patients of a cohort, what follows for them, and the provenance of the run.

    `advance` is told how many patients are done.

    Raises:
        InputError: a row is rejected and the run is strict, or a patient is in another cohort.
    """
    started = datetime.now(UTC)
    # The SHA-256 is that of before the run: what changes meanwhile is not what was read.
    tables = {role: (path.name, file_sha256(path)) for role, path in job.files.items()}
    asserted, inferred = cohort_graph(job.name), verdict_graph(job.name, guideline.qualifier)
    sink.begin([asserted, inferred])
    writer = PatientLines(guideline)
    slow = engine.one_by_one  # then it is the reasoning that takes long, not the writing
    classify = engine.batches(partial(advance, 1)) if slow else engine.batches()
    for batch, frame in classified(job.table, classify, job.rejects):
        lesions = _lesions(job.table, batch)
        for part in slices(len(frame), segments(batch.cells[ID])):
            rows = frame[part]
            sink.write(
                writer.patients(batch.cells[part], asserted),
                verdict_lines(guideline, list(guideline.therapies), rows, inferred),
            )
            if not slow:
                advance(len(rows))
        for part in slices(len(lesions), segments(lesions[ID])):
            sink.write(writer.lesions(lesions[part], asserted))
    sink.check(asserted)
    run = Run(
        cohort=job.name,
        engine=engine.name,
        tables=tables,
        started=started,
        ended=datetime.now(UTC),
        classified=job.summary.patients,
        rejected=job.summary.rejected,
        assumed=job.table.assumptions.cells if job.table.assumptions else {},
    )
    sink.add(quads(guideline, run))


def _lesions(table: PatientTable, batch: Batch) -> pl.DataFrame:
    """Return the lesions of the patients of a batch who are not rejected."""
    if table.lesions is None:
        return pl.DataFrame(schema={ID: pl.String()})
    frame = table.lesions.frame
    return frame.filter(frame[ID].is_in(batch.cells[ID].implode()))


def jobs_of(guideline: Guideline, cohorts: Iterable[CohortFiles]) -> list[CohortJob]:
    """Return jobs that count rejected rows and keep none."""
    jobs = []
    for cohort in cohorts:
        table = PatientTable(guideline, cohort.patients, cohort.lesions)
        jobs.append(CohortJob(cohort.name, table, RejectCounter(), cohort.files))
    check_cohorts_apart(jobs)
    return jobs


def build(guideline: Guideline, store: OxigraphStore, *cohorts: CohortFiles) -> list[Summary]:
    """Put the guideline and cohorts, with all verdicts, into a store; return what they came to.

    Graphs that are there are replaced. Where it fails, the graphs that were begun are gone.
    Rejected rows are counted and left out; `hcc-kg graph build` keeps them.

    Raises:
        InputError: a table cannot be read, or a patient is in two cohorts.
    """
    jobs = jobs_of(guideline, cohorts)
    with store_sink(store) as sink:
        fill(guideline, jobs, sink)
    return [job.summary for job in jobs]


def fill(guideline: Guideline, jobs: Iterable[CohortJob], sink: Sink) -> None:
    """Write the guideline, and cohorts with all verdicts."""
    write_guideline(guideline, sink)
    for job in jobs:
        write_cohort(guideline, job, engine_of("compiled", guideline), sink)


def example_quads(guideline: Guideline) -> bytes:
    """Return the guideline and the example cohort with its verdicts as N-Quads."""
    return quads_of(guideline, *jobs_of(guideline, [example()]))


def quads_of(guideline: Guideline, *jobs: CohortJob) -> bytes:
    """Return the guideline, and cohorts with all verdicts, as N-Quads."""
    written = io.BytesIO()
    fill(guideline, jobs, FileSink(written))
    return written.getvalue()


@lru_cache(maxsize=2)
def example_store(guideline: Guideline) -> OxigraphStore:
    """Return a store in memory with the guideline and the example; all share it, so only ask it."""
    store = OxigraphStore()
    build(guideline, store, example())
    return store
