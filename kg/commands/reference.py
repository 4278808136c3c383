"""`hcc-kg reference`: every term of the guideline as Markdown, or a part of it."""

from __future__ import annotations

import sys
from typing import Annotated, Literal, TypeAlias

import typer

from kg.commands.inputs import Ontology, Output
from kg.guideline import load
from kg.output import check_apart, whole_output
from kg.reference.book import book
from kg.reference.inventory import counts
from kg.reference.readings import readings, undecidable

Part: TypeAlias = Literal["all", "readings", "undecidable", "counts"]
_WRITERS = {"all": book, "readings": readings, "undecidable": undecidable, "counts": counts}


def reference(
    part: Annotated[
        Part,
        typer.Argument(help="All terms, the readings, what no record decides, or counts of terms."),
    ] = "all",
    output: Output = None,
    ontology: Ontology = None,
) -> None:
    """Write the ontology reference as Markdown: terms, formulas, places and readings.

    Example: hcc-kg reference --output ontology.md
    """
    guideline = load(ontology)
    check_apart(guideline.ontology.modules.values(), [output])
    text = _WRITERS[part](guideline)
    if output is None:
        sys.stdout.write(text)
        return
    with whole_output(output) as path:
        path.write_text(text, encoding="utf-8")
