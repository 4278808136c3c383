"""No command writes over what it reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from conftest import Ran

from kg.cli import command_line

# Commands that name one file for two things; `o` is a folder with a copy of the ontology.
TWICE = (
    "classify clinic.csv --output clinic.csv",
    "classify clinic.csv --output ./clinic.csv",
    "classify clinic.csv --output link.csv",
    "classify clinic.csv --lesions lesions.csv --output lesions.csv",
    "classify clinic.csv --rejects clinic.csv --output new.csv",
    "classify clinic.csv --rejects new.csv --output new.csv",
    "classify clinic.csv --lesions clinic.lesions.csv --rejects clinic.csv",
    "classify clinic.csv --ontology o --output o/2011/criteria.ttl",
    "classify clinic.csv --engine spark --output clinic.csv",
    "audit gaps --patients clinic.csv --output clinic.csv",
    "audit gaps --ontology o --output o/hcc.ttl",
    "graph build clinic.nq --output clinic.nq",
    "graph build clinic.csv --output new.nq --rejects clinic.csv",
    "graph build clinic.csv --lesions lesions.csv --output new.nq --rejects lesions.csv",
    "graph build clinic.csv --store new --rejects new/rejects.csv",
    "graph build clinic.csv other/clinic.csv --output new.nq",
    "graph export --store store --output store/new.trig",
    "compare clinic.csv --output clinic.csv",
    "import clinic.csv --output clinic.csv",
    "query --file query.rq --format csv --output query.rq",
    "query therapies --ontology o --format csv --output o/hcc.ttl",
    "query what-is-missing --store store --format csv --output store/new.csv",
    "reference --ontology o --output o/2011/statements.ttl",
)
NEW_FILES_ONLY = {"template"}
READS_NOTHING = {"bench"}  # it writes, and makes up what it reads


@pytest.fixture
def place(tmp_path: Path, ontology_copy: Path) -> Path:
    (tmp_path / "other").mkdir()
    (tmp_path / "store").mkdir()
    ontology_copy.rename(tmp_path / "o")
    for name in ("clinic.csv", "clinic.nq", "clinic.lesions.csv", "other/clinic.csv"):
        (tmp_path / name).write_text("patient_id,ecog\np1,0\np2,worse\n")
    (tmp_path / "lesions.csv").write_text("patient_id,lesion_id,diameter_cm\np1,l1,2\n")
    (tmp_path / "link.csv").symlink_to("clinic.csv")
    (tmp_path / "query.rq").write_text("SELECT ?a { ?a a ?b } ORDER BY ?a")
    return tmp_path


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("line", TWICE)
def test_a_file_named_for_two_things_is_refused_and_stays(
    run: Callable[..., Ran], place: Path, line: str
) -> None:
    before = _files(place)
    ran = run(*line.split())
    assert ran.status == 2, ran.err
    assert re.search("is a file that is read; |folder of the store; |two results; ", ran.err)
    assert _files(place) == before


def test_a_file_of_its_own_is_written(run: Callable[..., Ran], place: Path) -> None:
    assert run("graph", "build", "clinic.csv", "--output", "new.nq").status == 1
    assert {"new.nq", "clinic.rejected.csv"} <= {path.name for path in place.iterdir()}


def _writing(command: Any, name: str = "") -> Iterator[str]:
    for sub, each in getattr(command, "commands", {}).items():
        yield from _writing(each, f"{name} {sub}".strip())
    if any(parameter.name == "output" for parameter in command.params):
        yield name


def test_every_command_that_writes_is_tried() -> None:
    writing = set(_writing(typer.main.get_command(command_line()))) - READS_NOTHING - NEW_FILES_ONLY
    tried = {name for name in writing if any(line.startswith(name + " ") for line in TWICE)}
    assert len(writing) >= 6
    assert tried == writing
