"""`hcc-kg renew`: writes again what a checkout holds that is generated, or says what is old."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

from kg.renewal import checkout
from kg.renewal import renew as renew_files
from kg.terminal import messages
from kg.texts import counted


def renew(
    check: Annotated[
        bool, Option("--check", help="Write nothing; name the files that are out of date.")
    ] = False,
) -> None:
    """Regenerate what a checkout holds that follows from the ontology and the questions.

    These are the reference, the catalogue, the blocks of other pages that name their command,
    and the rows that the tests expect of saved questions. Read every change.

    Exit status: 0 everything is up to date, 1 with --check something is not.

    Example: hcc-kg renew --check
    """
    old = renew_files(checkout(), write=not check)
    for path in old:
        typer.echo(path)
    if check and old:
        told = f"{counted(len(old), 'file')} out of date; run 'hcc-kg renew'"
        messages().print(told)
        raise typer.Exit(1)
    messages().print(f"{counted(len(old), 'file')} renewed" if old else "Everything is up to date.")
