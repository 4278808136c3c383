"""The check of the shapes, by which patients in RDF are judged: they name every variable."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kg.checks.kinds import variables_of
from kg.checks.registry import Examined, Material, check, name_of
from kg.errors import OntologyError
from kg.ontology import HCC, RDF, Ontology

_FILE, _SH, _SHAPE = "shapes.ttl", "http://www.w3.org/ns/shacl#", HCC + "shape/"
_FIRST, _REST = ox.NamedNode(RDF + "first"), ox.NamedNode(RDF + "rest")


@check("terms")
def shapes(material: Material) -> Examined:
    """Every variable has its shape in shapes.ttl, of a patient and where it is due of a lesion."""
    ontology = material.ontology
    store = _store(material)
    of_patient, of_lesion = _paths(store, "Patient"), _paths(store, "Lesion")
    partly = _members(store, _one(store, ox.NamedNode(_SHAPE + "partly-variable"), "in"))
    for node in variables_of(ontology):
        yield name_of(node.value), _faults(ontology, node, of_patient, of_lesion, partly)


def _faults(
    ontology: Ontology,
    node: ox.NamedNode,
    of_patient: set[str],
    of_lesion: set[str],
    partly: set[str],
) -> Iterator[str]:
    name = node.value.removeprefix(HCC)
    is_key = HCC + "KeyRole" in ontology.iris(node, HCC + "role")
    if node.value not in of_patient:
        yield f"no property of shape:Patient in {_FILE} is of it; add shape:{name}"
    if ontology.text(node, HCC + "lesionColumn") and node.value not in of_lesion:
        yield f"no property of shape:Lesion in {_FILE} is of it; add shape:lesion-{name}"
    if not is_key and node.value not in partly:
        yield f"it is not in the sh:in of shape:partly-variable in {_FILE}; add it there"


def _store(material: Material) -> ox.Store:
    path = material.folder / _FILE
    store = ox.Store()
    try:
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    except (OSError, SyntaxError, ValueError) as error:
        raise OntologyError(f"{path}: cannot be read as Turtle: {error}") from error
    return store


def _paths(store: ox.Store, shape: str) -> set[str]:
    """Return the IRIs of the properties of a shape."""
    owner, name = ox.NamedNode(_SHAPE + shape), ox.NamedNode(_SH + "property")
    nodes = [quad.object for quad in store.quads_for_pattern(owner, name, None)]
    found = [_one(store, node, "path") for node in nodes]
    return {path.value for path in found if isinstance(path, ox.NamedNode)}


def _members(store: ox.Store, head: object) -> set[str]:
    """Return the IRIs in a list."""
    found = set()
    while isinstance(head, ox.BlankNode):
        items = store.quads_for_pattern(head, _FIRST, None)
        found |= {q.object.value for q in items if isinstance(q.object, ox.NamedNode)}
        head = next((q.object for q in store.quads_for_pattern(head, _REST, None)), None)
    return found


def _one(store: ox.Store, node: object, name: str) -> object:
    if not isinstance(node, ox.NamedNode | ox.BlankNode):
        return None
    quads = store.quads_for_pattern(node, ox.NamedNode(_SH + name), None)
    return next((quad.object for quad in quads), None)
