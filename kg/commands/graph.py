"""`hcc-kg graph`: build the graph of guideline, patients and verdicts; export and load it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import terminal
from kg.commands.graph_export import export_
from kg.commands.inputs import (
    ENGINE,
    REJECTS,
    Asked,
    AssumeWords,
    Edition,
    Ontology,
    Strict,
    Timeout,
    reading_from,
    tell_notes,
    tell_rejected,
    with_reading,
)
from kg.engines.registry import LocalName, engine_of
from kg.engines.rejects import Rejects
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.output import check_apart, whole_file
from kg.patients.assumptions import Assumptions, assumptions_of
from kg.patients.reading import Reading
from kg.patients.tables import PatientTable
from kg.rdf.build import (
    Cohort,
    CohortJob,
    check_cohorts_apart,
    cohort_of,
    example,
    write_cohort,
    write_guideline,
)
from kg.rdf.names import GRAPHS
from kg.rdf.sinks import FileSink, Sink, store_sink
from kg.rdf.staging import staged
from kg.stores import TIMEOUT, open_store
from kg.texts import NOTE_ON_USE, counted

app = typer.Typer(no_args_is_help=True)


@app.callback()
def graph() -> None:
    """Build the graph of guideline, patients and verdicts; move it.

    Example: hcc-kg graph build --example --store graph
    """


@dataclass(frozen=True)
class _Target:
    """Where a graph is built: a store on disk, or a file of N-Quads."""

    store: Path | None
    output: Path | None
    anew: bool

    @property
    def folder(self) -> Path:
        return (self.store or self.output or Path()).parent

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        if self.store is not None:
            with staged(self.store, self.anew) as store, store_sink(store) as sink:
                yield sink
        elif self.output is not None:
            with whole_file(self.output) as part, part.open("wb") as file:
                yield FileSink(file)


class _KeptJob(CohortJob):
    """A job whose rejected rows go to a file."""

    rejects: Rejects


_Patients = Annotated[
    list[Path] | None,
    Argument(help="Tables of patients, as for classify; each is a cohort."),
]
_ExampleCohort = Annotated[bool, Option("--example", help="Also the built-in example cohort.")]
_Lesions = Annotated[Path | None, Option(help="Table of lesions; with one table of patients.")]
_Output = Annotated[Path | None, Option("--output", "-o", help="File of N-Quads, such as FILE.nq.")]
_Anew = Annotated[bool, Option("--anew", help="Start from an empty store, whatever is there.")]


@app.command("build")
@with_reading
def build(
    patients: _Patients = None,
    example_cohort: _ExampleCohort = False,
    lesions: _Lesions = None,
    store: Annotated[Path | None, Option(help="Folder of a store, new or existing.")] = None,
    output: _Output = None,
    engine: Annotated[LocalName, Option(help=ENGINE)] = "compiled",
    rejects: Annotated[Path | None, Option(help=REJECTS)] = None,
    strict: Strict = False,
    assume: AssumeWords = None,
    anew: _Anew = False,
    ontology: Ontology = None,
    edition: Edition = None,
    *,
    asked: Asked,
) -> None:
    """Build the graph: the guideline, and of each table the patients and all their verdicts.

    In an existing store, a cohort of the same name is replaced and others stay. A build
    that fails or is interrupted changes nothing.

    Examples:

        hcc-kg graph build --example --store graph

        hcc-kg graph build clinic.csv --lesions clinic-lesions.csv --store graph

        hcc-kg graph build registry.parquet --output registry.nq
    """
    target = _target(store, output, anew)
    guideline = load(ontology, edition)
    cohorts = _cohorts(patients or [], lesions, example_cohort)
    rejected = _rejects_of(cohorts, rejects, target, strict)
    tables = [table for cohort in cohorts for table in (cohort.patients, cohort.lesions)]
    bins = [file for each in rejected for file in (each.path, each.lesion_path)]
    check_apart([*guideline.ontology.modules.values(), *tables], [output, *bins], store)
    reading, assumed = reading_from(guideline, asked), assumptions_of(guideline, assume)
    with ExitStack() as stack:
        jobs = [
            _job(guideline, cohort, stack.enter_context(kept), reading, assumed)
            for cohort, kept in zip(cohorts, rejected, strict=True)
        ]
        check_cohorts_apart(jobs)
        with target.sink() as sink:
            write_guideline(guideline, sink)
            for job in jobs:
                _write(guideline, job, engine, sink)
    _tell(jobs, target)
    if any(job.summary.rejected or job.summary.rejected_lesions for job in jobs):
        raise typer.Exit(1)


def _target(store: Path | None, output: Path | None, anew: bool) -> _Target:
    if (store is None) == (output is None):
        raise InputError("name where the graph goes: --store FOLDER or --output FILE.nq")
    if output is not None and output.suffix.lower() != ".nq":
        raise InputError(
            f"{output}: the graph is written as N-Quads; name a file that ends in .nq. "
            "'hcc-kg graph export' writes other formats from a store"
        )
    return _Target(store, output, anew)


def _cohorts(patients: Sequence[Path], lesions: Path | None, with_example: bool) -> list[Cohort]:
    if lesions is not None and len(patients) != 1:
        raise InputError("--lesions goes with one table of patients; build the others one by one")
    return [cohort_of(path, lesions) for path in patients] + ([example()] if with_example else [])


def _rejects_of(
    cohorts: Sequence[Cohort], rejects: Path | None, target: _Target, strict: bool
) -> list[Rejects]:
    """Return where rejected rows go: to a file, or to a file of its own in a folder."""
    if rejects is not None and len(cohorts) != 1:
        raise InputError("--rejects goes with one cohort; build the others one by one")
    place, names = rejects or target.folder, [cohort.patients.stem for cohort in cohorts]
    files = [place / f"{name}.rejected.csv" if place.is_dir() else place for name in names]
    return [Rejects(file, strict) for file in files]


def _job(
    guideline: Guideline,
    cohort: Cohort,
    rejects: Rejects,
    reading: Reading,
    assumptions: Assumptions | None,
) -> _KeptJob:
    table = PatientTable(guideline, cohort.patients, cohort.lesions, reading, assumptions)
    return _KeptJob(cohort.name, table, rejects, cohort.files)


def _write(guideline: Guideline, job: CohortJob, engine: LocalName, sink: Sink) -> None:
    with terminal.progress(f"building {job.name}", job.table.height) as bar:
        write_cohort(guideline, job, engine_of(engine, guideline), sink, bar.advance)


def _tell(jobs: Sequence[_KeptJob], target: _Target) -> None:
    """Say on standard error what was built."""
    console = terminal.messages()
    for job in jobs:
        summary = job.summary
        tell_notes(console, summary.notes)
        patients = counted(summary.patients, "patient")
        console.print(f"Cohort {job.name}: {patients} with verdicts.")
        tell_rejected(console, summary)
    console.print(f"The graph is in {target.store or target.output}.")
    if jobs:
        console.print(NOTE_ON_USE)


app.command("export")(export_)


@app.command("load")
def load_(
    file: Annotated[Path, Argument(help="RDF: .nq, .trig, .jsonld, .ttl, .nt or .rdf.")],
    store: Annotated[Path | None, Option(help="Folder of a store, new or existing.")] = None,
    endpoint: Annotated[
        str | None, Option(help="Address of a SPARQL endpoint that takes uploads.")
    ] = None,
    graph: Annotated[
        str | None, Option(help="Graph for triples: its IRI, or a name such as cohort/mine.")
    ] = None,
    graph_store: Annotated[
        str | None,
        Option(help="Address for uploads, if it is not the one for queries."),
    ] = None,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Load RDF into a store or an endpoint, in place of what its graphs held.

    An endpoint's user, password or token come from HCC_KG_USER, HCC_KG_PASSWORD and
    HCC_KG_TOKEN in the environment.

    Examples:

        hcc-kg graph load registry.nq --store graph

        hcc-kg graph load registry.nq --endpoint http://localhost:8890/sparql \\
            --graph-store http://localhost:8890/sparql-graph-crud-auth
    """
    into = graph if graph is None or ":" in graph else GRAPHS + graph
    if (store is None) == (endpoint is None):
        raise InputError("name where the file goes: --store FOLDER or --endpoint URL")
    if graph_store is not None and endpoint is None:
        raise InputError("--graph-store goes with --endpoint")
    if store is not None:
        with staged(store) as opened:
            opened.replace(file, into)
    else:
        open_store(endpoint, timeout=timeout, graph_store=graph_store).replace(file, into)
    terminal.messages().print(f"{file} is in {store or endpoint}.")
