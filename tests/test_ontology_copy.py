"""The ontology written out to edit: whole, usable, and never over what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.guideline import load
from kg.paths import ontology_folder


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


_HERE = ontology_folder()


def test_the_example_tables_are_written_too(run: Callable[..., object], tmp_path: Path) -> None:
    status, _, err = run("examples", "try")
    assert status == 0
    assert {"patients.csv", "lesions.csv", "clinic.csv"} <= {
        p.name for p in (tmp_path / "try").iterdir()
    }
    assert "patients.csv" in err
