"""Fixtures: the guideline as it ships, a copy of the ontology to break, the shared contract."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kg.guideline import Guideline, load
from kg.paths import ontology_folder

_SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def guideline() -> Guideline:
    """The guideline that ships."""
    return load()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the contract and the guideline's text, which are not in the repository."""
    if not _SHARED.is_dir():
        pytest.skip(f"{_SHARED} is not there: the contract and the text are kept outside")
    return _SHARED


@pytest.fixture
def ontology_copy(tmp_path: Path) -> Path:
    """A copy of the ontology's folder, for tests that break it."""
    return Path(shutil.copytree(ontology_folder(), tmp_path / "ontology"))
