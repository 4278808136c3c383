"""Where files are: those that ship with the package, and those that a run reads and writes."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from kg.errors import InputError

_PACKAGE = Path(__file__).parent
ONTOLOGY_VARIABLE = "HCC_KG_ONTOLOGY"


def ontology_folder() -> Path:
    """Return the folder of the ontology's Turtle modules, which the environment may name."""
    named = os.environ.get(ONTOLOGY_VARIABLE)
    return Path(named) if named else _shipped("ontology")


def edition_names(folder: Path) -> list[str]:
    """Return the identifiers of the editions in a folder: the names of their own folders."""
    return sorted(path.parent.name for path in folder.glob("*/edition.ttl"))


def module_files(folder: Path, edition: str) -> list[Path]:
    """Return the files of the modules that an edition may use: the shared ones and its own.

    Raises:
        InputError: there is no such edition.
    """
    names = edition_names(folder)
    if edition not in names:
        known = ", ".join(names) or "none"
        raise InputError(f"there is no edition {edition!r} in {folder}; the editions are {known}")
    return [*sorted(folder.glob("*.ttl")), *sorted((folder / edition).glob("*.ttl"))]


def queries_folder() -> Path:
    """Return the folder of the catalogue of queries."""
    return _shipped("queries")


def _shipped(name: str) -> Path:
    """Return what an installed package holds, and a checkout has beside it."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.exists() else _PACKAGE.parent / name


def pages_folder() -> Path:
    """Return the folder of the explorer's pages."""
    return _PACKAGE / "pages"


def ui_assets() -> Path:
    """Return the folder of what the explorer sends to browsers: style and components."""
    return _PACKAGE / "ui" / "assets"


@cache
def ui_asset(name: str) -> str:
    """Return the text of a file of that folder, which is read once: pages are drawn often."""
    return (ui_assets() / name).read_text("utf-8")


def explorer_script() -> Path:
    """Return the script of the explorer, which Streamlit runs for each session."""
    return _PACKAGE / "ui" / "explorer.py"


def explorer_app() -> Path:
    """Return the program of the explorer, which serves its script."""
    return _shipped("app.py")


def example_cohort() -> Path:
    """Return the table of made-up patients that ships with the package."""
    return _PACKAGE / "examples" / "patients.csv"


def example_lesions() -> Path:
    """Return the lesions of the example cohort."""
    return example_cohort().with_name("lesions.csv")
