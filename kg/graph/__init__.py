"""The graph: guideline, patients and verdicts as one RDF dataset of named graphs."""

from __future__ import annotations

from kg.engines.classification import Summary, compiled_engine
from kg.graph.build import (
    Cohort,
    Engine,
    cohort_of,
    example,
    jobs_of,
    write_cohort,
    write_guideline,
)
from kg.graph.names import (
    GRAPHS,
    MAPPINGS,
    ONTOLOGY,
    PREFIXES,
    STATEMENTS,
    cohort_graph,
    lesion_iri,
    patient_iri,
    verdict_graph,
    verdict_iri,
)
from kg.graph.sinks import store_sink
from kg.guideline import Guideline
from kg.stores import Store, open_store

__all__ = [
    "GRAPHS",
    "MAPPINGS",
    "ONTOLOGY",
    "PREFIXES",
    "STATEMENTS",
    "Cohort",
    "build",
    "build_example",
    "cohort_graph",
    "cohort_of",
    "guideline_store",
    "lesion_iri",
    "patient_iri",
    "verdict_graph",
    "verdict_iri",
]


def guideline_store(guideline: Guideline) -> Store:
    """Return a store in memory that holds the ontology, its statements and its mappings."""
    store = open_store(None)
    build(guideline, store)
    return store


def build(guideline: Guideline, store: Store, *cohorts: Cohort) -> list[Summary]:
    """Put the guideline and cohorts, with all verdicts, into a store; return what they came to.

    Graphs that are there are replaced. Where it fails, the graphs that were begun are gone.
    Rejected rows are counted and left out; `hcc-kg graph build` keeps them.

    Raises:
        InputError: a table cannot be read, or a patient is in two cohorts.
    """
    jobs = jobs_of(guideline, cohorts)
    engine = Engine("compiled", compiled_engine(guideline))
    with store_sink(store) as sink:
        write_guideline(guideline, sink)
        for job in jobs:
            write_cohort(guideline, job, engine, sink)
    return [job.summary for job in jobs]


def build_example(guideline: Guideline, store: Store) -> None:
    """Put the guideline and the example cohort, with all verdicts, into a store."""
    build(guideline, store, example())
