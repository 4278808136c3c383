"""`hcc-kg graph`: build the graph of guideline, patients and verdicts; export and load it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import terminal
from kg.commands import inputs
from kg.engines.registry import LocalName, engine_of
from kg.engines.rejects import Rejects
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.output import check_apart, whole_file, whole_output
from kg.patients.tables import PatientTable
from kg.rdf.build import (
    CohortFiles,
    CohortJob,
    check_cohorts_apart,
    cohort_of,
    example,
    write_cohort,
    write_guideline,
)
from kg.rdf.export import FormatName, export
from kg.rdf.names import GRAPHS
from kg.rdf.sinks import FileSink, Sink, store_sink
from kg.rdf.staging import staged
from kg.stores import TIMEOUT, open_store
from kg.stores.oxigraph import OxigraphStore
from kg.texts import NOTE_ON_USE, counted

app = typer.Typer(no_args_is_help=True)
_ENDINGS: dict[str, FormatName] = {
    "trig": "trig",
    "ttl": "turtle",
    "nq": "nquads",
    "jsonld": "jsonld",
}


@app.callback()
def graph() -> None:
    """Build the graph of guideline, patients and verdicts; move it.

    Example: hcc-kg graph build --example --store graph
    """


_Patients = Annotated[
    list[Path] | None,
    Argument(help="Tables of patients, as for classify; each is a cohort."),
]
_ExampleCohort = Annotated[bool, Option("--example", help="Also the built-in example cohort.")]
_Lesions = Annotated[Path | None, Option(help="Table of lesions; with one table of patients.")]
_Output = Annotated[Path | None, Option("--output", "-o", help="File of N-Quads, such as FILE.nq.")]
_Anew = Annotated[bool, Option("--anew", help="Start from an empty store, whatever is there.")]


@app.command("build")
@inputs.with_options
def build(
    patients: _Patients = None,
    example_cohort: _ExampleCohort = False,
    lesions: _Lesions = None,
    store: Annotated[Path | None, Option(help="Folder of a store, new or existing.")] = None,
    output: _Output = None,
    engine: Annotated[LocalName, Option(help=inputs.ENGINE)] = "compiled",
    rejects: Annotated[Path | None, Option(help=inputs.REJECTS)] = None,
    strict: inputs.Strict = False,
    anew: _Anew = False,
    ontology: inputs.Ontology = None,
    edition: inputs.Edition = None,
    *,
    asked: inputs.Asked,
) -> None:
    """Build the graph: the guideline, and of each table the patients and all their verdicts.

    In an existing store, a cohort of the same name is replaced and others stay. A build
    that fails or is interrupted changes nothing.

    Examples:

        hcc-kg graph build --example --store graph

        hcc-kg graph build clinic.csv --lesions clinic-lesions.csv --store graph

        hcc-kg graph build registry.parquet --output registry.nq
    """
    place = _place(store, output)
    guideline = load(ontology, edition)
    cohorts = _cohorts(patients or [], lesions, example_cohort)
    rejected = _rejects_of(cohorts, rejects or place.parent, strict, alone=rejects is not None)
    tables = [table for cohort in cohorts for table in (cohort.patients, cohort.lesions)]
    bins = [file for each in rejected for file in (each.path, each.lesion_path)]
    check_apart([*guideline.ontology.modules.values(), *tables], [output, *bins], store)
    reading, assumed = asked.reading(guideline), asked.assumptions(guideline)
    with ExitStack() as stack:
        jobs = []
        for one, kept in zip(cohorts, rejected, strict=True):
            table = PatientTable(guideline, one.patients, one.lesions, reading, assumed)
            jobs.append(CohortJob(one.name, table, stack.enter_context(kept), one.files))
        check_cohorts_apart(jobs)
        with _sink(place, anew, store is not None) as sink:
            write_guideline(guideline, sink)
            for job in jobs:
                with terminal.progress(f"building {job.name}", job.table.height) as bar:
                    write_cohort(guideline, job, engine_of(engine, guideline), sink, bar.advance)
    if _tell(jobs, place):
        raise typer.Exit(1)


def _place(store: Path | None, output: Path | None) -> Path:
    """Return where the graph goes: a store on disk, or a file of N-Quads."""
    if store is not None and output is None:
        return store
    if output is None or store is not None:
        raise InputError("name where the graph goes: --store FOLDER or --output FILE.nq")
    if output.suffix.lower() != ".nq":
        raise InputError(
            f"{output}: the graph is written as N-Quads; name a file that ends in .nq. "
            "'hcc-kg graph export' writes other formats from a store"
        )
    return output


@contextmanager
def _sink(place: Path, anew: bool, is_store: bool) -> Iterator[Sink]:
    if is_store:
        with staged(place, anew) as store, store_sink(store) as sink:
            yield sink
    else:
        with whole_file(place) as part, part.open("wb") as file:
            yield FileSink(file)


def _cohorts(
    patients: Sequence[Path], lesions: Path | None, with_example: bool
) -> list[CohortFiles]:
    if lesions is not None and len(patients) != 1:
        raise InputError("--lesions goes with one table of patients; build the others one by one")
    return [cohort_of(path, lesions) for path in patients] + ([example()] if with_example else [])


def _rejects_of(
    cohorts: Sequence[CohortFiles], place: Path, strict: bool, alone: bool
) -> list[Rejects]:
    """Return where rejected rows go: to a file, or to a file of its own in a folder."""
    if alone and len(cohorts) != 1:
        raise InputError("--rejects goes with one cohort; build the others one by one")
    names = [cohort.patients.stem for cohort in cohorts]
    files = [place / f"{name}.rejected.csv" if place.is_dir() else place for name in names]
    return [Rejects(file, strict) for file in files]


def _tell(jobs: Sequence[CohortJob], place: Path) -> bool:
    """Say on standard error what was built; whether anything was rejected."""
    console = terminal.messages()
    for job in jobs:
        summary = job.summary
        inputs.tell_notes(console, summary.notes)
        patients = counted(summary.patients, "patient")
        console.print(f"Cohort {job.name}: {patients} with verdicts.")
        inputs.tell_rejected(console, summary)
    console.print(f"The graph is in {place}.")
    if jobs:
        console.print(NOTE_ON_USE)
    return any(job.summary.rejected or job.summary.rejected_lesions for job in jobs)


@app.command("export")
def export_(
    patients: Annotated[
        Path | None, Argument(help="With --owl: the table whose records are written.")
    ] = None,
    store: Annotated[Path | None, Option(help="Folder of the store.")] = None,
    owl: Annotated[
        Path | None,
        Option(help="RDF/XML file for a reasoner; without a suffix a folder: one file each."),
    ] = None,
    lesions: Annotated[Path | None, Option(help="With --owl: the table of lesions.")] = None,
    example_cohort: Annotated[
        bool, Option("--example", help="With --owl: the built-in example cohort.")
    ] = False,
    format: Annotated[
        FormatName | None,
        Option(help="By default that of the output file, or trig; Turtle holds one graph."),
    ] = None,
    graph: Annotated[
        str | None, Option(help="Only this graph: its IRI, or a name such as cohort/example.")
    ] = None,
    output: inputs.Output = None,
    ontology: inputs.Ontology = None,
    edition: inputs.Edition = None,
) -> None:
    """Write a store, or one of its graphs, as Turtle, TriG, N-Quads or JSON-LD.

    With --owl, write the guideline for a stock reasoner, such as that of Protege or owlready2,
    and the records of patients with all that is derived from them.

    Examples:

        hcc-kg graph export --store graph --graph verdicts/example -o v.ttl

        hcc-kg graph export --owl patients --example
    """
    if owl is not None:
        tables = (
            inputs.named_tables(patients, lesions, example_cohort)
            if patients or example_cohort
            else ()
        )
        if any((store, format, graph, output)):
            raise InputError("--owl stands alone: leave --store, --format, --graph, --output out")
        _export_owl(load(ontology, edition), owl, *tables)
        return
    if store is None:
        raise InputError("name the folder of a store by --store, or a file for a reasoner by --owl")
    if patients or lesions or example_cohort:
        raise InputError("tables of patients go with --owl; a store has those it was built of")
    form = inputs.form_of(format, output, _ENDINGS, "trig")
    check_apart([], [output], store)
    opened = OxigraphStore(store, read_only=True)
    with whole_output(output) as path:
        export(opened, form, path, graph)
    if output is not None:
        what = "the whole store" if graph is None else f"graph {graph}"
        terminal.messages().print(f"Wrote {output}: {what}.")


def _export_owl(
    guideline: Guideline,
    owl: Path,
    patients: Path | None = None,
    lesions: Path | None = None,
) -> None:
    from kg import reasoners  # noqa: PLC0415 - only this needs them

    check_apart([*guideline.ontology.modules.values(), patients, lesions], [owl])
    table = PatientTable(guideline, patients, lesions) if patients else None
    if table and not owl.suffix and not owl.exists():
        owl.mkdir(parents=True)
    if owl.is_dir() and table is None:
        raise InputError(f"{owl} is a folder, for one file a patient; name a table, or a file")
    records = reasoners.every_record(table) if table else ()
    found = reasoners.write(guideline, records, owl)
    terminal.messages().print(f"Wrote {counted(found, 'file')}: {owl}.")


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
    timeout: inputs.Timeout = TIMEOUT,
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
