"""Small readers of the ontology's terms; what is missing is an error that names the term."""

from __future__ import annotations

import re
from typing import TypeVar

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.ontology import (
    DEFINITION,
    HCC,
    LABEL,
    NOTATION,
    OWL,
    SKOS,
    SOURCE,
    Node,
    Ontology,
    local_name,
)

T = TypeVar("T")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)


class Terms:
    """Reads literals and lists of terms of one ontology."""

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology

    def need(self, node: Node, predicate: str) -> str:
        """Return the text of a term's property, which has to be there."""
        text = self._there(node, predicate, self.ontology.text(node, predicate))
        if predicate == NOTATION and not _IDENTIFIER.fullmatch(text):
            raise OntologyError(
                f"hcc:{local_name(node.value)}: the notation {text!r} is not an identifier; "
                "use letters, digits, - and _"
            )
        return text

    def one(self, node: Node, predicate: str) -> str:
        """Return the one IRI that a term's property has to have."""
        iris = self.ontology.iris(node, predicate)
        if len(iris) != 1:
            raise OntologyError(
                f"hcc:{local_name(node.value)} has {len(iris)} values of "
                f"hcc:{local_name(predicate)}; it needs one"
            )
        return iris[0]

    def whole(self, node: Node, predicate: str) -> int:
        """Return the whole number of a term's property, which has to be there."""
        return self._there(node, predicate, self.ontology.number(node, predicate))

    @staticmethod
    def _there(node: Node, predicate: str, value: T | None) -> T:
        if value is None:
            name = local_name(node.value)
            raise OntologyError(f"hcc:{name} lacks {local_name(predicate)}; add it to its block")
        return value

    def notation(self, iri: str) -> str:
        """Return the identifier of a term."""
        return self.need(ox.NamedNode(iri), NOTATION)

    def concepts(self, scheme: str) -> dict[str, tuple[str, str]]:
        """Return the label and the definition of each concept of a scheme, by notation.

        Concepts that have a position come in its order, before the others.
        """
        found = sorted(
            self.ontology.subjects(SKOS + "inScheme", ox.NamedNode(HCC + scheme)),
            key=lambda node: self.ontology.number(node, HCC + "position") or float("inf"),
        )
        return {
            self.need(c, NOTATION): (self.need(c, LABEL), self.need(c, DEFINITION)) for c in found
        }

    def intents(self) -> dict[str, tuple[str, str]]:
        """Return the label of each intent and how a verdict says so, by notation."""
        scheme, found = ox.NamedNode(HCC + "IntentScheme"), dict[str, tuple[str, str]]()
        for node in self.ontology.subjects(SKOS + "inScheme", scheme):
            label = self.need(node, LABEL)
            in_full = self.ontology.text(node, HCC + "headline") or label
            found[self.need(node, NOTATION)] = label, in_full
        return found

    def concept(self, node: Node, word: str) -> str | None:
        """Return the identifier of the concept that a property of ours names, if it does."""
        iris = self.ontology.iris(node, HCC + word)
        return self.notation(iris[0]) if iris else None

    def position(self, node: Node) -> int:
        """Return the place of a term in the listings of its kind."""
        return self.whole(node, HCC + "position")

    def ordered(self, type_: str) -> list[ox.NamedNode]:
        """Return the individuals of a type, by position."""
        return sorted(self.ontology.of_type(HCC + type_), key=self.position)

    def collected(self, name: str) -> list[ox.NamedNode]:
        """Return the classes of a collection that have a formula, by position."""
        found = self.ontology.collected(name)
        defined = [n for n in found if self.ontology.value(n, OWL + "equivalentClass")]
        return sorted(defined, key=self.position)

    def sources(self, node: Node) -> tuple[str, ...]:
        """Return the ids of the statements behind a term."""
        return tuple(local_name(iri) for iri in self.ontology.iris(node, SOURCE))
