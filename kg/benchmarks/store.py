"""The embedded store: loading the graph and asking it, compared with rdflib on the same graph.

rdflib is asked the questions of which both give an answer in seconds; the others it would take
minutes for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kg.benchmarks.figures import Figure, compared, timed
from kg.benchmarks.running import missing_extra
from kg.catalogue.queries import question
from kg.guideline import Guideline
from kg.rdf.build import example_quads
from kg.stores import Store, open_store

try:
    import rdflib
except ImportError as error:
    raise missing_extra("rdflib") from error

QUESTIONS = ("therapies", "thresholds", "eligible-for", "recommendation-counts", "conflicts")


def figures(guideline: Guideline, runs: int) -> Iterator[Figure]:
    """Yield the figures of the store in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "example.nq"
        path.write_bytes(example_quads(guideline))
        slow = timed("rdflib: load guideline and example cohort", partial(_rdflib, path), 1)
        yield slow
        yield compared(timed("store: the same", partial(_store, path), runs), slow)
        store, other = _store(path), _rdflib(path)
        for name in QUESTIONS:
            asked = question(name)
            text = asked.filled(asked.examples, guideline)
            theirs = timed(f"rdflib: question {name}", partial(_rows, other, text), 1)
            yield theirs
            yield compared(timed("store: the same", partial(store.select, text), runs), theirs)


def _store(path: Path) -> Store:
    store = open_store(None)
    store.load(path)
    return store


def _rdflib(path: Path) -> rdflib.Dataset:
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(str(path), format="nquads")
    return dataset


def _rows(dataset: rdflib.Dataset, text: str) -> int:
    return len(list(dataset.query(text)))
