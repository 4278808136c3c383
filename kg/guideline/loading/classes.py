"""The classes of patients: criteria, therapies with their rows, recommendations, responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline.formula import Formula
from kg.guideline.loading.lookups import Terms
from kg.guideline.model import Criterion, Recommendation, Response
from kg.ontology import (
    DEFINITION,
    EDITORIAL,
    HCC,
    LABEL,
    NOTATION,
    NOTE,
    Ontology,
    local_name,
)


class ClassReader(Terms):
    """Reads classes of patients; `formulas` holds the formula of each class that has one."""

    def __init__(self, ontology: Ontology, formulas: Mapping[str, Formula]) -> None:
        super().__init__(ontology)
        self.formulas = formulas

    def formula(self, name: str) -> Formula:
        """Return the formula of a class, which has to be there."""
        if name not in self.formulas:
            raise OntologyError(f"hcc:{name} has no owl:equivalentClass; add its formula")
        return self.formulas[name]

    def criteria(self, parent: str) -> dict[str, Criterion]:
        """Return the criteria below a class, in their order."""
        found = [self._criterion(node) for node in self.collected(parent)]
        return {criterion.id: criterion for criterion in found}

    def recommendations(self) -> dict[str, Recommendation]:
        """Return the recommendations, in their order."""
        found = [self._recommendation(node) for node in self.collected("RecommendedPatient")]
        return {recommendation.id: recommendation for recommendation in found}

    def responses(self) -> dict[str, Response]:
        """Return the classes of response, in their order."""
        found = [self._response(node) for node in self.collected("ResponsePatient")]
        return {response.id: response for response in found}

    def _shared(self, node: ox.NamedNode) -> dict[str, Any]:
        """Return what every class of patients states."""
        ontology, identifier = self.ontology, self.need(node, NOTATION)
        return {
            "id": identifier,
            "label": self.need(node, LABEL),
            "definition": self.need(node, DEFINITION),
            "places": ontology.texts(node, HCC + "place"),
            "statements": self.sources(node),
            "note": ontology.text(node, EDITORIAL),
            "formula": self.formula(identifier),
            "grade": ontology.text(node, HCC + "grade"),
        }

    def _criterion(self, node: ox.NamedNode) -> Criterion:
        return Criterion(
            **self._shared(node),
            kind=self.concept(node, "kind") or "definition",
            intent=self.concept(node, "intent"),
            scope=self.ontology.text(node, HCC + "scope"),
        )

    def _recommendation(self, node: ox.NamedNode) -> Recommendation:
        ontology = self.ontology
        return Recommendation(
            **self._shared(node),
            strength=self.need(node, HCC + "strength"),
            advice=self.need(node, HCC + "advice"),
            remarks=ontology.texts(node, NOTE),
            concerns=tuple(self.notation(iri) for iri in ontology.iris(node, HCC + "concerns")),
            precedes=tuple(map(local_name, ontology.iris(node, HCC + "precedes"))),
        )

    def _response(self, node: ox.NamedNode) -> Response:
        return Response(**self._shared(node), outcome=self.need(node, HCC + "outcome"))
