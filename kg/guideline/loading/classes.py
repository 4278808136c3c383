"""The classes of patients: criteria, therapies with their rows, recommendations, responses."""

from __future__ import annotations

from collections.abc import Mapping

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
    Node,
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

    def _criterion(self, node: ox.NamedNode) -> Criterion:
        ontology, identifier = self.ontology, self.need(node, NOTATION)
        kind = ontology.iris(node, HCC + "kind")
        return Criterion(
            id=identifier,
            kind=self.notation(kind[0]) if kind else "definition",
            intent=self.intent(node),
            scope=ontology.text(node, HCC + "scope"),
            label=self.need(node, LABEL),
            definition=self.need(node, DEFINITION),
            places=ontology.texts(node, HCC + "place"),
            statements=self.sources(node),
            note=ontology.text(node, EDITORIAL),
            formula=self.formula(identifier),
            grade=ontology.text(node, HCC + "grade"),
        )

    def _concerned(self, node: Node) -> tuple[str, ...]:
        return tuple(self.notation(iri) for iri in self.ontology.iris(node, HCC + "concerns"))

    def _recommendation(self, node: ox.NamedNode) -> Recommendation:
        ontology, identifier = self.ontology, self.need(node, NOTATION)
        return Recommendation(
            id=identifier,
            label=self.need(node, LABEL),
            definition=self.need(node, DEFINITION),
            strength=self.need(node, HCC + "strength"),
            advice=self.need(node, HCC + "advice"),
            places=ontology.texts(node, HCC + "place"),
            statements=self.sources(node),
            note=ontology.text(node, EDITORIAL),
            remarks=ontology.texts(node, NOTE),
            concerns=self._concerned(node),
            precedes=tuple(local_name(i) for i in ontology.iris(node, HCC + "precedes")),
            formula=self.formula(identifier),
            grade=ontology.text(node, HCC + "grade"),
        )

    def _response(self, node: ox.NamedNode) -> Response:
        ontology, identifier = self.ontology, self.need(node, NOTATION)
        return Response(
            id=identifier,
            label=self.need(node, LABEL),
            definition=self.need(node, DEFINITION),
            outcome=self.need(node, HCC + "outcome"),
            places=ontology.texts(node, HCC + "place"),
            statements=self.sources(node),
            note=ontology.text(node, EDITORIAL),
            formula=self.formula(identifier),
        )
