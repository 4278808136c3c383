"""The catalogues by which Protege finds the modules of each folder of the ontology."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from kg.ontology import OWL, RDF, edition_names

NAME = "catalog-v001.xml"
_HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
"""


def catalogues(ontology: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and the content of the catalogue of each folder, from `ontology`."""
    shared = sorted(ontology.glob("*.ttl"))
    yield Path(NAME), _catalogue({path.name: path for path in shared})
    for edition in edition_names(ontology):
        files = {path.name: path for path in sorted((ontology / edition).glob("*.ttl"))}
        files |= {f"../{path.name}": path for path in shared}
        yield Path(edition, NAME), _catalogue(files)


def _catalogue(files: dict[str, Path]) -> str:
    lines = [
        f'    <uri name="{iri}" uri="{name}"/>\n'
        for name, path in files.items()
        for iri in _names(path)
    ]
    return f"{_HEAD}{''.join(lines)}</catalog>\n"


def _names(path: Path) -> list[str]:
    """Return the names of a module: that of the ontology, and that of its version."""
    triples = [quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]
    kind, ontology = ox.NamedNode(RDF + "type"), ox.NamedNode(OWL + "Ontology")
    found = []
    for triple in triples:
        if triple.predicate == kind and triple.object == ontology:
            version = ox.NamedNode(OWL + "versionIRI")
            found += [triple.subject, *(t.object for t in triples if t.predicate == version)]
    return [node.value for node in found if isinstance(node, ox.NamedNode)]
