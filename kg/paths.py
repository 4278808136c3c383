"""Where files are: those that ship with the package, and those that a run reads and writes."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
ONTOLOGY_VARIABLE = "HCC_KG_ONTOLOGY"


def ontology_folder() -> Path:
    """Return the folder of the ontology's Turtle modules, which the environment may name."""
    named = os.environ.get(ONTOLOGY_VARIABLE)
    return Path(named) if named else _shipped("ontology")


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


def explorer_script() -> Path:
    """Return the script of the explorer, which Streamlit runs for each session."""
    return _PACKAGE / "ui" / "explorer.py"


def explorer_app() -> Path:
    """Return the program of the explorer, which serves its script."""
    return _shipped("app.py")


def example_cohort() -> Path:
    """Return the table of made-up patients that ships with the package."""
    return _PACKAGE / "examples" / "patients.csv"


def example_lesions() -> Path | None:
    """Return the lesions of the example cohort, where it has any."""
    path = example_cohort().with_name("lesions.csv")
    return path if path.is_file() else None
