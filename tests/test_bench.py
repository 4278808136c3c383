"""`hcc-kg bench`: figures, their targets, and the page that is made of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kg import tables
from kg.benchmarks import cohort, endpoint, engines, growth
from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure
from kg.benchmarks.page import line, page, target
from kg.commands.bench import _TITLES
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
    assert target(figure("one", "s", [2.0], 2)) == "2 s met"
    assert target(replace(compared(SLOW, FAST, 4.9), of_median=True)) == "4.9 s missed"
    assert target(replace(compared(SLOW, FAST, 4.9), at_least=True)) == "4.9 met"


def test_line_says_ratio_target_and_whether_it_is_met() -> None:
    assert line(compared(SLOW, FAST, 4)) == "slow: 5 s, 5 x fast (target 4 missed)"
    assert line(FAST) == "fast: 1 s"


def test_row_says_what_the_figure_is_compared_with() -> None:
    made = page([("Part", [FAST, compared(SLOW, FAST, 4)])], seed=1)
    assert "| slow | 5 s | 4 to 6 | 5 | fast | 4 missed |" in made


def test_page_of_the_docs_keeps_its_words_and_has_every_part_renewed() -> None:
    text = (DOCS / "benchmarks.md").read_text("utf-8")
    made = page([(title, [FAST]) for title in _TITLES.values()], 7, before=text)
    words = [line for line in text.splitlines() if not line.startswith(("|", "Machine: "))]
    assert [line for line in made.splitlines() if not line.startswith(("|", "Machine: "))] == words
    assert "Seed of the made-up cohorts: 7." in made
    assert made.count("| fast | 1 s |") == made.count("\n## ") == len(_TITLES)
    rows = [line for line in made.splitlines() if line.startswith("|")]
    assert len(rows) == 3 * len(_TITLES)


def test_new_page_has_its_parts_in_order_and_is_stable() -> None:
    parts = [("One", [FAST]), ("Two", [SLOW])]
    made = page(parts, seed=1)
    assert made.index("## One") < made.index("| fast |") < made.index("## Two")
    assert page(parts, 1, before=made) == made


def test_figures_are_written_whole_or_not_at_all(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> Iterator[Figure]:
        yield FAST

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


def test_every_plan_is_measured_beside_a_copy_of_its_files(
    tmp_path: Path, guideline: Guideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(_: Path, output: Path, **__: object) -> None:
        frame = pl.DataFrame({"verdict": ["eligible"]})
        frame.write_csv(output) if output.suffix == ".csv" else frame.write_parquet(output)

    monkeypatch.setattr(engines, "classify_file", written)
    monkeypatch.setattr(engines.Cohorts, "met", lambda _, *places: written(*places))
    figures = list(engines.Cohorts(guideline, tmp_path, seed=1, runs=1).figures(1_000))
    aimed = {each.name: each.target for each in figures if each.target}
    assert [*aimed.values()] == [1.15, 2, 2.5, 6, 1.3, 1.3, 3, 3]
    assert all(each.compared_with for each in figures if each.target)
    assert pl.read_csv(tmp_path / "copy.csv").to_dicts() == [{"verdict": "eligible"}]


def test_growth_is_that_of_questions_beside_the_graph(
    guideline: Guideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "_queries", lambda _: [("any", "ASK { ?s ?p ?o }")])
    small, large, faster = growth.figures(guideline, 10)
    assert small.name == "graph of 10 patients"
    assert large.ratio is not None
    assert large.ratio > 1
    assert (faster.name, faster.met) == (
        "of 1 runs of questions and checks, those that grow faster",
        True,
    )
