"""The classes of patients, and the therapies with the rows of criteria that these classes make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline.formula import And, Formula, Or, Ref
from kg.guideline.loading.lookups import Terms
from kg.guideline.model import ASPECTS, ELIGIBLE, Criterion, Recommendation, Response, Therapy
from kg.ontology import (
    ALT_LABEL,
    DEFINITION,
    EDITORIAL,
    HCC,
    LABEL,
    NOTATION,
    NOTE,
    SUBCLASS,
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
        return {one.id: one for one in map(self._criterion, self.collected(parent))}

    def recommendations(self) -> dict[str, Recommendation]:
        """Return the recommendations, in their order."""
        nodes = self.collected("RecommendedPatient")
        return {one.id: one for one in map(self._recommendation, nodes)}

    def responses(self) -> dict[str, Response]:
        """Return the classes of response, in their order."""
        nodes = self.collected("ResponsePatient")
        read = (Response(**self._shared(n), outcome=self.need(n, HCC + "outcome")) for n in nodes)
        return {one.id: one for one in read}

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


THERAPY = HCC + "LiverCancerTherapy"


def has_row(ontology: Ontology, node: ox.NamedNode) -> bool:
    """Return whether the edition says for whom a therapy is indicated."""
    return any(ontology.values(node, f"{HCC}{aspect}Class") for aspect in (*ASPECTS, ELIGIBLE))


def named_therapies(ontology: Ontology) -> list[ox.NamedNode]:
    """Return the therapies of the taxonomy that are in the edition."""
    nodes, named = ontology.below(THERAPY), set[str]()
    for node in nodes:
        told = any(ontology.subjects(HCC + word, node) for word in ("about", "concerns"))
        if told or has_row(ontology, node):
            named |= _upwards(ontology, node.value)
    return [node for node in nodes if node.value in named]


def _upwards(ontology: Ontology, iri: str) -> set[str]:
    """Return a therapy and all above it."""
    above = ontology.iris(ox.NamedNode(iri), SUBCLASS)
    return {iri}.union(*(_upwards(ontology, one) for one in above if one != THERAPY))


class TherapyReader(ClassReader):
    """Reads the therapies."""

    def therapies(self, criteria: Mapping[str, Criterion]) -> list[Therapy]:
        """Return the therapies of the edition: those that have classes, in their order, last.

        The taxonomy is that of all editions; a therapy is in one that states its classes, names
        it in a statement or a recommendation, or has a therapy below it.
        """
        found = named_therapies(self.ontology)
        found.sort(key=lambda n: self.position(n) if has_row(self.ontology, n) else 0)
        return [self._therapy(node, criteria) for node in found]

    def _therapy(self, node: ox.NamedNode, criteria: Mapping[str, Criterion]) -> Therapy:
        ontology = self.ontology
        classes = {
            aspect: local_name(iri)
            for aspect in (*ASPECTS, ELIGIBLE)
            for iri in ontology.iris(node, f"{HCC}{aspect}Class")
        }
        therapy = Therapy(
            id=self.need(node, NOTATION),
            iri=node.value,
            label=self.need(node, LABEL),
            alt_labels=ontology.texts(node, ALT_LABEL),
            definition=self.need(node, DEFINITION),
            parents=tuple(
                self.notation(iri) for iri in ontology.iris(node, SUBCLASS) if iri != THERAPY
            ),
            notes=ontology.texts(node, NOTE),
            note=ontology.text(node, EDITORIAL),
            classes=classes,
            intent=self.concept(node, "intent"),
        )
        return self._with_row(therapy, criteria) if classes else therapy

    def _with_row(self, therapy: Therapy, criteria: Mapping[str, Criterion]) -> Therapy:
        """Read the row of a therapy from the class expressions of its classes."""
        for aspect in ("indicated", "eligible"):
            if aspect not in therapy.classes:
                raise OntologyError(f"{therapy.id} has classes, but no {aspect} class; add it")
        formula = self.formula(therapy.classes["indicated"])
        parts = formula.parts if isinstance(formula, And) else (formula,)
        indications, preconditions = tuple[str, ...](), tuple[str, ...]()
        for part in parts:
            names = self._union(part, therapy.id, criteria)
            kinds = {criteria[name].kind for name in names}
            if len(names) == 1 and kinds == {"precondition"}:
                preconditions += names
            elif indications or "precondition" in kinds:
                raise OntologyError(
                    f"hcc:{therapy.classes['indicated']}: should be one union of indications "
                    "and, beside it, criteria of the kind precondition"
                )
            else:
                indications += names
        absolute, relative = (
            self._union(self.formula(name), therapy.id, criteria) if name else ()
            for name in map(therapy.classes.get, ASPECTS[1:])
        )
        therapy = replace(therapy, indications=indications, preconditions=preconditions)
        return replace(therapy, absolute=absolute, relative=relative)

    def _union(
        self, formula: Formula, owner: str, criteria: Mapping[str, Criterion]
    ) -> tuple[str, ...]:
        """Return the criteria of a union, groups of criteria opened."""
        if isinstance(formula, Ref) and formula.name in criteria:
            return (formula.name,)
        if isinstance(formula, Ref):
            return self._union(self.formula(formula.name), owner, criteria)
        if isinstance(formula, Or):
            return tuple(n for part in formula.parts for n in self._union(part, owner, criteria))
        raise OntologyError(f"a class of {owner} should be a union of named criteria")
