"""No question or check of the catalogue takes longer than its graph is large."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kg.benchmarks.cohort import write_cohort
from kg.catalogue.queries import catalogue
from kg.guideline import Guideline
from kg.rdf.build import build, cohort_of
from kg.stores.oxigraph import OxigraphStore

FEW, MANY = 100, 400
LONGEST = 0.5  # seconds of processor for MANY; the slowest takes a seventh of that


def store_of(guideline: Guideline, folder: Path, size: int) -> OxigraphStore:
    """Return the graph of a made-up cohort, which goes by the name of the example."""
    (folder / f"{size}").mkdir()
    table = folder / f"{size}" / "example.parquet"
    write_cohort(guideline, table, size, seed=1)
    store = OxigraphStore()
    build(guideline, store, cohort_of(table))
    return store


def taken(store: OxigraphStore, query: str) -> float:
    """Return the seconds of processor that a query takes."""
    start = time.process_time()
    store.query(query)
    return time.process_time() - start


def is_slow(stores: tuple[OxigraphStore, ...], query: str) -> bool:
    """Return whether four times the patients take more than eight times as long, tried twice."""
    few, many = stores
    return all(taken(many, query) > min(LONGEST, 8 * taken(few, query) + 0.1) for _ in range(2))


@pytest.fixture(scope="module")
def stores(
    guideline: Guideline, tmp_path_factory: pytest.TempPathFactory
) -> tuple[OxigraphStore, ...]:
    folder = tmp_path_factory.mktemp("growth")
    few, many = (store_of(guideline, folder, size) for size in (FEW, MANY))
    assert len(many.dataset) > 2 * len(few.dataset)
    return few, many


def test_no_question_grows_faster_than_the_graph(
    guideline: Guideline, stores: tuple[OxigraphStore, ...]
) -> None:
    slow = []
    for one in catalogue().values():
        needed = {p.name: p.example for p in one.parameters if p.required}
        for values in (needed, one.examples) if needed != one.examples else (needed,):
            if is_slow(stores, one.filled(values, guideline)):
                slow.append(one.name)
    assert not slow


def test_a_question_that_grows_with_the_square_would_be_found(
    stores: tuple[OxigraphStore, ...],
) -> None:
    pairs = "?p a <{0}> . ?q a <{0}> VALUES ?n {{ 1 2 3 4 5 6 7 8 9 }}"
    differ = "FILTER(STR(?p) < CONCAT(STR(?q), STR(?n)))"
    square = pairs.format("https://w3id.org/hcc-kg/Patient") + differ
    assert is_slow(stores, f"SELECT (COUNT(*) AS ?pairs) {{ {square} }}")
