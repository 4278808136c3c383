"""`hcc-kg examples`: the files that the documentation works with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg import terminal
from kg.output import copy_folder
from kg.paths import example_cohort


def examples(
    folder: Annotated[Path, typer.Argument(help="Folder to write to: new, or empty.")],
) -> None:
    """Write the example tables, with which the documentation works, into a folder.

    Example: hcc-kg examples try
    """
    names = copy_folder(example_cohort().parent, folder)
    terminal.messages().print(f"Wrote {folder}: {', '.join(names)}")
