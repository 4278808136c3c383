"""`hcc-kg import`: records of FHIR or OMOP as a draft of a patient table."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from typer import Argument, Option

from kg import terminal
from kg.commands.inputs import Ontology, Output
from kg.errors import InputError
from kg.guideline import load
from kg.keys import ID
from kg.output import check_apart, whole_output
from kg.texts import counted

_SHOWN = 8
_CONTRADICTION = "^.* contradict one another$"  # each names its values


_Sources = Annotated[
    list[Path],
    Argument(help="FHIR R4 (.json, .ndjson, also .gz, or folders), or folders of OMOP tables."),
]
_AsOf = Annotated[
    datetime | None,
    Option(
        formats=["%Y-%m-%d"],
        help="Date for which values count; for one patient, by default the newest on record.",
    ),
]
_Rules = Annotated[list[Path] | None, Option(help="Turtle file with rules for codes of your own.")]
_Unread = Annotated[
    Path | None, Option(help="CSV file for what has a known code and was not read, and why.")
]
_Codes = Annotated[
    Path | None, Option(help="CSV file for the number of resources with each other code.")
]


def import_records(
    sources: _Sources,
    as_of: _AsOf = None,
    rules: _Rules = None,
    output: Output = None,
    unread: _Unread = None,
    codes: _Codes = None,
    ontology: Ontology = None,
) -> None:
    """Read patients from FHIR or OMOP as a draft of a patient table.

    Review the draft, correct and complete it, then classify it: nothing is classified here.
    What no record says stays unknown. Exit status 1 if something with a known code was not read.

    Example: hcc-kg import bundle.json --as-of 2026-02-28 --output draft.csv --unread unread.csv
    """
    from kg.sources.draft import import_records as imported  # noqa: PLC0415 - loads Polars

    check_apart([*sources, *(rules or ())], [output, unread, codes])
    day, guideline = as_of.date() if as_of else None, load(ontology)
    draft = imported(sources, day, rules=rules or (), guideline=guideline)
    for frame, path in ((draft.frame, output), (draft.unread, unread), (draft.counted, codes)):
        if path is not None or frame is draft.frame:
            _write(frame, path)
    console = terminal.messages()
    if as_of is None:
        console.print(f"As of {draft.as_of}, the newest date on record.")
    others = draft.resources - draft.used - draft.left_out
    console.print(
        f"{counted(len(draft.frame), 'patient')}; {counted(draft.resources, 'resource')}: "
        f"{draft.used:,} used, {draft.left_out:,} not read, {others:,} counted by code"
    )
    console.print(f"  with a confirmed diagnosis of the liver tumour: {len(draft.with_tumour):,}")
    without = [name for name in draft.frame[ID] if name not in draft.with_tumour]
    if without and draft.with_tumour:
        more = f", and {len(without) - _SHOWN:,} more" if len(without) > _SHOWN else ""
        console.print(f"  without one: {', '.join(without[:_SHOWN])}{more}")
    alike = pl.col("reason").str.replace(_CONTRADICTION, "values contradict one another")
    reasons = draft.unread.group_by(alike, maintain_order=True).len("count")
    _tell(console, reasons, "reason", "not read")
    _tell(console, draft.counted, "code", "counted")
    if len(draft.unread):
        raise typer.Exit(1)


def _tell(console: Console, frame: pl.DataFrame, column: str, word: str) -> None:
    ranked = frame.sort("count", descending=True, maintain_order=True)
    for row in ranked.head(_SHOWN).iter_rows(named=True):
        why = f", {row['why']}" if row.get("why") else ""
        what = row[column] or row.get("resource")
        console.print(f"  {word}: {row['count']:,} × {what}{why}")
    if len(frame) > _SHOWN:
        console.print(f"  {word}: and {counted(len(frame) - _SHOWN, column)} more")


def _write(frame: pl.DataFrame, path: Path | None) -> None:
    ending = ".csv" if path is None else path.suffix.lower()
    with whole_output(path) as part:
        if ending == ".csv":
            frame.write_csv(part)
        elif ending == ".jsonl":
            frame.write_ndjson(part)
        elif ending == ".parquet":
            frame.write_parquet(part)
        else:
            raise InputError(f"{path}: a draft is written as .csv, .jsonl or .parquet")
