"""Statements of the guideline, derivations of values, and rules of conflict."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline.formula import And, Formula, atoms
from kg.guideline.loading.classes import THERAPY, ClassReader
from kg.guideline.loading.lookups import Terms
from kg.guideline.rules import (
    ConflictRule,
    Correspondence,
    Derivation,
    Edition,
    Narrowing,
    Score,
    Statement,
    Sum,
)
from kg.guideline.values import Variable
from kg.ontology import (
    DCTERMS,
    DEFINITION,
    EDITORIAL,
    HCC,
    LABEL,
    NOTATION,
    OA,
    OWL,
    PROV,
    SOURCE,
    Ontology,
    local_name,
)

_PRINTED = {  # what an edition says of itself, by the terms of Dublin Core
    **{"title": "title", "body": "publisher", "year": "issued", "country": "spatial"},
    **{"language": "language", "reference": "bibliographicCitation"},
}


class StatementReader(Terms):
    """Reads the statements and the edition that they come from."""

    def statements(self) -> dict[str, Statement]:
        """Return the statements by id, in the order of the text."""
        nodes = sorted(self.ontology.of_type(HCC + "Statement"), key=lambda n: n.value)
        return {statement.id: statement for statement in map(self._statement, nodes)}

    def edition(self) -> Edition:
        """Return the edition of the guideline that the statements come from."""
        kind = "GuidelineEdition"
        nodes = self.ontology.of_type(HCC + kind)
        if len(nodes) != 1:
            raise OntologyError(f"there are {len(nodes)} individuals of hcc:{kind}; state one")
        (node,) = nodes
        return Edition(
            id=self.need(node, NOTATION),
            name=local_name(node.value),
            **{name: self.need(node, DCTERMS + word) for name, word in _PRINTED.items()},
            part=self.need(node, DEFINITION),
            address=(self.ontology.iris(node, DCTERMS + "identifier") or ("",))[0],
            sha256=self.need(ox.NamedNode(self.one(node, SOURCE)), HCC + "sha256"),
            revises=tuple(map(local_name, self.ontology.iris(node, PROV + "wasRevisionOf"))),
        )

    def correspondences(self) -> tuple[Correspondence, ...]:
        """Return what the edition says of how it follows from an earlier one."""
        return tuple(map(self._correspondence, self.ordered("Correspondence")))

    def _correspondence(self, node: ox.NamedNode) -> Correspondence:
        terms = [self.ontology.iris(node, HCC + word) for word in ("earlier", "later")]
        therapies = set(self.ontology.below(THERAPY))
        of_therapies = any(ox.NamedNode(iri) in therapies for iris in terms for iri in iris)
        read = self.notation if of_therapies else local_name
        earlier, later = (read(iris[0]) if iris else None for iris in terms)
        return Correspondence(
            earlier=earlier,
            later=later,
            relation=self.notation(self.one(node, HCC + "relation")),
            change=self.need(node, DEFINITION),
            of_therapies=of_therapies,
        )

    def _statement(self, node: ox.NamedNode) -> Statement:
        ontology = self.ontology
        target = ontology.value(node, OA + "hasTarget")
        selector = ontology.value(target, OA + "hasSelector") if target else None
        if selector is None:
            raise OntologyError(f"hcc:{local_name(node.value)} has no oa:hasTarget with a selector")
        try:
            start, end = (self.whole(selector, OA + word) for word in ("start", "end"))
        except OntologyError as error:
            raise OntologyError(f"hcc:{local_name(node.value)}: its selector: {error}") from error
        kind = self.concept(node, "kind")
        if kind is None:
            raise OntologyError(f"hcc:{local_name(node.value)} lacks kind; add it to its block")
        return Statement(
            id=self.need(node, NOTATION),
            section=self.need(node, HCC + "section"),
            start=start,
            end=end,
            kind=kind,
            decidable=self.need(node, HCC + "decidable") == "true",
            therapies=tuple(self.notation(iri) for iri in ontology.iris(node, HCC + "about")),
            paraphrase=self.need(node, HCC + "paraphrase"),
            grade=self._grade(node),
        )

    def _grade(self, node: ox.NamedNode) -> str | None:
        """Return evidence level and strength as one word, where the guideline gives them."""
        words = ("evidenceLevel", "recommendationStrength")
        grade = [self.notation(i) for word in words for i in self.ontology.iris(node, HCC + word)]
        return " ".join(grade) or None


class RuleReader(ClassReader):
    """Reads the rules by which records are derived and cross-checked."""

    def __init__(
        self,
        ontology: Ontology,
        formulas: Mapping[str, Formula],
        variables: Mapping[str, Variable],
    ) -> None:
        super().__init__(ontology, formulas)
        self.variables = variables

    def derivations(self) -> tuple[Derivation, ...]:
        """Return the derivations, in their order."""
        return tuple(map(self._derivation, self.ordered("Derivation")))

    def conflict_rules(self) -> tuple[ConflictRule, ...]:
        """Return the rules of conflict, in their order."""
        return tuple(map(self._conflict_rule, self.ordered("ConflictRule")))

    def _single(self, name: str) -> tuple[str, int]:
        """Return the variable and the mask of a class that is one restriction."""
        formula = self.formula(name)
        found = list(atoms(formula))
        if len(found) != 1 or formula != found[0]:
            raise OntologyError(f"hcc:{name} should be one restriction on one variable")
        return found[0].variable, found[0].mask(self.variables)

    def _derivation(self, node: ox.NamedNode) -> Derivation:
        ontology = self.ontology
        targets = tuple(local_name(iri) for iri in ontology.iris(node, HCC + "derives"))
        narrowings = []
        for iri in ontology.iris(node, HCC + "narrowing"):
            when, then = (self.one(ox.NamedNode(iri), HCC + word) for word in ("when", "then"))
            source, target = self._single(local_name(when)), self._single(local_name(then))
            narrowings.append(Narrowing(*source, *target))
        return Derivation(
            id=local_name(node.value),
            label=self.need(node, LABEL),
            message=self.need(node, HCC + "message"),
            note=ontology.text(node, EDITORIAL),
            position=self.position(node),
            targets=targets,
            score=self._score(node, targets),
            sum=self._sum(node, targets),
            narrowings=tuple(narrowings),
        )

    def _sum(self, node: ox.NamedNode, targets: tuple[str, ...]) -> Sum | None:
        if not self.ontology.values(node, HCC + "countedBy"):
            return None
        count, largest = (self.one(node, HCC + word) for word in ("countedBy", "largestIs"))
        return Sum(targets[0], local_name(count), local_name(largest))

    def _score(self, node: ox.NamedNode, targets: tuple[str, ...]) -> Score | None:
        ontology = self.ontology
        if not ontology.values(node, HCC + "totals"):
            return None
        total = local_name(self.one(node, HCC + "totals"))
        (target,) = (name for name in targets if name != total)
        scoring = ontology.subjects(HCC + "scores", ox.NamedNode(HCC + target))
        points = tuple(
            (*self._single(local_name(one.value)), self.whole(one, HCC + "points"))
            for one in scoring
        )
        totals = []
        for one in ontology.of_type(OWL + "Class"):
            lowest = ontology.number(one, HCC + "lowestTotal")
            if lowest is not None:
                variable, mask = self._single(local_name(one.value))
                if variable == target:
                    totals.append((mask, lowest, self.whole(one, HCC + "highestTotal")))
        bands = tuple(
            (1 << i, int(band.low))
            for i, band in enumerate(self.variables[total].bands)
            if band.low is not None
        )
        return Score(target, total, points, tuple(totals), bands)

    def _conflict_rule(self, node: ox.NamedNode) -> ConflictRule:
        when = self.one(node, HCC + "when")
        formula = self.formula(local_name(when))
        found = list(atoms(formula))
        if not isinstance(formula, And) or list(formula.parts) != found:
            raise OntologyError(f"hcc:{local_name(when)} should be an intersection of restrictions")
        return ConflictRule(
            id=local_name(node.value),
            label=self.need(node, LABEL),
            message=self.need(node, HCC + "message"),
            position=self.position(node),
            parts=tuple((atom.variable, atom.mask(self.variables)) for atom in found),
        )
