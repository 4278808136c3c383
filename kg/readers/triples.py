"""The triples of a file, by subject: what its parser yields, and nothing that it names elsewhere.

Nodes and values are held as N-Triples text, each text once, so that a record goes to the
validator by joining strings. Blank nodes get IRIs, since a validator may rename them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

from kg.errors import InputError
from kg.nesting import check_nesting
from kg.ontology import HCC, RDF, XSD, Node
from kg.readers.text import check_text
from kg.readers.uploads import File, Upload

TYPE = RDF + "type"
BLANK = "urn:hcc-kg:blank:"
_SHORT = re.compile(
    r'"([+-]?\d+)"\^\^<\S+#integer>|"([+-]?\d*\.\d+)"\^\^<\S+#decimal>|"(true|false)"\^\^<\S+#boolean>'
)
_SHOWN = 80


@dataclass
class TripleIndex:
    """Triples: for each subject its pairs of predicate (an IRI) and value, in their order."""

    pairs: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)

    def add(self, subject: str, predicate: str, value: str, cell: str) -> None:
        """Add a triple; `cell` is what its value is without datatype and quotes."""
        self.cells.setdefault(value, cell)
        self.pairs.setdefault(subject, {})[predicate, value] = None

    def of_type(self, name: str) -> list[str]:
        """Return the subjects of a class of our vocabulary."""
        wanted = (TYPE, f"<{HCC}{name}>")
        return [node for node, pairs in self.pairs.items() if wanted in pairs]

    def values(self, node: str, predicate: str) -> list[str]:
        """Return the values of a predicate at a node."""
        return [value for name, value in self.pairs.get(node, {}) if name == predicate]

    def objects(self, predicate: str) -> dict[str, list[str]]:
        """Return the nodes that a predicate leads to, each with the nodes it comes from."""
        found: dict[str, list[str]] = {}
        for node, pairs in self.pairs.items():
            for name, value in pairs:
                if name == predicate:
                    found.setdefault(value, []).append(node)
        return found

    def lines(self, node: str) -> Iterator[str]:
        """Yield the triples of a node as N-Triples."""
        for predicate, value in self.pairs.get(node, {}):
            yield f"{node} <{predicate}> {value} .\n"


def read_triples(path: File) -> TripleIndex:
    """Return the triples of a Turtle, N-Triples or JSON-LD file, by the ending of its name.

    Raises:
        InputError: the file is not valid, or it relies on something that it does not hold.
    """
    check_text(path)
    if isinstance(path, Upload):
        file, content = Path(f"{path.name}{path.ending}"), path.content
    else:
        file, content = path, None
    check_nesting(file, content)
    format_ = ox.RdfFormat.from_extension(path.suffix.lower()[1:]) or ox.RdfFormat.TURTLE
    graph, texts = TripleIndex(), dict[str, str]()
    is_json = format_ == ox.RdfFormat.JSON_LD
    try:
        for quad in ox.parse(content, format_, path=file if content is None else None):
            subject, value = str(_named(quad.subject)), _named(quad.object)
            if isinstance(value, ox.Literal) and is_json:
                value = _decimal(value)
            nodes = (subject, quad.predicate.value, str(value))
            subject, predicate, known = (texts.setdefault(node, node) for node in nodes)
            graph.add(subject, predicate, known, value.value)
    except SyntaxError as error:
        raise InputError(f"{path}{_place(error)}: {_reason(error, format_.name)}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return graph


def _named(term: Node | ox.Triple) -> ox.NamedNode | ox.Literal:
    """Return a term that is not a blank node and no triple."""
    if isinstance(term, ox.BlankNode):
        return ox.NamedNode(BLANK + term.value)
    if isinstance(term, ox.Triple):
        raise SyntaxError("a triple is in place of a value; records hold plain values only")
    return term


def _decimal(literal: ox.Literal) -> ox.Literal:
    """Return a number of JSON-LD as the decimal that stands in the file.

    The standard turns a JSON number with a fraction into an `xsd:double` such as 4.2E0.
    """
    if literal.datatype.value in (XSD + "double", XSD + "decimal") and "E" in literal.value:
        number = Decimal(literal.value)
        if number.is_finite():
            return ox.Literal(f"{number:f}", datatype=ox.NamedNode(XSD + "decimal"))
    return literal


def _place(error: SyntaxError) -> str:
    return f", line {error.lineno}" if error.lineno else ""


def _reason(error: SyntaxError, name: str) -> str:
    if "LoadDocumentCallback" in str(error.msg):
        return (
            "it names a JSON-LD context elsewhere, and nothing is fetched; "
            "write the context into the file"
        )
    return f"not valid {name}: {error.msg}"


def shown(value: str) -> str:
    """Return a value or node for a message, as Turtle has it, cut where it is long."""
    short = _SHORT.fullmatch(value)
    text = (
        short[short.lastindex or 0]
        if short
        else value.replace(f"<{HCC}", "<hcc:").replace(f"<{XSD}", "<xsd:")
    )
    text = re.sub(r"<((?:hcc|xsd):[^<>]*)>", r"\1", text)
    if text.startswith(f"<{BLANK}"):
        return "a blank node"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"
