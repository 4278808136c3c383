"""`hcc-kg reference`: what is written from the ontology: its terms, readings and shapes."""

from __future__ import annotations

import sys
from typing import Annotated, Literal, TypeAlias

import typer

from kg.commands.inputs import Ontology, Output
from kg.guideline import load
from kg.guideline.shapes import shapes
from kg.output import check_apart, whole_output
from kg.reference.book import book
from kg.reference.inventory import counts
from kg.reference.readings import readings, undecidable, units

Part: TypeAlias = Literal["all", "readings", "undecidable", "counts", "units", "shapes"]
_WRITERS = {
    "all": book,
    "readings": readings,
    "undecidable": undecidable,
    "counts": counts,
    "units": units,
    "shapes": shapes,
}


def reference(
    part: Annotated[
        Part,
        typer.Argument(
            help="All terms, the readings, what no record decides, counts of terms, or the shapes "
            "of a record."
        ),
    ] = "all",
    output: Output = None,
    ontology: Ontology = None,
) -> None:
    """Write the ontology reference as Markdown: terms, formulas, places and readings.

    The shapes of a patient record are written as Turtle, for any SHACL validator.

    Examples:

        hcc-kg reference --output ontology.md

        hcc-kg reference shapes --output shapes.ttl
    """
    guideline = load(ontology)
    check_apart(guideline.ontology.modules.values(), [output])
    text = _WRITERS[part](guideline)
    if output is None:
        sys.stdout.write(text)
        return
    with whole_output(output) as path:
        path.write_text(text, encoding="utf-8")
