"""Which terms of the ontology are of which kind, found on the triples alone."""

from __future__ import annotations

import pyoxigraph as ox

from kg.guideline.loading.classes import has_row, named_therapies
from kg.ontology import COLLECTION, HCC, OWL, SKOS, Ontology

_ASPECTS = ("Indicated", "Contraindicated", "Cautioned", "Eligible")


def terms_of(ontology: Ontology) -> dict[str, list[ox.NamedNode]]:
    """Return the terms of every kind, by the name of the kind."""
    therapies = named_therapies(ontology)
    with_classes = [t for t in therapies if has_row(ontology, t)]
    concepts = ontology.of_type(SKOS + "Concept")
    values = [c for c in concepts if ontology.values(c, HCC + "valueOf")]
    groupings = ontology.subjects(COLLECTION, ox.NamedNode(HCC + "Criterion"))
    return {
        "variables": variables_of(ontology),
        "values": values,
        "concepts": [c for c in concepts if c not in set(values)],
        "definitions": ontology.collected("SharedDefinition"),
        "stages": ontology.collected("Stage"),
        "groups": ontology.collected("CriterionGroup"),
        "criteria": [n for n in ontology.collected("Criterion") if n not in set(groupings)],
        "therapies": with_classes,
        "mentioned": [t for t in therapies if t not in set(with_classes)],
        "aspects": [n for aspect in _ASPECTS for n in ontology.below(f"{HCC}{aspect}Patient")],
        "recommendations": ontology.collected("RecommendedPatient"),
        "responses": ontology.collected("ResponsePatient"),
        "statements": ontology.of_type(HCC + "Statement"),
        "derivations": ontology.of_type(HCC + "Derivation"),
        "narrowings": ontology.of_type(HCC + "NarrowingRule"),
        "correspondences": ontology.of_type(HCC + "Correspondence"),
        "conflict rules": ontology.of_type(HCC + "ConflictRule"),
        "patterns": ontology.collected("RecordPattern"),
    }


def variables_of(ontology: Ontology) -> list[ox.NamedNode]:
    """Return the properties that are variables of a patient record."""
    return [n for n in ontology.of_type(OWL + "DatatypeProperty") if n.value.startswith(HCC)]
