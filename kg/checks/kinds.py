"""Which terms of the ontology are of which kind, found on the triples alone."""

from __future__ import annotations

import pyoxigraph as ox

from kg.guideline.loading.therapies import has_row, named_therapies
from kg.ontology import HCC, OWL, SKOS, SUBCLASS, Ontology

_ASPECTS = ("Indicated", "Contraindicated", "Cautioned", "Eligible")


def terms_of(ontology: Ontology) -> dict[str, list[ox.NamedNode]]:
    """Return the terms of every kind, by the name of the kind."""
    therapies = named_therapies(ontology)
    with_classes = [t for t in therapies if has_row(ontology, t)]
    concepts = ontology.of_type(SKOS + "Concept")
    values = [c for c in concepts if ontology.values(c, HCC + "valueOf")]
    groupings = ontology.subjects(SUBCLASS, ox.NamedNode(HCC + "Criterion"))
    return {
        "variables": variables_of(ontology),
        "values": values,
        "concepts": [c for c in concepts if c not in set(values)],
        "definitions": ontology.below(HCC + "SharedDefinition"),
        "stages": ontology.below(HCC + "Stage"),
        "groups": ontology.below(HCC + "CriterionGroup"),
        "criteria": [n for n in ontology.below(HCC + "Criterion") if n not in set(groupings)],
        "therapies": with_classes,
        "mentioned": [t for t in therapies if t not in set(with_classes)],
        "aspects": [n for aspect in _ASPECTS for n in ontology.below(f"{HCC}{aspect}Patient")],
        "recommendations": ontology.below(HCC + "RecommendedPatient"),
        "responses": ontology.below(HCC + "ResponsePatient"),
        "statements": ontology.of_type(HCC + "Statement"),
        "derivations": ontology.of_type(HCC + "Derivation"),
        "narrowings": ontology.of_type(HCC + "Narrowing"),
        "correspondences": ontology.of_type(HCC + "Correspondence"),
        "conflict rules": ontology.of_type(HCC + "ConflictRule"),
        "patterns": ontology.below(HCC + "RecordPattern"),
    }


def variables_of(ontology: Ontology) -> list[ox.NamedNode]:
    """Return the properties that are variables of a patient record."""
    return [n for n in ontology.of_type(OWL + "DatatypeProperty") if n.value.startswith(HCC)]
