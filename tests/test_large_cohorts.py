"""Saved questions on a large cohort: none takes time as the square of the patients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from counting import no_hang

from kg.benchmarks.cohort import write_cohort
from kg.catalogue.queries import Question, catalogue
from kg.guideline import Guideline
from kg.rdf.build import build, cohort_of
from kg.stores import Store, open_store

PATIENTS = 2_000
SECONDS = 8.0  # of the processor: the slowest takes 0.2, and what grows with the square 16 or more
ALL = list(catalogue().values())
ABOUT_COHORTS = [q for q in ALL if q.subject in ("cohort", "checks")]


@pytest.fixture(scope="module")
def large(guideline: Guideline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The graph of a made-up cohort, which goes by the name of the example."""
    path: Path = tmp_path_factory.mktemp("large") / "example.parquet"
    write_cohort(guideline, path, PATIENTS, seed=7)
    store = open_store(None)
    build(guideline, store, cohort_of(path))
    yield store
    store.close()


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_no_question_grows_with_the_square_of_the_cohort(
    one: Question, large: Store, guideline: Guideline
) -> None:
    needed = {p.name: p.example for p in one.parameters if p.required}
    for values in (needed, one.examples) if needed != one.examples else (needed,):
        with no_hang(SECONDS):
            large.query(one.filled(values, guideline))


def test_questions_on_cohorts_take_a_graph() -> None:
    # What editions change is asked of the graphs of both.
    asked = [q for q in ABOUT_COHORTS if not q.is_check and "editions" not in q.tags]
    assert asked
    assert [q.name for q in asked if "graph" not in {p.name for p in q.parameters}] == []
