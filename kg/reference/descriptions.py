"""A term as RDF: its own triples, and those of the nodes without a name that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import HCC
from kg.rdf.names import PREFIXES

FORMATS: Mapping[str, tuple[str, ox.RdfFormat]] = {  # name to its ending and format
    "Turtle": ("ttl", ox.RdfFormat.TURTLE),
    "RDF/XML": ("rdf", ox.RdfFormat.RDF_XML),
}


def iri_of(guideline: Guideline, name: str) -> str:
    """Return the IRI of a term by its identifier."""
    therapy = every_therapy(guideline).get(name)
    return therapy.iri if therapy else HCC + name


def description(guideline: Guideline, iri: str, format_: ox.RdfFormat) -> bytes:
    """Return what the ontology states of a term."""
    triples = dict.fromkeys(_triples(_by_subject(guideline), ox.NamedNode(iri)))
    return ox.serialize(triples, format=format_, prefixes=PREFIXES) or b""


_Subjects = Mapping[object, list[ox.Triple]]


@lru_cache(maxsize=4)
def _by_subject(guideline: Guideline) -> _Subjects:
    found: dict[object, list[ox.Triple]] = {}
    for triple in guideline.ontology.triples:
        found.setdefault(triple.subject, []).append(triple)
    return found


def _triples(known: _Subjects, node: ox.NamedNode | ox.BlankNode) -> Iterator[ox.Triple]:
    for triple in known.get(node, ()):
        yield triple
        if isinstance(triple.object, ox.BlankNode):
            yield from _triples(known, triple.object)
