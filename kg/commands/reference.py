"""`hcc-kg reference`, `template` and `show`: what the ontology says; empty tables to fill in."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from kg import terminal
from kg.commands.inputs import Edition, Ontology, Output, write_text
from kg.errors import InputError
from kg.guideline import load, load_all
from kg.output import check_apart
from kg.readers import open_source
from kg.reference.cards import Card, Value, card_of
from kg.reference.first_mapping import first_mapping
from kg.reference.parts import PARTS, TEMPLATES, size
from kg.sources.forms import FORMS

Part: TypeAlias = Literal["all", "readings", "undecidable", "counts", "units", "shapes"]


def reference(
    part: Annotated[
        Part,
        Argument(
            help="All terms, the readings, what no record decides, counts of terms, or the shapes "
            "of a record."
        ),
    ] = "all",
    output: Output = None,
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Write the ontology reference as Markdown: terms, formulas, places and readings.

    The shapes of a patient record are written as Turtle, for any SHACL validator.

    Examples:

        hcc-kg reference --output ontology.md

        hcc-kg reference shapes --output shapes.ttl
    """
    guideline = load(ontology, edition)
    check_apart(guideline.ontology.modules.values(), [output])
    write_text(PARTS[part](guideline), output)


_Form = Annotated[
    Literal["csv", "redcap", "questionnaire"],
    Option(
        help="Of the table of patients: CSV, or the form as a data dictionary of REDCap or a "
        "Questionnaire of FHIR."
    ),
]

_NOT_TEXT = (".xlsx", ".xls", ".ods", ".parquet", ".gz")


def template(
    kind: Annotated[
        Literal["patients", "lesions", "columns", "cohorts", "mapping"],
        Argument(
            help="The table of patients, that of lesions, what every column may hold, the cohorts "
            "of OMOP, or a first mapping of TABLE."
        ),
    ] = "patients",
    table: Annotated[
        Path | None, Argument(help="A table in other words, to make a mapping for.")
    ] = None,
    output: Output = None,
    sheet: Annotated[
        str | None, Option(help="Sheet of the workbook TABLE; by default the first.")
    ] = None,
    format: _Form = "csv",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Write an empty table of patients or of lesions, as CSV, to fill in.

    Or the same as a form, whose answers `hcc-kg import` reads back. Any column but
    patient_id, and lesion_id for lesions, may be deleted. A file that exists is never
    replaced.

    Examples:

        hcc-kg template --output patients.csv

        hcc-kg template mapping patients.csv --output mapping.toml
    """
    guideline = load(ontology, edition)
    if output is not None and output.is_file():
        raise InputError(f"{output} exists; name another file, or remove it")
    if output is not None and output.suffix.lower() in _NOT_TEXT:
        raise InputError(f"{output}: a template is text; name a file that ends in .csv")
    if format != "csv" and kind != "patients":
        raise InputError(f"--format {format} is a form of patients; leave {kind} out")
    if (kind == "mapping") != (table is not None):
        raise InputError("a mapping is of a table: hcc-kg template mapping TABLE")
    if table is not None:
        text = first_mapping(guideline, open_source(table, guideline, sheet))
    else:
        text = TEMPLATES[kind](guideline) if format == "csv" else FORMS[format](guideline)
    write_text(text, output)
    if output is not None:
        written = f": {size(text)}" if format == "csv" and table is None else ""
        terminal.messages().print(f"Wrote {output}{written}.")


_LINES = {  # how an item of a list reads, by heading
    "statements": "{id} ({section}, characters {start}–{end}): {paraphrase}",
    "values": "{id} ({label}) {definition}",
    "therapies": "{id}: {role}",
    "criteria": "{id} ({label}): {role}",
}


def show(
    identifier: Annotated[
        str,
        Argument(
            metavar="ID",
            help="A criterion, shared definition, therapy, variable, statement, recommendation, "
            "response or stage; in upper or lower case.",
        ),
    ],
    *,
    format: Annotated[Literal["text", "json"], Option(help="A card to read, or JSON.")] = "text",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Show one term of the guideline: what it means, where it is in the text, where it is used.

    Example: hcc-kg show ABL-I1
    """
    card = _card(ontology, edition, identifier)
    console = terminal.output()
    if format == "json":
        console.out(json.dumps(card, ensure_ascii=False, indent=2), highlight=False)
    else:
        _print(console, card)


def _card(ontology: Path | None, edition: str | None, identifier: str) -> Card:
    """Return the card of a term; identifiers are distinct, so that any edition may have it."""
    try:
        return card_of(load(ontology, edition), identifier)
    except InputError:
        for other in () if edition else load_all(ontology):
            with suppress(InputError):
                return card_of(other, identifier)
        raise


def _print(console: Console, card: Card) -> None:
    """Print a card; texts are no markup."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for heading, value in card.items():
        style = "bold" if heading in ("id", "label") else ""
        table.add_row(Text(heading.replace("_", " "), "dim"), Text(_read(heading, value), style))
    console.print(table)


def _read(heading: str, value: Value) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    lines = [v if isinstance(v, str) else _LINES[heading].format(**v).strip() for v in value]
    short = all(isinstance(v, str) and " " not in v for v in value)
    return ", ".join(lines) if short else "\n".join(lines)
