"""Checks of an edition: its stages, grades, what it is silent on, how it follows another.

Also of its alternative readings, whose module stands outside the ontology.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from decimal import Decimal
from itertools import combinations

import pyoxigraph as ox

from kg.checks.numbers import bounds_of, numbers_in
from kg.checks.registry import Examined, Material, check, name_of
from kg.checks.statements import source_faults
from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.guideline.alternatives import module_of
from kg.guideline.formula import Atom, manchester
from kg.guideline.taxonomy import NEW
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
from kg.reasoning.diagram import FALSE, TRUE
from kg.reasoning.logic import logic_of


@check("content")
def stages(material: Material) -> Examined:
    """Of every patient exactly one stage holds, in every completion, where there are stages."""
    guideline = material.guideline
    if not guideline.stages:
        yield "ontology", ()
        return
    logic = logic_of(guideline)
    roots = {name: logic.roots[name] for name in guideline.stages}
    gap = logic.diagrams.any(roots.values()) != TRUE
    yield "ontology", ("some patients are in none of its stages",) if gap else ()
    for (one, a), (other, b) in combinations(roots.items(), 2):
        both = logic.diagrams.combine((a, b), lambda x, y: x & y)
        fault = f"some patients are in it and in hcc:{other} at once"
        yield HCC + one, (fault,) if both != FALSE else ()


@check("content")
def silence(material: Material) -> Examined:
    """A therapy without contraindications says in a note that none were checked."""
    for therapy in material.guideline.therapies.values():
        silent = "contraindicated" not in therapy.classes
        told = any("none were checked" in note for note in therapy.notes)
        fault = "the edition lists no contraindications of it: say in a skos:note that none were "
        yield therapy.iri, (f"{fault}checked",) if silent and not told else ()


@check("content")
def grades(material: Material) -> Examined:
    """The grade of a criterion or a recommendation is that of one of its statements."""
    guideline, statements = material.guideline, material.guideline.statements
    for item in (*guideline.criteria.values(), *guideline.recommendations.values()):
        found = {statements[s].grade for s in item.statements if s in statements}
        fault = f"its grade {item.grade} is that of none of its statements"
        yield HCC + item.id, (fault,) if item.grade and item.grade not in found else ()


@check("content")
def correspondences(material: Material) -> Examined:
    """What an edition says of an earlier one names a term of each, as its relation asks."""
    guideline = material.guideline
    own = {*guideline.stages, *guideline.criteria, *guideline.recommendations, *guideline.therapies}
    others = {n for g in material.others for n in (*g.criteria, *g.therapies, *g.mentioned)}
    if not guideline.correspondences:
        yield "ontology", ()
    for one in guideline.correspondences:
        faults = []
        if one.earlier is not None and one.earlier not in others:
            faults.append(f"{one.earlier} is a term of no other edition")
        if one.later is not None and one.later not in own:
            faults.append(f"{one.later} is not a term of this edition")
        if (one.earlier is None) != (one.relation == NEW):
            faults.append("only what is new has no earlier term")
        yield f"hcc:correspondence of {one.earlier} and {one.later}", faults


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
        yield node.value, _faults(material.guideline, ontology, node)
    for one in ontology.subjects(SUBCLASS, ox.NamedNode(HCC + "ReplacingClass")):
        fault = "no alternative reading names it as hcc:replacement"
        yield one.value, () if one.value in named else (fault,)


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
        yield node.value, [*faults, *_own_bounds(guideline, node, known)]


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
    yield from source_faults(guideline, sources, "reads otherwise")
    for iri in ontology.iris(node, HCC + "replacement"):
        replaced = ontology.iris(ox.NamedNode(iri), HCC + "replaces")[0]
        if local_name(replaced) not in guideline.formulas:
            yield f"{name_of(iri)} replaces {name_of(replaced)}, which has no formula"
