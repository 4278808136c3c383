"""The validator of patient records in RDF: finds what breaks the shapes of a guideline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kg.errors import ComponentError, InputError, OntologyError
from kg.guideline import Guideline
from kg.guideline.shapes import shapes
from kg.ontology import HCC


@dataclass(frozen=True)
class Violation:
    """A node that breaks a shape: which property, and what the shape says; `node` is N-Triples."""

    node: str
    path: str
    message: str


class Shapes:
    """The compiled shapes of the records of a guideline.

    Raises:
        ComponentError: no SHACL validator is installed.
        OntologyError: a variable makes no shape that can be read.
    """

    def __init__(self, guideline: Guideline) -> None:
        try:
            import shacl  # noqa: PLC0415 - only patients in RDF need it
        except ImportError as error:
            raise ComponentError(
                "patients in RDF are checked by the package shacl, which is not installed; "
                "pip install 'shacl>=0.3.4,<0.4' (where no wheel fits, that takes Rust)"
            ) from error
        try:
            self._compiled = shacl.Shapes.from_turtle(shapes(guideline), base=HCC)
        except ValueError as error:
            raise OntologyError(
                f"{guideline.ontology.folder}: the shapes that follow from the variables cannot "
                f"be read ({error}); look for names of variables that are no names in Turtle"
            ) from error

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


@lru_cache(maxsize=4)
def shapes_of(guideline: Guideline) -> Shapes:
    """Return the shapes of a guideline, compiled once."""
    return Shapes(guideline)
