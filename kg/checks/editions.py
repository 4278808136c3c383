"""Checks of an edition: its stages, grades, what it is silent on, and how it follows another."""

from __future__ import annotations

from itertools import combinations

from kg.checks.registry import Examined, Material, check, name_of
from kg.guideline.correspondence import NEW
from kg.ontology import HCC
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
        yield name_of(HCC + one), (fault,) if both != FALSE else ()


@check("content")
def silence(material: Material) -> Examined:
    """A therapy without contraindications says in a note that none were checked."""
    for therapy in material.guideline.therapies.values():
        silent = "contraindicated" not in therapy.classes
        told = any("none were checked" in note for note in therapy.notes)
        fault = "the edition lists no contraindications of it: say in a skos:note that none were "
        yield name_of(therapy.iri), (f"{fault}checked",) if silent and not told else ()


@check("content")
def grades(material: Material) -> Examined:
    """The grade of a criterion or a recommendation is that of one of its statements."""
    guideline, statements = material.guideline, material.guideline.statements
    for item in (*guideline.criteria.values(), *guideline.recommendations.values()):
        found = {statements[s].grade for s in item.statements if s in statements}
        fault = f"its grade {item.grade} is that of none of its statements"
        yield name_of(HCC + item.id), (fault,) if item.grade and item.grade not in found else ()


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
