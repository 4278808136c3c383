"""The ontology's modules as named graphs: terms and logic, statements, mappings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.ontology import local_name
from kg.rdf.names import MAPPINGS, ONTOLOGY, STATEMENTS
from kg.stores.files import quads

_STATEMENTS, _MAPPINGS = "statements", "mappings.ttl"


def guideline_graphs(guideline: Guideline) -> dict[str, list[Path]]:
    """Return the graphs of the guideline, each with the files that fill it."""
    ontology = guideline.ontology
    modules = ontology.modules.items()
    found = {
        ONTOLOGY: [path for iri, path in modules if local_name(iri) != _STATEMENTS],
        STATEMENTS: [path for iri, path in modules if local_name(iri) == _STATEMENTS],
        MAPPINGS: [ontology.folder / _MAPPINGS],
    }
    there = {graph: [p for p in paths if p.is_file()] for graph, paths in found.items()}
    return {graph: paths for graph, paths in there.items() if paths}


def guideline_quads(guideline: Guideline) -> Iterator[ox.Quad]:
    """Yield the quads of the guideline."""
    for graph, paths in guideline_graphs(guideline).items():
        for path in paths:
            yield from quads(path, graph)
