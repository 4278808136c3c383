"""`hcc-kg check`: runs the checks of the ontology and prints what they looked at and found."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer
from rich.table import Table

from kg.checks.run import Outcome, Report, run
from kg.commands.inputs import Ontology
from kg.terminal import messages, output


def check(
    ontology: Ontology = None,
    no_reasoner: Annotated[
        bool, typer.Option("--no-reasoner", help="Leave out the checks that need Java.")
    ] = False,
    format: Annotated[Literal["text", "json"], typer.Option(help="Format of the report.")] = "text",
) -> None:
    """Check the ontology's files and logic.

    The checks of the graph are saved questions: 'hcc-kg queries --tag check' lists them.

    Exit status: 0 nothing found, 1 something found, 3 no Java for the reasoner.

    Example: hcc-kg check --no-reasoner
    """
    report = run(ontology, reasoner=not no_reasoner)
    if format == "json":
        typer.echo(json.dumps(_json(report), indent=2, ensure_ascii=False))
    else:
        _print(report)
    messages().print(_summary(report), soft_wrap=True, markup=False)
    if report.findings:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    console = output()
    table = Table("check", "what must hold", box=None, pad_edge=False)
    table.add_column("looked at", justify="right")
    table.add_column("findings", justify="right")
    for outcome in report.outcomes:
        counts = (str(outcome.looked_at), str(len(outcome.findings)))
        left_out = ("not run", "")
        table.add_row(
            outcome.check.name,
            outcome.check.description,
            *(left_out if outcome.not_run else counts),
        )
    console.print(table)
    for finding in report.findings:
        line = f"{finding.check}: {finding.subject}: {finding.message}"
        console.print(line, soft_wrap=True, markup=False)


def _summary(report: Report) -> str:
    ran = [outcome for outcome in report.outcomes if not outcome.not_run]
    summary = f"{report.folder}: {len(ran)} checks, {len(report.findings)} findings"
    left_out: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.not_run:
            left_out.setdefault(outcome.not_run, []).append(outcome.check.name)
    reasons = [f"not run ({reason}): {', '.join(names)}" for reason, names in left_out.items()]
    return "\n".join([summary, *reasons])


def _json(report: Report) -> dict[str, object]:
    return {
        "ontology": str(report.folder),
        "checks": [_outcome(outcome) for outcome in report.outcomes],
        "findings": [
            {"check": f.check, "subject": f.subject, "message": f.message} for f in report.findings
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {
        "name": outcome.check.name,
        "description": outcome.check.description,
        "looked_at": outcome.looked_at,
        "findings": len(outcome.findings),
        "not_run": outcome.not_run or None,
    }
