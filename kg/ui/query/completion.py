"""The terms of the ontology as an editor of queries completes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.ontology import DCTERMS, LABEL, OA, OWL, RDF
from kg.rdf.names import PREFIXES
from kg.stores.formats import shown

EDITOR_PREFIXES: Mapping[str, str] = {**PREFIXES, "dcterms": DCTERMS, "oa": OA}
_KINDS = {  # the most telling first, as a term may be of several
    OWL + "Class": "class",
    OWL + "ObjectProperty": "property",
    OWL + "DatatypeProperty": "property",
    OWL + "AnnotationProperty": "property",
    OWL + "NamedIndividual": "constant",
}
_NAME = re.compile(r"\w+:[A-Za-z_][\w-]*")


class Completion(NamedTuple):
    """A term as it is written in a query, its label, and its kind."""

    name: str
    label: str
    kind: str


def completions(guideline: Guideline) -> list[Completion]:
    """Return all named terms of the ontology that a prefixed name can write, sorted by name."""
    found: dict[str, Completion] = {}
    for node, kind in _terms(guideline):
        name = shown(node, EDITOR_PREFIXES)
        if name not in found and _NAME.fullmatch(name):
            label = guideline.ontology.text(node, LABEL) or ""
            found[name] = Completion(name, label, kind)
    return [found[name] for name in sorted(found, key=str.casefold)]


def _terms(guideline: Guideline) -> Iterator[tuple[ox.NamedNode, str]]:
    yield ox.NamedNode(RDF + "type"), "property"
    for type_, kind in _KINDS.items():
        for node in guideline.ontology.of_type(type_):
            yield node, kind
    for predicate in sorted({triple.predicate.value for triple in guideline.ontology.triples}):
        yield ox.NamedNode(predicate), "property"
