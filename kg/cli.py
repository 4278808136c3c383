"""The command line: gathers the commands, and turns errors into messages and exit statuses."""

from __future__ import annotations

import inspect
import os
import re
import sys
from importlib import metadata
from typing import Annotated

import typer

from kg.commands import (
    audit,
    bench,
    certify,
    check,
    classify,
    cohort,
    explain,
    explore,
    graph,
    ontology,
    query,
    reference,
    renew,
    serve,
    show,
    template,
)
from kg.errors import HccKgError, UnknownColumnsError
from kg.guideline import load
from kg.paths import ONTOLOGY_VARIABLE

app = typer.Typer(
    name="hcc-kg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"hcc-kg {metadata.version('hcc-kg')}, ontology {load().version}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """A liver cancer guideline as an ontology: patients in, verdicts with reasons out.

    For research and teaching; never the sole basis of a decision about a patient.

    Example: hcc-kg classify --example
    """


app.command("classify")(classify.classify)
app.command("explain")(explain.explain)
app.command("show")(show.show)
app.command("explore")(explore.explore)
app.command("template")(template.template)
app.command("cohort")(cohort.cohort)
app.command("check")(check.check)
app.command("certify")(certify.certify)
app.command("audit")(audit.audit)
app.command("bench")(bench.bench)
app.add_typer(graph.app, name="graph")
app.command("queries")(query.queries)
app.command("query")(query.query)
app.command("ontology")(ontology.ontology)
app.command("reference")(reference.reference)
app.command("renew")(renew.renew)
app.command("serve")(serve.serve)

for _command in (*app.registered_commands, *graph.app.registered_commands):
    # Typer would keep the line breaks of the source; lines that are indented are examples.
    _command.help = re.sub(r"(?<=\S)\n(?=\S)", " ", inspect.getdoc(_command.callback) or "")


_INTERRUPTED = 130
_CLOSED_PIPE = 141  # as of a program that SIGPIPE ends: who reads the output wants no more


def main() -> None:
    """Run `hcc-kg`; errors become one message on standard error and a defined exit status."""
    if named := os.environ.get(ONTOLOGY_VARIABLE):
        print(f"{ONTOLOGY_VARIABLE}: the ontology in {named} is used", file=sys.stderr)
    try:
        app()
    except UnknownColumnsError as error:
        print(f"hcc-kg: {error.advised('pass --ignore-unknown')}", file=sys.stderr)
        sys.exit(error.exit_status)
    except HccKgError as error:
        print(f"hcc-kg: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except SystemExit as ending:
        if isinstance(ending.__context__, BrokenPipeError):
            sys.exit(_CLOSED_PIPE)
        if ending.code == _INTERRUPTED:
            print("hcc-kg: interrupted; no output was written", file=sys.stderr)
        raise
