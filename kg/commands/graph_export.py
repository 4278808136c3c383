"""`hcc-kg graph export`: a store as RDF, or guideline and records for a stock reasoner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from kg import terminal
from kg.commands.inputs import Edition, Ontology, Output, named_tables
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.output import check_apart, whole_output
from kg.patients.tables import PatientTable
from kg.rdf.export import FormatName, export
from kg.stores.oxigraph import OxigraphStore
from kg.texts import counted


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
    format: Annotated[FormatName, Option(help="Turtle holds one graph.")] = "trig",
    graph: Annotated[
        str | None, Option(help="Only this graph: its IRI, or a name such as cohort/example.")
    ] = None,
    output: Output = None,
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Write a store, or one of its graphs, as Turtle, TriG, N-Quads or JSON-LD.

    With --owl, write the guideline for a stock reasoner, such as that of Protege or owlready2,
    and the records of patients with all that is derived from them.

    Examples:

        hcc-kg graph export --store graph --format turtle --graph verdicts/example -o v.ttl

        hcc-kg graph export --owl patients --example
    """
    if owl is not None:
        tables = (
            named_tables(patients, lesions, example_cohort) if patients or example_cohort else ()
        )
        _export_owl(load(ontology, edition), owl, *tables)
        return
    if store is None:
        raise InputError("name the folder of a store by --store, or a file for a reasoner by --owl")
    check_apart([], [output], store)
    opened = OxigraphStore(store, read_only=True)
    with whole_output(output) as path:
        export(opened, format, path, graph)
    if output is not None:
        what = "the whole store" if graph is None else f"graph {graph}"
        terminal.messages().print(f"Wrote {output}: {what}.")


def _export_owl(
    guideline: Guideline,
    owl: Path,
    patients: Path | None = None,
    lesions: Path | None = None,
) -> None:
    from kg.reasoners import files  # noqa: PLC0415 - only this needs them

    check_apart([*guideline.ontology.modules.values(), patients, lesions], [owl])
    table = PatientTable(guideline, patients, lesions) if patients else None
    if table and not owl.suffix and not owl.exists():
        owl.mkdir(parents=True)
    if owl.is_dir() and table is None:
        raise InputError(f"{owl} is a folder, for one file a patient; name a table, or a file")
    found = files.write(guideline, files.every_record(table) if table else (), owl)
    terminal.messages().print(f"Wrote {counted(found, 'file')}: {owl}.")
