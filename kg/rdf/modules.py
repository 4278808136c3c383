"""The modules of the ontology as named graphs: what is shared, each edition, its statements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.ontology import HCC, OWL, RDF, local_name
from kg.rdf.names import MAPPINGS, ONTOLOGY, STATEMENTS
from kg.stores.files import quads

_STATEMENTS, _MAPPINGS = "statements", "mappings.ttl"
_TYPE, _HEADER = RDF + "type", OWL + "Ontology"


def guideline_graphs(guideline: Guideline) -> dict[str, list[Path]]:
    """Return the graphs of an edition, each with the files that fill it.

    What the editions share has a graph of its own, so that a store can hold several editions.
    """
    ontology, edition = guideline.ontology, guideline.edition
    own = ontology.folder / edition
    modules = ontology.modules.items()
    found = {
        ONTOLOGY: [path for _, path in modules if path.parent != own],
        f"{ONTOLOGY}/{edition}": [
            path for iri, path in modules if path.parent == own and local_name(iri) != _STATEMENTS
        ],
        f"{STATEMENTS}/{edition}": [p for iri, p in modules if local_name(iri) == _STATEMENTS],
        MAPPINGS: [ontology.folder / _MAPPINGS],
    }
    there = {graph: [p for p in paths if p.is_file()] for graph, paths in found.items()}
    return {graph: paths for graph, paths in there.items() if paths}


def guideline_quads(guideline: Guideline) -> Iterator[ox.Quad]:
    """Yield the quads of an edition: its modules, and of each of its terms that it is its own."""
    edition = ox.NamedNode(HCC + guideline.source.name)
    own = guideline.ontology.folder / guideline.edition
    for graph, paths in guideline_graphs(guideline).items():
        for path in paths:
            for quad in quads(path, graph):
                yield quad
                if path.parent == own and _declares(quad, edition):
                    belongs = ox.NamedNode(HCC + "edition")
                    yield ox.Quad(quad.subject, belongs, edition, quad.graph_name)


def _declares(quad: ox.Quad, edition: ox.NamedNode) -> bool:
    """Return whether a quad is the first that is said of a term of the edition's own."""
    term = isinstance(quad.subject, ox.NamedNode) and quad.subject != edition
    kinds = (OWL + "Class", OWL + "NamedIndividual")
    return term and quad.predicate.value == _TYPE and getattr(quad.object, "value", "") in kinds
