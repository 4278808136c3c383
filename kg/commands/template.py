"""`hcc-kg template`: an empty table to fill in, or what its columns take."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from kg import terminal
from kg.commands.inputs import Edition, Ontology, Output
from kg.errors import InputError
from kg.guideline import load
from kg.output import whole_output
from kg.reference.templates import TEMPLATES, size
from kg.sources.forms import FORMS


def template(
    kind: Annotated[
        Literal["patients", "lesions", "columns", "cohorts"],
        typer.Argument(
            help="The table of patients, that of lesions, what every column takes, or the cohorts "
            "of OMOP."
        ),
    ] = "patients",
    output: Output = None,
    format: Annotated[
        Literal["csv", "redcap", "questionnaire"],
        typer.Option(
            help="Of the table of patients: CSV, or the form as a data dictionary of REDCap or a "
            "Questionnaire of FHIR."
        ),
    ] = "csv",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Write an empty table of patients or of lesions, as CSV, to fill in.

    Or the same as a form, whose answers `hcc-kg import` reads back. Any column but
    patient_id, and lesion_id for lesions, may be deleted. A file that exists is never
    replaced.

    Example: hcc-kg template --output patients.csv
    """
    guideline = load(ontology, edition)
    if output is not None and output.is_file():
        raise InputError(f"{output} exists; name another file, or remove it")
    if format != "csv" and kind != "patients":
        raise InputError(f"--format {format} is a form of patients; leave {kind} out")
    text = TEMPLATES[kind](guideline) if format == "csv" else FORMS[format](guideline)
    if output is None:
        sys.stdout.write(text)
        return
    with whole_output(output) as path:
        path.write_text(text, encoding="utf-8")
    written = f": {size(text)}" if format == "csv" else ""
    terminal.messages().print(f"Wrote {output}{written}.")
