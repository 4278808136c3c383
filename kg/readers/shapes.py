"""The shapes of patient records in RDF: which properties there are, and what breaks a shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from kg.errors import ComponentError, InputError, OntologyError
from kg.ontology import HCC
from kg.paths import ontology_folder

SH = "http://www.w3.org/ns/shacl#"
SHAPE = HCC + "shape/"


@dataclass(frozen=True)
class Violation:
    """A node that breaks a shape: which property, and what the shape says; `node` is N-Triples."""

    node: str
    path: str
    message: str


class Shapes:
    """The shapes of one file, read once; `patient` and `lesion` name the columns of properties.

    Raises:
        ComponentError: no SHACL validator is installed.
        OntologyError: the file cannot be read, or holds no shapes.
    """

    def __init__(self, path: Path) -> None:
        try:
            import shacl  # noqa: PLC0415 - only patients in RDF need it
        except ImportError as error:
            raise ComponentError(
                "patients in RDF are checked by the package shacl, which is not installed; "
                "pip install 'shacl>=0.3.4,<0.4' (where no wheel fits, that takes Rust)"
            ) from error
        try:
            text = path.read_text(encoding="utf-8")
            self._compiled = shacl.Shapes.from_turtle(text, base=HCC)
            quads = ox.parse(text, format=ox.RdfFormat.TURTLE)
            self._triples = [quad.triple for quad in quads]
        except (OSError, ValueError, SyntaxError) as error:
            raise OntologyError(f"{path} cannot be read as shapes: {error}") from error
        self.patient = self._columns(SHAPE + "Patient")
        self.lesion = self._columns(SHAPE + "Lesion")
        if not len(self._compiled) or not self.patient:
            raise OntologyError(f"{path} holds no shape {SHAPE}Patient; restore the file")

    def _columns(self, shape: str) -> dict[str, str]:
        """Return the names of the properties with literal values that a shape tells of."""
        properties = list(self._values(ox.NamedNode(shape), "property"))
        found = {}
        for node in properties:
            paths, names = list(self._values(node, "path")), list(self._values(node, "name"))
            if paths and names and not list(self._values(node, "nodeKind")):
                found[paths[0].value] = names[0].value
        return found

    def _values(self, subject: ox.NamedNode, name: str) -> Iterator[ox.NamedNode]:
        for triple in self._triples:
            if triple.subject == subject and triple.predicate.value == SH + name:
                yield triple.object

    def violations(self, triples: str) -> Iterator[Violation]:
        """Yield what breaks a shape in N-Triples, each property of a node once.

        Raises:
            InputError: the validator cannot read the triples.
        """
        try:
            report = self._compiled.validate_text(triples, format="ntriples")
        except ValueError as error:
            raise InputError(f"the triples cannot be validated: {error}") from error
        told = set()
        for result in report.results:
            path = (result.path or "").strip("<>")
            if result.severity == "Violation" and (result.focus_node, path) not in told:
                told.add((result.focus_node, path))
                yield Violation(result.focus_node, path, result.message or result.component)


def shipped_shapes() -> Shapes:
    """Return the shapes that ship with the ontology."""
    return _shapes(ontology_folder() / "shapes.ttl")


@lru_cache(maxsize=2)
def _shapes(path: Path) -> Shapes:
    return Shapes(path)
