"""Files of rejected rows: none is lost, and none is open to more people than its table."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

import kg

Run = Callable[..., Ran]


def table(path: Path, *rows: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["patient_id,ecog", *rows, ""]))
    return path


def ids(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return [row["patient_id"] for row in csv.DictReader(file)]


def test_two_tables_of_one_name_keep_both_their_rejects(run: Run, tmp_path: Path) -> None:
    for name in "abc":
        table(tmp_path / name / "p.csv", f"{name},9")
        ran = run("classify", f"{name}/p.csv", "--format", "csv")
        assert ran.status == 1
    assert "1 row rejected: see p.rejected.3.csv" in ran.err
    files = ["p.rejected.csv", "p.rejected.2.csv", "p.rejected.3.csv"]
    assert [ids(tmp_path / file) for file in files] == [["a"], ["b"], ["c"]]


def test_rejects_that_were_corrected_by_hand_are_not_replaced(run: Run, tmp_path: Path) -> None:
    table(tmp_path / "p.csv", "a,9", "b,1")
    assert run("classify", "p.csv").status == 1
    corrected = table(tmp_path / "p.rejected.csv", "a,2").read_text()
    assert "see p.rejected.2.csv" in run("classify", "p.csv").err
    assert (tmp_path / "p.rejected.csv").read_text() == corrected
    assert "see r.csv" in run("classify", "p.csv", "--rejects", "r.csv").err
    table(tmp_path / "r.csv", "a,2")
    assert "see r.2.csv" in run("classify", "p.csv", "--rejects", "r.csv").err


def test_the_same_rejects_again_make_no_other_file(run: Run, tmp_path: Path) -> None:
    table(tmp_path / "p.csv", "a,9", "b,1")
    (tmp_path / "l.csv").write_text("patient_id,lesion_id\na,1\nx,1\n")
    told = [run("classify", "p.csv", "--lesions", "l.csv").err for _ in range(3)]
    assert told[0] == told[1] == told[2]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["l.csv", "p.csv", "p.rejected.csv", "p.rejected.lesions.csv"]


def test_stale_rejects_beside_a_clean_run_are_mentioned(run: Run, tmp_path: Path) -> None:
    for command in ("classify p.csv", "graph build p.csv -o p.nq"):
        table(tmp_path / "p.csv", "a,9", "b,1")
        assert run(*command.split()).status == 1
        table(tmp_path / "p.csv", "a,2", "b,1")
        ran = run(*command.split())
        assert ran.status == 0
        stale = "p.rejected.csv is from an earlier run: no rows were rejected in this one."
        assert stale in ran.err.splitlines()
        (tmp_path / "p.rejected.csv").unlink()
        assert "earlier run" not in run(*command.split()).err


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_rejects_are_no_wider_than_their_table(run: Run, tmp_path: Path, mode: int) -> None:
    table(tmp_path / "p.csv", "a,9").chmod(mode)
    (tmp_path / "l.csv").write_text("patient_id,lesion_id\na,1\n")
    assert run("classify", "p.csv", "--lesions", "l.csv").status == 1
    assert stat.S_IMODE((tmp_path / "p.rejected.csv").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "p.rejected.lesions.csv").stat().st_mode) == 0o644


def test_python_tells_where_rejects_are(tmp_path: Path) -> None:
    source, target = table(tmp_path / "p.csv", "a,9"), tmp_path / "out.csv"
    (tmp_path / "out.rejected.csv").write_text("patient_id,ecog\na,2\n")
    summary = kg.classify_file(source, target)
    assert summary.rejects[0] == tmp_path / "out.rejected.2.csv"
    assert ids(tmp_path / "out.rejected.2.csv") == ["a"]
