"""`hcc-kg check`: runs the checks of the ontology and prints what they looked at and found."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table
from typer import Option

from kg.checks.registry import (
    REASONER_STEPS,
    CheckFinding,
    CheckOutcome,
    Material,
    checks,
    outcomes,
)
from kg.commands.inputs import Edition, Ontology
from kg.paths import ontology_folder
from kg.terminal import messages, output
from kg.texts import counted


def check(
    ontology: Ontology = None,
    edition: Edition = None,
    no_reasoner: Annotated[
        bool, Option("--no-reasoner", help="Leave out the checks that need Java.")
    ] = False,
    timeout: Annotated[
        float, Option(min=0.1, help="Seconds after which the reasoner is stopped.")
    ] = 600,
    format: Annotated[Literal["text", "json"], Option(help="Format of the report.")] = "text",
) -> None:
    """Check the ontology's files and logic.

    What needs no reasoner is printed first. The checks of the graph are saved questions:
    'hcc-kg queries --tag check' lists them.

    Exit status: 0 nothing found, 1 something found, 3 no Java for the reasoner.

    Example: hcc-kg check --no-reasoner
    """
    status = messages().status("Reading the ontology")
    material = Material(
        ontology or ontology_folder(),
        edition,
        seconds=timeout,
        watch=lambda told: status.update(f"Asking the reasoner HermiT: {told}"),
    )
    running = outcomes(material, reasoner=not no_reasoner)
    quick = sum(item.step not in REASONER_STEPS for item in checks())
    found: list[CheckOutcome] = []
    for some in (islice(running, quick), running):
        with status:
            part = list(some)
        if format == "text":
            _print(part, with_header=not found)
        found += part
    findings = [finding for outcome in found for finding in outcome.findings]
    if format == "json":
        report = {
            "ontology": str(material.folder),
            "checks": [_outcome(outcome) for outcome in found],
            "findings": [asdict(finding) for finding in findings],
        }
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    messages().print(_summary(material.folder, found, findings), soft_wrap=True, markup=False)
    if findings:
        raise typer.Exit(1)


def _print(outcomes: Sequence[CheckOutcome], with_header: bool) -> None:
    """Print a part of a table in columns as wide as the whole table needs."""
    every, console = checks(), output()
    table = Table(box=None, pad_edge=False, show_header=with_header)
    names, texts = (max(len(c.name) for c in every), max(len(c.description) for c in every))
    counted = len("looked at  findings")
    table.add_column("check", width=names)
    table.add_column("what must hold", width=min(texts, console.width - names - counted - 4))
    table.add_column("looked at", justify="right", min_width=9)
    table.add_column("findings", justify="right", min_width=8)
    for outcome in outcomes:
        counts = (str(outcome.looked_at), str(len(outcome.findings)))
        told = ("not run", "") if outcome.not_run else counts
        table.add_row(outcome.check.name, outcome.check.description, *told)
    console.print(table)
    for finding in (finding for outcome in outcomes for finding in outcome.findings):
        line = f"{finding.check}: {finding.subject}: {finding.message}"
        console.print(line, soft_wrap=True, markup=False)
    sys.stdout.flush()


def _summary(folder: Path, found: Sequence[CheckOutcome], findings: Sequence[CheckFinding]) -> str:
    ran = sum(not outcome.not_run for outcome in found)
    left_out: dict[str, list[str]] = {}
    for outcome in found:
        if outcome.not_run:
            left_out.setdefault(outcome.not_run, []).append(outcome.check.name)
    reasons = [f"not run ({reason}): {', '.join(names)}" for reason, names in left_out.items()]
    told = f"{folder}: {counted(ran, 'check')}, {counted(len(findings), 'finding')}"
    return "\n".join([told, *reasons])


def _outcome(outcome: CheckOutcome) -> dict[str, object]:
    return {
        "name": outcome.check.name,
        "description": outcome.check.description,
        "looked_at": outcome.looked_at,
        "findings": len(outcome.findings),
        "not_run": outcome.not_run or None,
    }
