"""Which terms of the ontology are of which kind, found on the triples alone."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from kg.ontology import HCC, OWL, SKOS, SUBCLASS, Ontology

_ASPECTS = ("Indicated", "Contraindicated", "Cautioned", "Eligible")


def terms_of(ontology: Ontology) -> dict[str, list[ox.NamedNode]]:
    """Return the terms of every kind, by the name of the kind."""
    therapies = below(ontology, "Therapy")
    with_classes = [t for t in therapies if ontology.values(t, HCC + "indicatedClass")]
    concepts = ontology.of_type(SKOS + "Concept")
    values = [c for c in concepts if ontology.values(c, HCC + "valueOf")]
    groupings = ontology.subjects(SUBCLASS, ox.NamedNode(HCC + "Criterion"))
    return {
        "variables": variables_of(ontology),
        "values": values,
        "concepts": [c for c in concepts if c not in set(values)],
        "definitions": below(ontology, "SharedDefinition"),
        "groups": below(ontology, "CriterionGroup"),
        "criteria": [n for n in below(ontology, "Criterion") if n not in set(groupings)],
        "therapies": with_classes,
        "mentioned": [t for t in therapies if t not in set(with_classes)],
        "aspects": [n for aspect in _ASPECTS for n in below(ontology, f"{aspect}Patient")],
        "recommendations": below(ontology, "RecommendedPatient"),
        "responses": below(ontology, "ResponsePatient"),
        "statements": ontology.of_type(HCC + "Statement"),
        "derivations": ontology.of_type(HCC + "Derivation"),
        "narrowings": ontology.of_type(HCC + "Narrowing"),
        "conflict rules": ontology.of_type(HCC + "ConflictRule"),
        "findings": below(ontology, "RecordFinding"),
    }


def variables_of(ontology: Ontology) -> list[ox.NamedNode]:
    """Return the properties that are variables of a patient record."""
    return [n for n in ontology.of_type(OWL + "DatatypeProperty") if n.value.startswith(HCC)]


def below(ontology: Ontology, name: str) -> list[ox.NamedNode]:
    """Return the named subclasses of a class, at any depth, each once."""
    found: dict[ox.NamedNode, None] = {}
    queue: list[ox.NamedNode] = [ox.NamedNode(HCC + name)]
    while queue:
        below: Iterable[object] = ontology.subjects(SUBCLASS, queue.pop(0))
        new = [n for n in below if isinstance(n, ox.NamedNode) and n not in found]
        found.update(dict.fromkeys(new))
        queue += new
    return list(found)
