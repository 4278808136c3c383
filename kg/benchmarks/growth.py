"""Questions and checks of the catalogue on a cohort and on one four times as large.

A question that takes time as the graph grows takes about four times as long, or a little more; one
that grows with the square, sixteen times. What counts is the least time of the processor in a few
runs. Those that answer in a few milliseconds tell nothing, and are left out.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure
from kg.catalogue.queries import catalogue
from kg.guideline import Guideline
from kg.rdf.build import build, cohort_of
from kg.stores.oxigraph import OxigraphStore

_FEW = 1_000
_TIMES = 4
_SHORT = 0.01  # seconds
_SHOWN = 5  # of those that grow fastest
_MOST, _RUNS = 2, 3  # times the growth of the graph


def figures(guideline: Guideline, patients: int) -> Iterator[Figure]:
    """Yield how the graph grows, how many questions grow faster, and those that grow fastest."""
    with tempfile.TemporaryDirectory() as folder:
        few = min(patients, _FEW)
        sizes = (few, few * _TIMES)
        stores = [_store(guideline, Path(folder), size) for size in sizes]
    small, large = (
        figure(f"graph of {size:,} patients", "quads", [len(store.dataset)])
        for size, store in zip(sizes, stores, strict=True)
    )
    grown = compared(large, small)
    yield small
    yield grown
    most = _MOST * large.median / small.median
    pairs = [
        compared(taken, base, most)
        for name, query in _queries(guideline)
        for base, taken in [_pair(name, query, stores, sizes)]
        if taken.median > _SHORT
    ]
    pairs.sort(key=lambda each: each.ratio or 0, reverse=True)
    total = len(list(_queries(guideline)))
    faster = sum(not each.met for each in pairs)
    yield figure(
        f"of {total} runs of questions and checks, those that grow faster", "", [faster], 0
    )
    yield from pairs[:_SHOWN]


def _queries(guideline: Guideline) -> Iterator[tuple[str, str]]:
    """Yield all questions: with what they need, and with all that they take."""
    for one in catalogue().values():
        needed = {p.name: p.example for p in one.parameters if p.required}
        yield one.name, one.filled(needed, guideline)
        if needed != one.examples:
            yield (
                f"{one.name} of {', '.join(one.examples.values())}",
                one.filled(one.examples, guideline),
            )


def _pair(
    name: str, query: str, stores: list[OxigraphStore], sizes: tuple[int, ...]
) -> tuple[Figure, ...]:
    return tuple(
        figure(f"{name}, {size:,} patients", "s", [min(_used(store, query) for _ in range(_RUNS))])
        for store, size in zip(stores, sizes, strict=True)
    )


def _used(store: OxigraphStore, query: str) -> float:
    start = time.process_time()
    store.query(query)
    return time.process_time() - start


def _store(guideline: Guideline, folder: Path, size: int) -> OxigraphStore:
    """Return the graph of a made-up cohort, which goes by the name of the example."""
    table = folder / f"{size}" / "example.parquet"
    table.parent.mkdir()
    write_cohort(guideline, table, size, seed=1)
    store = OxigraphStore()
    build(guideline, store, cohort_of(table))
    return store
