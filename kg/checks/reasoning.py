"""Checks by reasoner: the profile of OWL 2, consistency and satisfiability."""

from __future__ import annotations

from kg.checks.registry import Examined, Material, check, name_of, subject_in
from kg.ontology import OWL


@check("profile")
def profile(material: Material) -> Examined:
    """The whole ontology is in OWL 2 DL."""
    material.watch("the profile")
    violations = material.reasoner.profile_violations()
    if not violations:
        yield "ontology", ()
    for violation in violations:
        yield subject_in(violation), (violation,)


@check("consistency")
def consistent(material: Material) -> Examined:
    """The ontology is consistent: HermiT finds no contradiction."""
    fault = "its axioms contradict one another, so that everything would follow"
    material.watch("the consistency")
    yield "ontology", () if material.reasoner.is_consistent() else (fault,)


@check("satisfiability")
def satisfiable(material: Material) -> Examined:
    """Every class can have a member: HermiT finds none that is empty in all cases."""
    classes = material.ontology.of_type(OWL + "Class")
    for number, node in enumerate(classes, start=1):
        material.watch(f"class {number} of {len(classes)}, {name_of(node.value)}")
        fault = "no patient can ever belong to it: its conditions rule one another out"
        yield name_of(node.value), () if material.reasoner.is_satisfiable(node.value) else (fault,)
