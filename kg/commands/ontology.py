"""`hcc-kg ontology`: the ontology as files to edit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from kg import terminal
from kg.errors import InputError
from kg.paths import ontology_folder
from kg.texts import counted


def ontology(
    folder: Annotated[Path, typer.Argument(help="Folder to write to: new, or empty.")],
) -> None:
    """Write the ontology into a folder, to edit there.

    Example: hcc-kg ontology mine
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is no empty folder; name another")
    try:
        shutil.copytree(ontology_folder(), folder, dirs_exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error}; name another folder") from error
    modules = counted(len([*folder.rglob("*.ttl")]), "module")
    terminal.messages().print(
        f"Wrote {folder}: {modules}. Check it: hcc-kg check --ontology {folder}"
    )
