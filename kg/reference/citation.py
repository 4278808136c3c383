"""What the ontology says of itself: title, version, licence, sources, and how to cite it."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from kg.guideline import Edition, Guideline
from kg.ontology import DCTERMS, FOAF, OWL, ROOT, Ontology

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

    def text(predicate: str) -> str:
        return ontology.text(root, predicate) or ""

    licence = (ontology.iris(root, DCTERMS + "license") or ("",))[0]
    return Header(
        title=text(DCTERMS + "title"),
        abstract=text(DCTERMS + "abstract"),
        version=ontology.version,
        version_iri=(ontology.iris(root, OWL + "versionIRI") or (ROOT,))[0],
        issued=text(DCTERMS + "issued"),
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
    node = ox.NamedNode(iri)

    def text(predicate: str) -> str:
        return ontology.text(node, predicate) or ""

    described = text(DCTERMS + "description") or text(DCTERMS + "abstract")
    version = text(OWL + "versionInfo")
    return Module(ontology.modules[iri].name, text(DCTERMS + "title"), described, version)
