"""A store is changed as a whole or not at all, even where the build is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Ran

from kg.errors import InputError
from kg.rdf.staging import staged
from kg.stores import open_store

Run = Callable[..., Ran]
TRIPLE = "<http://x/{}> <http://x/p> 1 ."
KILLED = """
import os, signal
from kg.rdf.sinks import StoreSink
write = StoreSink.write
def halfway(sink, *texts):
    write(sink, *texts)
    os.kill(os.getpid(), signal.SIGKILL)
StoreSink.write = halfway
from kg.cli import main
main()
"""


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A store with one triple, which is the current folder's."""
    (tmp_path / "old.ttl").write_text(TRIPLE.format("old"))
    assert run("graph", "load", "old.ttl", "--store", "graph", "--graph", "g").status == 0
    return tmp_path / "graph"


def held(folder: Path) -> set[str]:
    """Return the names of the graphs of a store, without what all of ours begin with."""
    with closing(open_store(folder, read_only=True)) as store:
        return {graph.rpartition("graph/")[2] for graph in store.graphs()}


@pytest.mark.parametrize("there", [True, False])
def test_killed_build_leaves_the_store_and_can_be_run_again(
    run: Run, tmp_path: Path, folder: Path, there: bool
) -> None:
    if not there:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    (tmp_path / "many.csv").write_text("patient_id,tumour_count\np1,1\np2,1\n")
    build = [sys.executable, "-c", KILLED, "graph", "build", "many.csv", "--store", "graph"]
    assert subprocess.run(build, cwd=tmp_path, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / ".graph.part").exists()
    if there:
        assert held(folder) == {"g"}
    else:
        assert not folder.exists()
    assert run("graph", "build", "many.csv", "--store", "graph").status == 0
    assert {"cohort/many", "verdicts/many", "ontology"} < held(folder)
    assert ("g" in held(folder)) == there
    assert not (tmp_path / ".graph.part").exists()


def test_store_that_was_killed_between_its_names_comes_back(
    run: Run, tmp_path: Path, folder: Path
) -> None:
    part = tmp_path / ".graph.part"
    part.mkdir()
    folder.replace(part / "old")
    (part / "new").mkdir()
    (part / "new" / "CURRENT").write_text("half")
    assert run("graph", "load", "old.ttl", "--store", "graph", "--graph", "h").status == 0
    assert held(folder) == {"g", "h"}
    assert not part.exists()


def test_two_builds_of_one_store_are_kept_apart(tmp_path: Path) -> None:
    with staged(tmp_path / "store"):
        with (
            pytest.raises(InputError, match="another build works on it"),
            staged(tmp_path / "store"),
        ):
            pass
        with staged(tmp_path / "other"):
            pass
    with staged(tmp_path / "store"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"store", "other"}


def test_broken_store_is_built_by_the_command_that_its_message_names(
    run: Run, folder: Path
) -> None:
    for path in folder.glob("*.sst"):
        path.write_bytes(b"x" * 100)
    (folder / "CURRENT").write_text("MANIFEST-9")
    told = run("query", "therapies", "--store", "graph")
    assert told.status == 2
    assert "hcc-kg graph build --anew" in told.err
    assert run("graph", "build", "--example", "--store", "graph").status == 2
    assert run("graph", "build", "--anew", "--example", "--store", "graph").status == 0
    assert "cohort/example" in held(folder)
    assert "g" not in held(folder)


def test_folder_of_other_files_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("1")
    told = run("graph", "build", "--anew", "--example", "--store", "mine")
    assert told.status == 2
    assert (tmp_path / "mine" / "thesis.txt").exists()
