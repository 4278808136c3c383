"""What the ontology and its editions say of themselves, how to cite them; a term as RDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from kg.guideline import Edition, Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import DCTERMS, FOAF, HCC, OWL, ROOT, Ontology
from kg.rdf.names import PREFIXES

LICENCE_NAMES = {"https://www.apache.org/licenses/LICENSE-2.0": "Apache-2.0"}


@dataclass(frozen=True)
class Module:
    """A module of the ontology: its file, title, what it holds, and its version."""

    file: str
    title: str
    description: str
    version: str


@dataclass(frozen=True)
class Header:
    """The header of the ontology."""

    title: str
    abstract: str
    version: str
    version_iri: str
    issued: str
    creators: tuple[str, ...]
    licence: str
    licence_name: str
    sha256: str
    source: Edition
    modules: tuple[Module, ...]

    @property
    def citation(self) -> str:
        """How to cite the ontology with the guideline that it encodes, in one line."""
        return (
            f"{', '.join(self.creators)} ({self.issued[:4]}). {self.title}. "
            f"Version {self.version}. {self.version_iri}. Encodes: {self.source.citation}"
        )

    @property
    def bibtex(self) -> str:
        """How to cite the ontology, for BibTeX."""
        fields = {
            "author": f"{{{' and '.join(self.creators)}}}",
            "title": self.title,
            "year": self.issued[:4],
            "version": self.version,
            "url": self.version_iri,
            "note": f"Encodes: {self.source.citation}",
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
        return "\n".join([f"@misc{{hcc-kg-{self.version},", *lines, "}"])


def header(guideline: Guideline) -> Header:
    """Return the header of the ontology."""
    ontology, root = guideline.ontology, ox.NamedNode(ROOT)
    title, abstract, issued = _texts(ontology, ROOT, "title", "abstract", "issued")
    licence = (ontology.iris(root, DCTERMS + "license") or ("",))[0]
    return Header(
        title=title,
        abstract=abstract,
        version=ontology.version,
        version_iri=(ontology.iris(root, OWL + "versionIRI") or (ROOT,))[0],
        issued=issued,
        creators=tuple(
            name
            for iri in ontology.iris(root, DCTERMS + "creator")
            for name in ontology.texts(ox.NamedNode(iri), FOAF + "name")
        ),
        licence=licence,
        licence_name=LICENCE_NAMES.get(licence, licence),
        sha256=ontology.sha256,
        source=guideline.source,
        modules=tuple(_module(ontology, iri) for iri in ontology.modules),
    )


def _module(ontology: Ontology, iri: str) -> Module:
    title, described, abstract = _texts(ontology, iri, "title", "description", "abstract")
    version = ontology.text(ox.NamedNode(iri), OWL + "versionInfo") or ""
    return Module(ontology.modules[iri].name, title, described or abstract, version)


def _texts(ontology: Ontology, iri: str, *names: str) -> Iterator[str]:
    """Yield what the terms of Dublin Core say of a module."""
    return (ontology.text(ox.NamedNode(iri), DCTERMS + name) or "" for name in names)


FORMATS: Mapping[str, tuple[str, ox.RdfFormat]] = {  # name to its ending and format
    "Turtle": ("ttl", ox.RdfFormat.TURTLE),
    "RDF/XML": ("rdf", ox.RdfFormat.RDF_XML),
}


def iri_of(guideline: Guideline, name: str) -> str:
    """Return the IRI of a term by its identifier."""
    therapy = every_therapy(guideline).get(name)
    return therapy.iri if therapy else HCC + name


def description(guideline: Guideline, iri: str, format_: ox.RdfFormat) -> bytes:
    """Return what the ontology states of a term."""
    triples = dict.fromkeys(_triples(guideline, ox.NamedNode(iri)))
    return ox.serialize(triples, format=format_, prefixes=PREFIXES) or b""


@lru_cache(maxsize=4)
def _by_subject(guideline: Guideline) -> dict[object, list[ox.Triple]]:
    found: dict[object, list[ox.Triple]] = {}
    for triple in guideline.ontology.triples:
        found.setdefault(triple.subject, []).append(triple)
    return found


def _triples(guideline: Guideline, node: ox.NamedNode | ox.BlankNode) -> Iterator[ox.Triple]:
    for triple in _by_subject(guideline).get(node, ()):
        yield triple
        if isinstance(triple.object, ox.BlankNode):
            yield from _triples(guideline, triple.object)


_ROWS = {
    "issued by": "body",
    "covers": "part",
    "stages": "stages",
    "criteria": "criteria",
    "therapies with verdicts": "therapies",
    "recommendations": "recommendations",
    "statements": "statements",
}


def facts(guideline: Guideline) -> dict[str, object]:
    """Return what an edition is and how much it holds."""
    edition = guideline.source
    printed = {name: getattr(edition, name) for name in ("body", "part", "language", "sha256")}
    counted = ("stages", "criteria", "therapies", "recommendations", "statements")
    counts = {name: len(getattr(guideline, name)) for name in counted}
    return {"id": edition.id, "title": edition.title, "date": edition.year, **printed, **counts}


def side_by_side(guidelines: Iterable[Guideline]) -> str:
    """Return a table in Markdown with a column for each edition."""
    columns = [facts(guideline) for guideline in guidelines]
    rows = [
        ("", *(column["id"] for column in columns)),
        ("---" for _ in range(len(columns) + 1)),
        *((name, *(column[key] for column in columns)) for name, key in _ROWS.items()),
    ]
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)
