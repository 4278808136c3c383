"""The command `hcc-kg show`: one term of the guideline as a card."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from kg.commands.inputs import Edition, Ontology
from kg.errors import InputError
from kg.guideline import load, load_all
from kg.reference.cards import Card, Value, card_of
from kg.terminal import output

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
            help="A criterion, shared definition, therapy, variable, statement, recommendation "
            "or response; capitals or not.",
        ),
    ],
    *,
    format_: Annotated[
        Literal["text", "json"], Option("--format", help="A card to read, or JSON.")
    ] = "text",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Show one term of the guideline: what it means, where it is in the text, where it is used.

    Example: hcc-kg show ABL-I1
    """
    card = _card(ontology, edition, identifier)
    console = output()
    if format_ == "json":
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
