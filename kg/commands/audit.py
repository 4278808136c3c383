"""`hcc-kg audit`: what the guideline gets wrong or leaves open, with example records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text
from typer import Argument, Option

from kg.audit.report import KINDS, Kind, Patients, Section, as_json, markdown, pairs, write_examples
from kg.audit.report import audit as sections_of
from kg.commands.inputs import Edition, Ontology
from kg.guideline import load
from kg.output import check_apart
from kg.terminal import messages
from kg.terminal import output as console_for
from kg.texts import NOTE_ON_USE, counted


def audit(
    kind: Annotated[Kind | None, Argument(help="One kind of findings; else all.")] = None,
    *,
    patients: Annotated[
        Path | None, Option(help="Table of patients, to count those whom a finding concerns.")
    ] = None,
    output: Annotated[
        Path | None,
        Option("--output", "-o", help="Write the example records to this .csv as well."),
    ] = None,
    format: Annotated[
        Literal["table", "json", "markdown"], Option(help="Format of the findings.")
    ] = "table",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Audit the guideline over the whole space of patients: gaps, contradictions, readings.

    A share is of all complete records without conflicts: "even" if every band of a variable
    is as likely as any other, "usual" if nine in ten patients are unremarkable in each.

    Exit status: 0 whatever is found, 1 if rows of the table cannot be read: they do not count.

    Example: hcc-kg audit neighbours --output examples.csv
    """
    kinds = KINDS if kind is None else [kind]
    guideline = load(ontology, edition)
    check_apart([*guideline.ontology.modules.values(), patients], [output])
    table = Patients(guideline, patients) if patients else None
    sections = list(sections_of(kinds, table, guideline))
    if output is not None:
        written = write_examples(sections, guideline, output)
        messages().print(f"{counted(written, 'example record')} in {output}")
    if format == "json":
        typer.echo(as_json(sections))
    elif format == "markdown":
        sys.stdout.write(markdown(sections))
    else:
        for section in sections:
            _print(console_for(), section)
        messages().print(NOTE_ON_USE)
    if table is not None and table.rejected:
        messages().print(f"{counted(table.rejected, 'row')} rejected; 'hcc-kg classify' says why")
        raise typer.Exit(1)


def _print(console: Console, section: Section) -> None:
    console.print(Text(section.title, style="bold underline"))
    for finding in section.findings:
        console.print(Text.assemble((finding.id, "bold"), f"  {finding.claim}"))
        for word, text in pairs(finding):
            line = Text.assemble((f"{word}: ", "dim"), text)
            console.print(Padding.indent(line, 2))
    if not section.findings:
        console.print("None found.")
    if section.open:
        line = Text.assemble(("Without a clear alternative: ", "dim"), ", ".join(section.open))
        console.print(line)
    console.print()
