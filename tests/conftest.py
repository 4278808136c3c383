"""Fixtures: the guideline, an ontology to break, the shared contract, a run of the command."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import virtuoso as virtuoso_server

from kg.cli import main
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


@pytest.fixture(scope="session")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso_server.Virtuoso]:
    """A running Virtuoso, empty at first: a foreign SPARQL server."""
    if virtuoso_server.BINARY is None:
        pytest.skip(virtuoso_server.WHY_NOT)
    with virtuoso_server.running(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


class Ran(NamedTuple):
    """What a run of the command came to."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run `hcc-kg` in this process, from the temporary folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["hcc-kg", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
        return Ran(status, *capsys.readouterr())

    return command
