"""The ontology written out to edit: whole, usable, and never over what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.guideline import load
from kg.paths import ONTOLOGY_VARIABLE, ontology_folder


def test_the_copy_is_the_ontology(run: Callable[..., object], tmp_path: Path) -> None:
    status, out, err = run("ontology", "mine")
    assert (status, out) == (0, "")
    assert "hcc-kg check --ontology mine" in err
    assert load(tmp_path / "mine").ontology.sha256 == load().ontology.sha256
    files = [sorted(p.relative_to(f) for p in f.rglob("*")) for f in (tmp_path / "mine", _HERE)]
    assert files[0] == files[1]


@pytest.mark.parametrize("there", ["mine/note.txt", "mine"])
def test_what_is_there_is_never_written_over(
    run: Callable[..., object], tmp_path: Path, there: str
) -> None:
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("a")
    status, _, err = run("ontology", "mine")
    assert (status, path.read_text()) == (2, "a")
    assert "name another" in err


def test_an_empty_folder_is_taken(run: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert run("ontology", "mine")[0] == 0


@pytest.mark.parametrize("command", [("ontology", "mine"), ("editions",)])
def test_a_folder_that_the_environment_names_and_that_is_not_there_is_told(
    run: Callable[..., object], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv(ONTOLOGY_VARIABLE, "absent")
    status, out, err = run(*command)
    assert (status, out) == (2, "")
    assert "absent: no such folder; it should hold the ontology's Turtle files" in err


_HERE = ontology_folder()


def test_the_example_tables_are_written_too(run: Callable[..., object], tmp_path: Path) -> None:
    status, _, err = run("examples", "try")
    assert status == 0
    assert {"patients.csv", "lesions.csv", "clinic.csv"} <= {
        p.name for p in (tmp_path / "try").iterdir()
    }
    assert "patients.csv" in err
