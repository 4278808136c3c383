"""The check of the alternative readings; their module stands outside the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from decimal import Decimal

import pyoxigraph as ox

from kg.checks.numbers import bounds_of, numbers_in
from kg.checks.registry import Examined, Material, check, name_of
from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.guideline.alternatives import module_of
from kg.guideline.formula import Atom, manchester
from kg.ontology import (
    DEFINITION,
    EDITORIAL,
    HCC,
    LABEL,
    SOURCE,
    SUBCLASS,
    Node,
    Ontology,
    local_name,
)


@check("content")
def alternatives(material: Material) -> Examined:
    """Every reading of alternatives.ttl answers a reading, and puts other formulas in its place."""
    module = module_of(material.ontology.edition)
    if module in material.ontology.modules:
        raise OntologyError(f"the ontology imports <{module}>; no verdict may rest on it")
    guideline, readings = material.alternatives
    ontology, named = guideline.ontology, set[str]()
    if not readings:
        yield "alternatives", ()
        return
    for reading in readings:
        node = ox.NamedNode(HCC + reading.id)
        named.update(ontology.iris(node, HCC + "replacement"))
        yield name_of(node.value), _faults(material.guideline, ontology, node)
    for one in ontology.subjects(SUBCLASS, ox.NamedNode(HCC + "ReplacingClass")):
        fault = "no alternative reading names it as hcc:replacement"
        yield name_of(one.value), () if one.value in named else (fault,)


@check("agreement")
def left_out(material: Material) -> Examined:
    """Every part of a formula stands in those that would replace it, or they say it is left out."""
    guideline, readings = material.alternatives
    if not readings:
        yield "alternatives", ()
    used = material.guideline
    known = {bound for name in used.formulas for bound in bounds_of(used.atoms_of(name))}
    for node in guideline.ontology.subjects(SUBCLASS, ox.NamedNode(HCC + "ReplacingClass")):
        name = local_name(node.value)
        replaced = local_name(guideline.ontology.iris(node, HCC + "replaces")[0])
        kept = {*guideline.atoms_of(name)}
        dropped = [local_name(iri) for iri in guideline.ontology.iris(node, HCC + "leavesOut")]
        gone = {a for one in dropped if one in guideline.formulas for a in guideline.atoms_of(one)}
        faults = [
            f"it lacks what hcc:{replaced} says of {atom.variable}: "
            f"{manchester(atom, guideline.variables)}; take it over, or name what hcc:leavesOut"
            for atom in dict.fromkeys(guideline.atoms_of(replaced))
            if atom not in kept | gone and atom.variable not in dropped and not _wider(atom, kept)
        ]
        yield name_of(node.value), [*faults, *_own_bounds(guideline, node, known)]


def _own_bounds(guideline: Guideline, node: Node, known: Set[tuple[str, Decimal]]) -> Iterator[str]:
    """Yield the bounds that are not known, and that its reading does not speak of."""
    said = set[Decimal]()
    for reading in guideline.ontology.subjects(HCC + "replacement", node):
        for predicate in (LABEL, DEFINITION):
            said = said.union(*map(numbers_in, guideline.ontology.texts(reading, predicate)))
    for variable, bound in sorted(bounds_of(guideline.atoms_of(local_name(node.value))) - known):
        if bound not in said:
            yield f"no formula in use has its limit {bound:f} of {variable}; restate it"


def _wider(atom: Atom, kept: Iterable[Atom]) -> bool:
    """Return whether one of the restrictions takes in more words than this one."""
    return any(
        atom.variable == other.variable and {*atom.words} < {*other.words} and atom.words
        for other in kept
    )


def _faults(guideline: Guideline, ontology: Ontology, node: ox.NamedNode) -> Iterator[str]:
    for iri in ontology.iris(node, HCC + "alternativeTo"):
        if not guideline.ontology.text(ox.NamedNode(iri), EDITORIAL):
            yield f"it is an alternative to {name_of(iri)}, which states no reading"
    sources = [local_name(iri) for iri in ontology.iris(node, SOURCE)]
    for source in sources:
        if source not in guideline.statements:
            yield f"its dcterms:source {source} is not a statement"
    if not sources:
        yield "it has no dcterms:source; name the statement that it reads otherwise"
    for iri in ontology.iris(node, HCC + "replacement"):
        replaced = ontology.iris(ox.NamedNode(iri), HCC + "replaces")[0]
        if local_name(replaced) not in guideline.formulas:
            yield f"{name_of(iri)} replaces {name_of(replaced)}, which has no formula"
