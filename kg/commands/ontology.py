"""`hcc-kg ontology`: the ontology as files to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg import terminal
from kg.output import copy_folder
from kg.paths import ontology_folder
from kg.texts import counted


def ontology(
    folder: Annotated[Path, typer.Argument(help="Folder to write to: new, or empty.")],
) -> None:
    """Write the ontology into a folder, to edit there.

    Example: hcc-kg ontology mine
    """
    names = copy_folder(ontology_folder(), folder)
    modules = counted(sum(name.endswith(".ttl") for name in names), "module")
    told = f"Wrote {folder}: {modules}. Check it: hcc-kg check --ontology {folder}"
    terminal.messages().print(told)
