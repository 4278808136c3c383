"""The house of modules: what may import what, without circles, and where outside libraries live."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the ground up: a room imports those below it only. A room is a module or a package; what
# stands in one line does not import one another.
ROOMS = (
    ("kg.errors", "kg.keys", "kg.signals", "kg.texts", "kg.terminal"),
    ("kg.nesting", "kg.paths"),
    ("kg.ontology", "kg.output"),
    ("kg.guideline",),
    ("kg.readers",),
    ("kg.patients",),
    ("kg.reasoning",),
    ("kg.explanation",),
    ("kg.rdf.names", "kg.rdf.turtle"),
    ("kg.rdf.lines",),
    ("kg.writers", "kg.stores", "kg.catalogue"),
    ("kg.engines",),
    (
        "kg.cohorts",
        "kg.comparison",
        "kg.rdf",
        "kg.audit",
        "kg.certification",
        "kg.checks",
        "kg.reference",
        "kg.sources",
    ),
    ("kg.reasoners",),
    ("kg.api", "kg.tables", "kg.cohort", "kg.asking", "kg.server", "kg.spark"),
    ("kg.charts",),
    ("kg", "kg.ui", "kg.benchmarks", "kg.renewal"),
    ("kg.pages", "kg.commands", "app"),
    ("kg.cli",),
    ("kg.__main__",),
)
LIBRARIES = {
    "jpype": ("kg.engines.java",),
    "owlready2": ("kg.reasoners",),
    "pyoxigraph.Store": ("kg.stores", "kg.server"),  # others ask a store
    "pyspark": ("kg.spark", "kg.commands.classify_spark"),
    "streamlit": ("app", "kg.ui", "kg.pages"),
    "rdflib": ("kg.asking", "kg.benchmarks.store"),
    "oxrdflib": ("kg.asking",),
    "SPARQLWrapper": ("kg.asking", "kg.stores.remote"),
    "shacl": ("kg.readers.rdf",),
    "typer": ("kg.commands", "kg.cli"),
    "starlette": ("kg.server", "kg.ui.serving"),
}

Imports = Mapping[str, frozenset[str]]


def sources() -> dict[str, str]:
    """Return the texts of all modules by their names."""
    found = {}
    for path in [*(ROOT / "kg").rglob("*.py"), ROOT / "app.py"]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path.read_text("utf-8")
    return found


def imports(texts: Mapping[str, str]) -> Imports:
    """Return what each module imports, wherever in it: of our modules, and of others."""
    return {name: frozenset(_imported(text, texts)) for name, text in texts.items()}


def _imported(text: str, known: Iterable[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif (
            isinstance(node, ast.Attribute)
            and node.attr == "Store"
            and ast.unparse(node) == "ox.Store"
        ):
            yield "pyoxigraph.Store"


def room(module: str) -> str | None:
    """Return the room that a module is in: the narrowest that holds it."""
    rooms = [r for line in ROOMS for r in line if module == r or module.startswith(f"{r}.")]
    found = max(rooms, key=len, default=None)
    return None if found == "kg" and module != "kg" else found


def upwards(found: Imports) -> list[str]:
    """Return the imports that do not go downwards."""
    floor = {name: i for i, line in enumerate(ROOMS) for name in line}
    return [
        f"{module} imports {other}"
        for module, others in found.items()
        for other in others
        for here, there in [(room(module), room(other))]
        if here is not None and there is not None
        if here != there and floor[there] >= floor[here]
    ]


def circle(found: Imports) -> list[str]:
    """Return modules that import one another in a circle, if there are such."""
    done: set[str] = set()

    def search(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for other in sorted(found[module] & found.keys()):
            if told := search(other, [*path, module]):
                return told
        done.add(module)
        return []

    return next((told for module in sorted(found) if (told := search(module, []))), [])


def strangers(found: Imports) -> list[str]:
    """Return the imports of libraries outside their rooms."""
    return [
        f"{module} imports {other}"
        for module, others in found.items()
        for other in others
        for library, homes in LIBRARIES.items()
        if f"{other}.".startswith(f"{library}.") and not module.startswith(homes)
    ]


@cache
def _whole() -> Imports:
    return imports(sources())


@pytest.fixture
def house() -> Imports:
    return _whole()


def test_every_module_has_a_room(house: Imports) -> None:
    assert len(house) > 200
    assert [module for module in house if room(module) is None] == []


def test_every_room_has_modules(house: Imports) -> None:
    assert {r for line in ROOMS for r in line} == {room(module) for module in house}


def test_imports_go_downwards(house: Imports) -> None:
    assert upwards(house) == []


def test_no_import_goes_in_a_circle(house: Imports) -> None:
    assert circle(house) == []


def test_libraries_stay_in_their_rooms(house: Imports) -> None:
    assert strangers(house) == []
    used = {other for others in house.values() for other in others}
    for library, homes in LIBRARIES.items():
        assert any(f"{other}.".startswith(f"{library}.") for other in used) == bool(homes)


def _and(module: str, line: str) -> Imports:
    """Return the imports of a house in which one module has one line more."""
    more = frozenset(_imported(f"def more():\n    {line}\n", _whole()))
    return {**_whole(), module: _whole()[module] | more}


@pytest.mark.parametrize(
    ("module", "line", "told"),
    [
        ("kg.readers.csv", "from kg.patients import cells", "kg.readers.csv imports kg.patients"),
        ("kg.rdf.lines", "from kg.engines import registry", "kg.rdf.lines imports kg.engines"),
        ("kg.cohorts.views", "import kg.ui.words", "kg.cohorts.views imports kg.ui.words"),
        ("kg.texts", "from kg.errors import InputError", "kg.texts imports kg.errors"),
    ],
)
def test_an_import_upwards_is_found(module: str, line: str, told: str) -> None:
    assert [text for text in upwards(_and(module, line)) if told in text]


def test_a_circle_is_found() -> None:
    found = circle(_and("kg.patients.cells", "from kg.patients.records import Record"))
    assert {"kg.patients.cells", "kg.patients.records"} <= set(found)


@pytest.mark.parametrize("library", list(LIBRARIES))
def test_a_library_outside_its_room_is_found(library: str) -> None:
    line = "ox.Store()" if library == "pyoxigraph.Store" else f"import {library}"
    assert strangers(_and("kg.patients.cells", line)) == [f"kg.patients.cells imports {library}"]


# What a merge leaves behind

MARKER = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?\r?$", re.M)


def test_no_tracked_file_has_markers_of_a_merge() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git, so nothing is tracked")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert len(files) > 400
    assert [str(f) for f in files if f.is_file() and MARKER.search(f.read_bytes())] == []


@pytest.mark.parametrize("line", ["<" * 7 + " HEAD", "=" * 7, ">" * 7 + " abc (Subject)"])
def test_a_marker_of_a_merge_is_found(line: str) -> None:
    assert MARKER.search(f"text\n{line}\nmore\n".encode())
    assert not MARKER.search(f"text\n {line}=\nmore\n".encode())
