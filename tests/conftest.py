"""Fixtures: the guideline, an ontology to break, the contract, servers, browsers, the command."""

from __future__ import annotations

import gc
import shutil
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import browser
import pytest
import virtuoso as virtuoso_server

from kg.benchmarks.running import served
from kg.cli import main
from kg.guideline import Guideline, load
from kg.paths import explorer_app, ontology_folder

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

_SHARED = Path(__file__).parents[2] / "shared"


# What a worker loads stays until it ends: it is not looked through for garbage again and again.
gc.set_threshold(20_000, 20, 50)
_SLOW = ("chromium", "spark")  # fixtures of the files that take longest
_LONG = "audit catalogue_stores certify check docs editions graph hermit open_cohort output"
_LONG += " page_cohort page_editions reasoners saved_pictures server server_attacks writers"
_NEXT = {f"test_{name}.py" for name in _LONG.split()}  # those that take long after them


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker waits for another at the end.

    Within them, and after them, the order stays what it was: random.
    """
    slow = {i.path for i in items if not {*_SLOW}.isdisjoint(getattr(i, "fixturenames", ()))}
    items.sort(key=lambda item: (item.path not in slow, item.path.name not in _NEXT))
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Take back what libraries keep for the whole process, so that no order of tests shows it."""
    hook = sys.excepthook  # typer sets its own
    urllib.request._opener = None  # type: ignore[attr-defined]  # it remembers a proxy
    yield
    urllib.request._opener, sys.excepthook = None, hook  # type: ignore[attr-defined]


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


@pytest.fixture
def quick_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each Java that another program starts compile little, since it ends soon."""
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@pytest.fixture(scope="session")
def _virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso_server.Virtuoso]:
    if virtuoso_server.BINARY is None:
        pytest.skip(virtuoso_server.WHY_NOT)
    with virtuoso_server.running(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


@pytest.fixture(scope="module")
def virtuoso(_virtuoso: virtuoso_server.Virtuoso) -> Iterator[virtuoso_server.Virtuoso]:
    """A running Virtuoso, a foreign SPARQL server: empty for each file of tests."""
    yield _virtuoso
    virtuoso_server.empty(_virtuoso)


@pytest.fixture(scope="session")
def _profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chromium")


@pytest.fixture(scope="module")
def chromium(_profile: Path) -> Iterator[BrowserContext]:
    """A running browser. Each file has its own: Playwright keeps an event loop while it runs."""
    with browser.launched(_profile) as found:
        yield found


@pytest.fixture(scope="session")
def _explorer() -> Iterator[str]:
    with served(explorer_app()) as address:
        yield address


@pytest.fixture(scope="module")
def explorer(chromium: BrowserContext, _explorer: str) -> browser.Explorer:
    """The explorer and a browser to look at it."""
    return browser.Explorer(_explorer, chromium)


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
