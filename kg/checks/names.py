"""Checks of names, in all modules that an edition may use: no two terms are taken for one."""

from __future__ import annotations

from collections import defaultdict

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, name_of
from kg.ontology import HCC, LABEL, OWL, RDF, SKOS, Ontology

_NUMBERED = (HCC + "GuidelineSection",)  # their labels are headings, which the text repeats


@check("terms")
def cases(material: Material) -> Examined:
    """No two terms have IRIs that differ by capital letters only."""
    alike: dict[str, set[str]] = defaultdict(set)
    for node in material.everything.typed():
        if isinstance(node, ox.NamedNode):
            alike[node.value.lower()].add(node.value)
    for iris in alike.values():
        first, *others = sorted(iris)
        fault = f"its IRI differs from {', '.join(map(name_of, others))} by capital letters only"
        yield name_of(first), (fault,) if others else ()


@check("terms")
def labels(material: Material) -> Examined:
    """No two classes, properties, concepts of a scheme, or things of one type share a label."""
    ontology, found = material.everything, defaultdict[tuple[str, str], list[str]](list)
    for node in ontology.typed():
        if isinstance(node, ox.NamedNode) and node.value.startswith(HCC):
            kind = _kind(ontology, node)
            for text in ontology.texts(node, LABEL) if kind not in _NUMBERED else ():
                found[kind, text].append(node.value)
    for (_, text), (first, *others) in found.items():
        told = ", ".join(map(name_of, others))
        yield name_of(first), (f"{told} has its label, too: {text!r}",) if others else ()


def _kind(ontology: Ontology, node: ox.NamedNode) -> str:
    """Return what a term is one of: the classes, the properties, a scheme, or a type."""
    types = [iri for iri in ontology.iris(node, RDF + "type") if iri != OWL + "NamedIndividual"]
    if SKOS + "Concept" in types:
        return "".join(ontology.iris(node, SKOS + "inScheme"))
    return "property" if any(iri.endswith("Property") for iri in types) else "".join(types[:1])
