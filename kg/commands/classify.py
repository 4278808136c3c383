"""`hcc-kg classify`: a table of patients in, verdicts out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from typer import Argument, Option

from kg import terminal
from kg.commands import inputs
from kg.engines.classification import chunks, kept_types
from kg.engines.registry import Name, engine_of
from kg.engines.rejects import Rejects
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.output import whole_output
from kg.patients.assumptions import Assumptions
from kg.patients.reading import Reading
from kg.patients.tables import PatientTable
from kg.reasoning.verdicts import VERDICTS
from kg.texts import NOTE_ON_USE, counted
from kg.writers import FormatName, Task, format_of, tells_missing, writer_of

_Patients = Annotated[
    str | None,
    Argument(
        help=f"{inputs.PATIENTS} With Spark also an address of Parquet, such as s3a://bucket/cohort."
    ),
]
_Format = Annotated[FormatName | None, Option(help="By default that of the output file, or table.")]
_Output = Annotated[
    str | None, Option("--output", "-o", help="File to write to; else standard output.")
]
_Master = Annotated[
    str | None, Option(help="Spark: the cluster; by default this machine, local[*].")
]
_SparkConf = Annotated[
    list[str] | None,
    Option(help="Spark: any configuration KEY=VALUE; may be repeated."),
]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The options on what is told of each patient."""

    therapy: Annotated[list[str] | None, Option(help="Only this therapy; may be repeated.")] = None
    explain: Annotated[
        bool, Option("--explain", help="Add every criterion with its place and its reading.")
    ] = False
    compact: Annotated[
        bool, Option("--compact", help="CSV, Parquet: one row per patient, states as numbers.")
    ] = False
    reasons: Annotated[
        bool, Option("--reasons", help="CSV, Parquet: the reason of each verdict in words.")
    ] = False

    def task(self, guideline: Guideline, assumed: Assumptions | None) -> Task:
        """Return what a writer is told."""
        therapies = guideline.chosen(self.therapy)
        return Task(guideline, therapies, self.explain, self.compact, self.reasons, assumed)


@inputs.with_options
def classify(
    patients: _Patients = None,
    example: inputs.Example = False,
    lesions: Annotated[str | None, Option(help=inputs.LESIONS)] = None,
    engine: Annotated[Name, Option(help=inputs.ENGINE)] = "compiled",
    format: _Format = None,
    output: _Output = None,
    rejects: Annotated[str | None, Option(help=inputs.REJECTS)] = None,
    strict: inputs.Strict = False,
    keep: inputs.Keep = None,
    ontology: inputs.Ontology = None,
    edition: inputs.Edition = None,
    master: _Master = None,
    spark_conf: _SparkConf = None,
    *,
    wanted: Wanted,
    asked: inputs.Asked,
) -> None:
    """Classify patients: which therapies the guideline makes them eligible for, and why.

    Examples:

        hcc-kg classify --example

        hcc-kg classify patients.csv --output explained.jsonl --explain

        hcc-kg classify patients.csv --output reasons.csv --reasons

        hcc-kg classify patients.csv --assume all --output verdicts.parquet

        hcc-kg classify s3a://bucket/cohort --engine spark \\
            --master spark://host:7077 --output s3a://bucket/verdicts.parquet

    Spark reads text tables from this machine only; remote tables are Parquet. A remote output
    in CSV or Parquet is a new folder of files, whose rows are in no particular order. The executors
    need the same version of hcc-kg with its extra spark.
    """
    guideline = load(ontology, edition)
    task = wanted.task(guideline, asked.assumptions(guideline))
    run = _runner(engine, master, spark_conf or [])
    places = inputs.places_of(*inputs.named_tables(patients, lesions, example), output, rejects)
    form = format or (format_of(places.output) if places.output else "table")
    writer_of(form, task)
    places.check_apart(guideline.ontology.modules.values())
    summary = run(task, places, form, strict, asked.reading(guideline, keep))
    _tell(terminal.messages(), task, summary, places, form)
    if summary.rejected or summary.rejected_lesions:
        raise typer.Exit(1)


def _runner(engine: Name, master: str | None, spark_conf: list[str]) -> Callable[..., Summary]:
    """Return what runs an engine; only what is asked for is loaded."""
    if engine == "spark":
        from kg.commands import classify_spark  # noqa: PLC0415

        return classify_spark.runner(master, spark_conf)
    if master or spark_conf:
        raise InputError("--master and --spark-conf go with --engine spark")
    return partial(_classify_here, engine)


def _classify_here(
    engine: str, task: Task, places: inputs.Places, form: str, strict: bool, reading: Reading
) -> Summary:
    """Classify a table by an engine that runs in this process."""
    places.check_local()
    lesions = Path(places.lesions) if places.lesions else None
    output = Path(places.output) if places.output else None
    patients = Path(places.patients)
    table = PatientTable(task.guideline, patients, lesions, reading, task.assumptions)
    task = replace(task, keep=kept_types(table))
    write = writer_of(form, task)
    with (
        terminal.progress("classifying", table.height) as bar,
        Rejects(Path(places.rejects), strict) as bin_,
        whole_output(output) as path,
    ):
        chosen = engine_of(engine, task.guideline)
        run = chosen.batches(bar.advance, missing=tells_missing(form, task))
        results = chunks(table, run, bin_)
        write(task, results if chosen.one_by_one else bar.watch(results), path)
    return bin_.summary


def _tell(console: Console, task: Task, summary: Summary, places: inputs.Places, form: str) -> None:
    """Say on standard error what the run came to."""
    counts = [0] * len(VERDICTS)
    for (therapy, number), count in summary.verdicts.items():
        counts[number] += count if therapy in task.therapies else 0
    inputs.tell_notes(console, summary.notes)
    if not (summary.patients or summary.rejected):
        console.print(f"{places.patients} has a header and no rows: nothing was classified.")
    told = [f"{counted(summary.patients, 'patient')} classified"]
    if summary.with_conflicts:
        told.append(f"{summary.with_conflicts:,} with conflicts in the record")
    console.print("; ".join(told) + ".")
    if summary.patients:
        labels = [task.guideline.verdicts[word][0] for word in VERDICTS]
        words = [f"{label} {count:,}" for label, count in zip(labels, counts, strict=True)]
        console.print("Verdicts: " + "; ".join(words) + ".")
    if inputs.tell_rejected(console, summary):
        console.print("Correct them there and classify that file again.")
    if summary.formulas and form == "csv":
        console.print(
            f"Identifiers that begin with =, +, - or @: {summary.formulas:,}. "
            "A spreadsheet would run them as formulas; import the column as text."
        )
    if form != "table":
        console.print(NOTE_ON_USE)
