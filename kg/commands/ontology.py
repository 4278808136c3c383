"""`hcc-kg ontology`, `editions` and `examples`: what ships, as files and as a list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from rich.table import Table
from typer import Argument, Option

from kg import terminal
from kg.commands.inputs import Edition, Ontology
from kg.errors import InputError
from kg.guideline import load_all
from kg.ontology import default_edition
from kg.output import copy_folder
from kg.paths import example_cohort, ontology_folder
from kg.reference.citation import facts, side_by_side
from kg.texts import counted

_COLUMNS = ("id", "title", "date", "body", "language", "criteria", "therapies", "statements")


def ontology(
    folder: Annotated[Path | None, Argument(help="Folder to write to: new, or empty.")] = None,
    merged: Annotated[
        Path | None,
        Option(help="Write an edition as one file instead: .ttl, or RDF/XML as .owl."),
    ] = None,
    edition: Edition = None,
) -> None:
    """Write the ontology into a folder, to edit there; or an edition with all modules as one file.

    Examples:

        hcc-kg ontology mine

        hcc-kg ontology --merged hcc-kg.owl
    """
    if (folder is None) == (merged is None):
        raise InputError("name a folder to write to, or a file by --merged; one of the two")
    if merged is not None:
        from kg.ontology import Ontology as Modules  # noqa: PLC0415 - only this needs them
        from kg.reasoners import release  # noqa: PLC0415

        found = Modules(edition=edition)
        release(found, merged)
        modules = counted(len(found.modules), "module")
        told = f"Wrote {merged}: {modules} of edition {found.edition}."
    elif folder is not None:
        default_edition(source := ontology_folder())  # which is there in every ontology
        names = copy_folder(source, folder)
        modules = counted(sum(name.endswith(".ttl") for name in names), "module")
        told = f"Wrote {folder}: {modules}. Check it: hcc-kg check --ontology {folder}"
    terminal.messages().print(told)


def examples(
    folder: Annotated[Path, Argument(help="Folder to write to: new, or empty.")],
) -> None:
    """Write the example tables, with which the documentation works, into a folder.

    Example: hcc-kg examples try
    """
    names = copy_folder(example_cohort().parent, folder)
    terminal.messages().print(f"Wrote {folder}: {', '.join(names)}")


def editions(
    *,
    format: Annotated[
        Literal["text", "json", "markdown"],
        Option(help="A table to read, JSON, or the editions side by side."),
    ] = "text",
    ontology: Ontology = None,
) -> None:
    """List the editions of the guideline; the first column is what --edition takes.

    Example: hcc-kg editions
    """
    every = load_all(ontology)
    rows = [facts(guideline) for guideline in every]
    console = terminal.output()
    if format == "markdown":
        console.out(side_by_side(every), end="", highlight=False)
        return
    if format == "json":
        console.out(json.dumps(rows, ensure_ascii=False, indent=2), highlight=False)
        return
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(row[name]) for name in _COLUMNS))
    console.print(table)
    for row in rows:
        told = f"{row['id']}: SHA-256 of the text {row['sha256']}"
        console.print(told, soft_wrap=True, highlight=False)
