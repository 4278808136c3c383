"""`hcc-kg compare`: two editions side by side, on a table of patients or term by term."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from kg import terminal
from kg.commands import inputs
from kg.comparison.cohorts import (
    CHANGES,
    SCHEMA,
    behind,
    chosen,
    compared,
    counts,
    differences_frame,
    tables_of,
)
from kg.engines.rejects import RejectCounter, shortened
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.guideline.taxonomy import notes_on
from kg.output import check_apart, whole_file
from kg.texts import NOTE_ON_USE, counted

_MOST = 200  # rows that are printed: nobody reads more
_TOP = 10
_Format = Literal["table", "csv", "json", "jsonl", "parquet"]
_ENDINGS: dict[str, _Format] = {each: each for each in get_args(_Format) if each != "table"}

_Therapy = Annotated[
    list[str] | None, Option(help="Only this therapy, of either edition; may be repeated.")
]


@inputs.with_options
def compare(
    patients: inputs.Patients = None,
    *,
    example: inputs.Example = False,
    lesions: inputs.Lesions = None,
    from_: Annotated[str, Option("--from", help="Edition to begin with.")] = "2011",
    to: Annotated[str, Option(help="Edition to compare it with.")] = "2026",
    therapy: _Therapy = None,
    format: Annotated[
        _Format | None, Option(help="By default that of the output file, or table.")
    ] = None,
    output: inputs.Output = None,
    strict: inputs.Strict = False,
    ontology: inputs.Ontology = None,
    asked: inputs.Asked,
) -> None:
    """Compare two editions: who is classified differently, and by which criterion.

    With a table of patients, each patient gets a row for each pair of therapies. Without one, the
    editions are compared criterion by criterion, with both places in the texts.

    Exit status: 0 done, 1 done, and rows were rejected.

    Examples:

        hcc-kg compare --example

        hcc-kg compare patients.csv --therapy rfa --format csv --output changes.csv

        hcc-kg compare
    """
    editions = load(ontology, from_), load(ontology, to)
    modules = [path for one in editions for path in one.ontology.modules.values()]
    check_apart([*modules, *(p for p in (patients, lesions) if p)], [output])
    form = inputs.form_of(format, output, _ENDINGS, "table")
    if patients is None and not example:
        if therapy or lesions:
            raise InputError("--therapy and --lesions go with a table of patients, or --example")
        _write(differences_frame(*editions), form, output)
        return
    table, others = inputs.named_tables(patients, lesions, example)
    both = tables_of(editions, table, others, asked.reading, asked.assume)
    rejects = RejectCounter(strict)
    frames = compared(both, chosen(*editions, therapy), rejects)
    frame = pl.concat([SCHEMA.to_frame(), *frames])
    if form == "table" and output is None:
        _print(terminal.output(), frame, editions)
    else:
        _write(frame, form, output)
    if _tell(rejects.summary):
        raise typer.Exit(1)


def _write(frame: pl.DataFrame, form: _Format, output: Path | None) -> None:
    """Write rows in a format, whole or not at all; the table is a list of columns of text."""
    if form != "parquet":
        inputs.write_text(_text(frame, form), output)
        return
    if output is None:
        raise InputError("Parquet is no text; name a file with --output")
    with whole_file(output) as path:
        frame.write_parquet(path)


def _text(frame: pl.DataFrame, form: _Format) -> str:
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
    if form in ("json", "jsonl"):
        rows = frame.write_ndjson()
        return rows if form == "jsonl" else "[\n" + ",\n".join(rows.splitlines()) + "\n]\n"
    flat = frame.with_columns(pl.col(name).list.join(";").replace("", None) for name in lists)
    if form == "csv":
        return flat.write_csv()
    console = terminal.output()
    with console.capture() as told:
        _rows(console, flat)
    return told.get()


def _rows(console: Console, frame: pl.DataFrame) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in frame.columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in frame.head(_MOST).iter_rows():
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)
    if len(frame) > _MOST:
        console.print(f"and {counted(len(frame) - _MOST, 'row')} more; write them with --format")


def _print(console: Console, frame: pl.DataFrame, editions: tuple[Guideline, Guideline]) -> None:
    """Print what changed, patient by patient, then the counts and the criteria behind them."""
    changed = frame.filter(~pl.col("change").is_in(["same", "new", "dropped"]))
    lists = [f"because_{side}" for side in ("from", "to")]
    _rows(console, changed.with_columns(pl.col(name).list.join(";") for name in lists))
    before, after = (edition.edition for edition in editions)
    console.print(f"\nPatients by change, from the edition of {before} to that of {after}:")
    _rows(console, counts(frame).select("therapy_from", "therapy_to", *CHANGES))
    console.print("\nCriteria behind most changes:")
    names = pl.col("side").replace_strict({"from": before, "to": after}).alias("edition")
    _rows(console, behind(frame).head(_TOP).select(names, "criterion", "changes"))
    for side, edition in zip(("from", "to"), editions, strict=True):
        there = set(frame[f"therapy_{side}"])
        for note, of in notes_on(edition, [n for n in edition.therapies if n in there]).items():
            told = f"{edition.edition}, {', '.join(of)}: {note}"
            console.print(told, markup=False, soft_wrap=True)
    console.print(NOTE_ON_USE)


def _tell(summary: Summary) -> bool:
    """Say what was rejected; whether anything was."""
    if not summary.rejected and not summary.rejected_lesions:
        return False
    console = terminal.messages()
    console.print(f"{counted(summary.rejected, 'row')} rejected, left out of the comparison.")
    console.print(f"The first: {shortened(summary.first_reason)}", markup=False)
    return True
