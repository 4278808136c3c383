"""The command `hcc-kg editions`: the editions of the guideline, and what is read from each."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer
from rich.table import Table

from kg.commands.inputs import Ontology
from kg.guideline import Guideline, load_all
from kg.terminal import output

_COLUMNS = ("id", "title", "date", "body", "language", "criteria", "therapies", "statements")


def editions(
    *,
    format_: Annotated[
        Literal["text", "json"], typer.Option("--format", help="A table to read, or JSON.")
    ] = "text",
    ontology: Ontology = None,
) -> None:
    """List the editions of the guideline; the first column is what --edition takes.

    Example: hcc-kg editions
    """
    rows = [_row(guideline) for guideline in load_all(ontology)]
    console = output()
    if format_ == "json":
        console.out(json.dumps(rows, ensure_ascii=False, indent=2), highlight=False)
        return
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(row[name]) for name in _COLUMNS))
    console.print(table)
    for row in rows:
        told = f"{row['id']}: SHA-256 of the text {row['sha256']}"
        console.print(told, soft_wrap=True, highlight=False)


def _row(guideline: Guideline) -> dict[str, object]:
    edition = guideline.source
    return {
        "id": edition.id,
        "title": edition.title,
        "date": edition.year,
        "body": edition.body,
        "language": edition.language,
        "sha256": edition.sha256,
        "criteria": len(guideline.criteria),
        "therapies": len(guideline.therapies),
        "statements": len(guideline.statements),
    }
