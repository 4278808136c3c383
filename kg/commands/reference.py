"""`hcc-kg reference`: what is written from the ontology: its terms, readings and shapes."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from kg.commands.inputs import Edition, Ontology, Output, write_text
from kg.guideline import load
from kg.output import check_apart
from kg.reference.parts import PARTS

Part: TypeAlias = Literal["all", "readings", "undecidable", "counts", "units", "shapes"]


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
