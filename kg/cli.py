"""The command line: gathers the commands, and turns errors into messages and exit statuses."""

from __future__ import annotations

import inspect
import os
import re
import sys
from contextlib import suppress
from importlib import metadata
from typing import Annotated, NoReturn

import typer

from kg import signals, streams
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
    import_records,
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
from kg.output import full_disk, remove_leftovers
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
app.command("import")(import_records.import_records)
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


_WRONG, _SIGNALLED = 2, 128
_INTERRUPTED = "interrupted; no output was written"
_CLOSED_PIPE = 141  # as of a program that SIGPIPE ends: who reads the output wants no more


def main() -> None:
    """Run `hcc-kg`; errors become one message on standard error and a defined exit status."""
    streams.make_ready()
    status, told = _WRONG, ""
    with signals.ending_alike() as came:
        try:
            status, told = _ended()
        finally:  # whatever a library has made of the interrupt
            if came and status:
                _end(_SIGNALLED + came[0], _INTERRUPTED)
    _end(status, told)


def _end(status: int, told: str) -> NoReturn:
    if told:
        with suppress(OSError):  # nobody reads it
            print(f"hcc-kg: {told}", file=sys.stderr, flush=True)
    sys.exit(status)


def _ended() -> tuple[int, str]:
    """Run the command that is asked for; return its exit status and what is to be told."""
    try:
        if named := os.environ.get(ONTOLOGY_VARIABLE):
            print(f"{ONTOLOGY_VARIABLE}: the ontology in {named} is used", file=sys.stderr)
        with signals.held():
            remove_leftovers()
        status = _status()
        sys.stdout.flush()
        return status, ""
    except UnknownColumnsError as error:
        return error.exit_status, error.advised("pass --ignore-unknown")
    except HccKgError as error:
        return error.exit_status, str(error)
    except OSError as error:
        streams.give_up_output()
        if isinstance(error, BrokenPipeError):
            return _CLOSED_PIPE, ""
        why = full_disk(error) or error.strerror or str(error)
        return _WRONG, f"{error.filename or 'standard output'}: {why}"


def _status() -> int:
    """Run the command; Typer ends it by `SystemExit`, whatever comes of it."""
    try:
        app()
    except SystemExit as ending:
        if isinstance(ending.__context__, BrokenPipeError):
            return _CLOSED_PIPE
        return ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    return 0
