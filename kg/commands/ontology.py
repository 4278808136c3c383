"""`hcc-kg ontology`: the ontology as files to edit, or an edition as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg import terminal
from kg.commands.inputs import Edition
from kg.errors import InputError
from kg.output import copy_folder
from kg.paths import ontology_folder
from kg.texts import counted


def ontology(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder to write to: new, or empty.")
    ] = None,
    merged: Annotated[
        Path | None,
        typer.Option(help="Write an edition as one file instead: .ttl, or RDF/XML as .owl."),
    ] = None,
    edition: Edition = None,
) -> None:
    """Write the ontology into a folder, to edit there; or an edition with all modules as one file.

    Examples:

        hcc-kg ontology mine

        hcc-kg ontology --merged hcc-kg.owl
    """
    if (folder is None) == (merged is None):
        raise InputError("name a folder to write to, or a file by --merged; one of the two")
    if merged is not None:
        from kg.ontology import Ontology  # noqa: PLC0415 - only this needs them
        from kg.reasoners.files import release  # noqa: PLC0415

        found = Ontology(edition=edition)
        release(found, merged)
        told = (
            f"Wrote {merged}: {counted(len(found.modules), 'module')} of edition {found.edition}."
        )
    elif folder is not None:
        names = copy_folder(ontology_folder(), folder)
        modules = counted(sum(name.endswith(".ttl") for name in names), "module")
        told = f"Wrote {folder}: {modules}. Check it: hcc-kg check --ontology {folder}"
    terminal.messages().print(told)
