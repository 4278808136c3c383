"""`hcc-kg bench`: figures, their targets, and the page that is made of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kg import tables
from kg.benchmarks import cohort, endpoint
from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure
from kg.benchmarks.page import page, target
from kg.errors import ComponentError
from kg.guideline import Guideline
from kg.reasoning.verdicts import VERDICTS

SLOW = figure("slow", "s", [4.0, 6.0, 5.0])
FAST = figure("fast", "s", [1.0])
Run = Callable[..., Any]
DOCS = Path(__file__).parents[1] / "docs"


def test_target_is_of_the_ratio_where_there_is_one() -> None:
    assert target(compared(SLOW, FAST, 4.9)) == "4.9 missed"
    assert target(compared(SLOW, FAST, 5)) == "5 met"


def test_target_may_be_of_the_median_or_the_least() -> None:
    assert target(figure("one", "s", [2.0], 2)) == "2 met"
    assert target(replace(compared(SLOW, FAST, 4.9), of_median=True)) == "4.9 missed"
    assert target(replace(compared(SLOW, FAST, 4.9), at_least=True)) == "4.9 met"


def test_row_says_what_the_figure_is_compared_with() -> None:
    made = page([("Part", [FAST, compared(SLOW, FAST, 4)])], seed=1)
    assert "| slow | 5 s | 4 to 6 | 5 | fast | 4 missed |" in made


def test_page_of_the_docs_has_the_head_and_columns_that_are_made() -> None:
    text = (DOCS / "benchmarks.md").read_text("utf-8")
    made = page([], seed=1)
    assert text.startswith(made[: made.index("Machine:")])
    columns = page([("Part", [])], seed=1).split("| figure")[1].splitlines()[0]
    assert text.count(f"| figure{columns}") == text.count("\n## ")


def test_figures_are_written_whole_or_not_at_all(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def taken(*_: object) -> Iterator[Iterator[Figure]]:
        yield iter([FAST])

    monkeypatch.setattr("kg.commands.bench._figures", taken)
    (tmp_path / "bench.json").write_text("before", "utf-8")
    assert run("bench", "--output", "bench.json").status == 0
    parts = json.loads((tmp_path / "bench.json").read_text("utf-8"))["parts"]
    assert [[each["name"] for each in figures] for figures in parts.values()] == [["fast"]]
    assert run("bench", "--output", "no-folder/bench.json").status == 2


def test_package_that_only_benchmarks_need_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    monkeypatch.delitem(sys.modules, "kg.benchmarks.store", raising=False)
    found = run("bench", "--part", "store")
    assert found.status == 3
    assert "rdflib is not installed: in a checkout, pip install '.[dev]'" in found.err


def test_server_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", "raise SystemExit(1)"]
    with pytest.raises(ComponentError, match="did not start"), endpoint.running(command, 1):
        raise AssertionError("it runs")


def test_made_up_cohort_looks_like_a_registry(tmp_path: Path, guideline: Guideline) -> None:
    write_cohort(guideline, tmp_path / "made-up.parquet", 1_000, seed=1)
    results = tables.classify_file(tmp_path / "made-up.parquet", tmp_path / "out.parquet")
    verdicts = pl.read_parquet(tmp_path / "out.parquet")["verdict"]
    shares = {word: (verdicts == word).mean() for word in VERDICTS}
    assert shares["contraindicated"] < 0.4
    assert shares["undetermined"] > 0.3
    assert min(shares.values()) > 0
    assert results.with_conflicts < 80


def test_registry_has_every_variable_that_is_used_and_no_other(guideline: Guideline) -> None:
    file = Path(cohort.__file__).with_name("registry.csv")
    told = set(pl.read_csv(file)["variable"])
    assert told == set(guideline.used)
