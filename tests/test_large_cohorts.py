"""Saved questions on a large cohort: each takes time as the graph grows, and no more."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.benchmarks.cohort import write_cohort
from kg.catalogue.queries import Question, catalogue
from kg.guideline import load
from kg.rdf.build import build, cohort_of
from kg.stores import Store, open_store

PATIENTS = 1_000
SECONDS = 1.5  # of processor; what grows with the square of the cohort takes 4 and more
ABOUT_COHORTS = [q for q in catalogue().values() if q.subject in ("cohort", "checks")]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("large") / "many.parquet"
    write_cohort(load(), path, PATIENTS, seed=7)
    store = open_store(None)
    build(load(), store, cohort_of(path))
    yield store
    store.close()


def used() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


@pytest.mark.parametrize("one", ABOUT_COHORTS, ids=lambda one: one.name)
def test_question_on_a_cohort_takes_linear_time(one: Question, large: Store) -> None:
    query = one.filled({p.name: p.example for p in one.parameters if p.required})
    before = used()
    large.query(query)
    assert used() - before < SECONDS


def test_questions_on_cohorts_take_a_graph() -> None:
    # What editions change is asked of the graphs of both.
    asked = [q for q in ABOUT_COHORTS if not q.is_check and "editions" not in q.tags]
    assert asked
    assert [q.name for q in asked if "graph" not in {p.name for p in q.parameters}] == []
