"""What commands share: their options, and the choice between a table and the example cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from kg import paths
from kg.errors import InputError
from kg.paths import Remote

Place = TypeVar("Place", bound=Path | Remote)

Ontology = Annotated[
    Path | None, typer.Option(help="Folder of Turtle modules to use instead of its own.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write to; else standard output.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="End at the first bad row, without a result.")
]
IgnoreUnknown = Annotated[
    bool, typer.Option("--ignore-unknown", help="Leave out columns that are no variables.")
]
REJECTS = "File for rejected rows; by default NAME.rejected.csv."
PATIENTS = "Table of patients: .csv, .jsonl, .parquet, or RDF (.ttl, .nt, .jsonld)."
LESIONS = "Table of lesions, one row a lesion."


def named_tables(
    patients: Place | None, lesions: Place | None, example: bool
) -> tuple[Place | Path, Place | Path | None]:
    """Return the tables of patients and of lesions that a command was asked to read.

    Raises:
        InputError: neither a table nor the example cohort was named, or both were.
    """
    if example == (patients is not None):
        raise InputError("name a table of patients, or pass --example; one of the two")
    if patients is not None:
        return patients, lesions
    if lesions is not None:
        raise InputError("the example cohort brings its own lesions; leave --lesions out")
    return paths.example_cohort(), paths.example_lesions()
