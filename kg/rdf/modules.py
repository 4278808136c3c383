"""The modules of the ontology as named graphs: what is shared, each edition, its statements.

Where a store holds several editions, a saved question is asked of the graphs of one, named by FROM
and FROM NAMED, which every store understands. A question about several editions is asked of all
graphs, and so is a query of one's own that names no graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from kg.catalogue.queries import Question
from kg.guideline import Guideline
from kg.ontology import HCC, OWL, RDF, local_name
from kg.rdf.names import MAPPINGS, ONTOLOGY, STATEMENTS, VERDICT_GRAPHS
from kg.stores import Store
from kg.stores.files import quads

_STATEMENTS, _MAPPINGS = "statements", "mappings.ttl"
_TYPE = RDF + "type"


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


_SEVERAL = "editions"  # the tag of questions about several editions
_EDITIONS = "SELECT ?e WHERE { ?e a <https://w3id.org/hcc-kg/GuidelineEdition> }"
_WHERE = re.compile("^WHERE", re.MULTILINE)


def asked_of(store: Store, question: Question, text: str, guideline: Guideline) -> str:
    """Return the text of a question for a store, which may hold several editions."""
    if len(store.select(_EDITIONS).rows) < 2:
        return text
    return within(question, text, store.graphs(), guideline)


def within(question: Question, text: str, graphs: Iterable[str], guideline: Guideline) -> str:
    """Return the text of a question, asked of those of some graphs that belong to an edition."""
    every = sorted(graphs)
    own = [name for name in every if _belongs(name, guideline)]
    if own == every or _SEVERAL in question.tags:
        return text
    told = "".join(f"FROM <{name}>\nFROM NAMED <{name}>\n" for name in own)
    return _WHERE.sub(lambda found: told + found[0], text, count=1)


def _belongs(graph: str, guideline: Guideline) -> bool:
    for shared in (ONTOLOGY, STATEMENTS):
        if graph.startswith(f"{shared}/"):
            return graph == f"{shared}/{guideline.edition}"
    if not graph.startswith(VERDICT_GRAPHS):
        return True
    return graph.removeprefix(VERDICT_GRAPHS).partition("/")[2] == guideline.qualifier
