"""The command line: gathers the commands, and turns errors into messages and exit statuses."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from collections.abc import Collection
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from kg import commands, signals
from kg.errors import HccKgError, UnknownColumnsError, extras_told
from kg.output import full_disk, remove_leftovers
from kg.paths import ONTOLOGY_VARIABLE

COMMANDS = (
    *("classify", "explain", "show", "explore", "import", "template", "cohort", "check", "certify"),
    *("editions", "compare", "audit", "bench", "queries", "query", "examples", "ontology"),
    *("reference", "renew", "serve", "graph"),
)
_PLACES = {  # module and function of those that are called otherwise
    "import": ("import_records", "import_records"),
    "template": ("reference", "template"),
    "show": ("reference", "show"),
    "queries": ("query", "queries"),
    "editions": ("ontology", "editions"),
    "examples": ("ontology", "examples"),
}


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # noqa: PLC0415 - nothing else asks for it

        from kg.guideline import load  # noqa: PLC0415

        print(f"hcc-kg {metadata.version('hcc-kg')}, ontology {load().version}")
        raise typer.Exit


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


def command_line(loaded: Collection[str] = COMMANDS) -> typer.Typer:
    """Return the command line. Of a command that is not loaded it knows the help alone."""
    app = typer.Typer(
        name="hcc-kg",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(start)
    for name in COMMANDS:
        module, function = _PLACES.get(name, (name, name))
        if name not in loaded:
            app.command(name, help=_joined(_documentation(module, function)))(lambda: None)
            continue
        found = import_module(f"kg.commands.{module}")
        group = getattr(found, "app", None)
        if group is None:
            app.command(name)(getattr(found, function))
        else:
            app.add_typer(group, name=name)
        for command in (group or app).registered_commands:
            command.help = command.help or _joined(command.callback.__doc__ or "")
    return app


def _documentation(module: str, function: str) -> str:
    """Return what a command says of itself, without loading it and all that it works with."""
    source = Path(commands.__path__[0], f"{module}.py").read_text(encoding="utf-8")
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return next(ast.get_docstring(node) or "" for node in functions if node.name == function)


def _joined(text: str) -> str:
    """Return a text without the line breaks of the source; lines that are indented are examples."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", inspect.cleandoc(text))


_WRONG, _SIGNALLED = 2, 128
_INTERRUPTED = "interrupted; no output was written"
_CLOSED_PIPE = 141  # as of a program that SIGPIPE ends: who reads the output wants no more


def main() -> None:
    """Run `hcc-kg`; errors become one message on standard error and a defined exit status."""
    signals.make_ready()
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
    if signals.any_given_up():  # Java would not end before it does; all output is written
        os._exit(status)
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
        signals.give_up_output()
        if isinstance(error, BrokenPipeError):
            return _CLOSED_PIPE, ""
        why = full_disk(error) or error.strerror or str(error)
        return _WRONG, f"{error.filename or 'standard output'}: {why}"


def _status() -> int:
    """Run the command; Typer ends it by `SystemExit`, whatever comes of it."""
    words = (word for word in sys.argv[1:] if not word.startswith("-"))
    try:
        with extras_told():
            command_line([next(words, "")])()
    except SystemExit as ending:
        if isinstance(ending.__context__, BrokenPipeError):
            return _CLOSED_PIPE
        return ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    return 0
