"""Loading: from the triples of the ontology to the guideline as typed objects.

1. Variables are read, then the formula of every class that has one.
2. References are followed: each leads to a class with a formula, none back to itself.
3. The thresholds of all formulas cut the variables into bands.
4. Criteria, therapies, recommendations, statements and rules are read on top of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from kg.errors import OntologyError
from kg.guideline.formula import Formula, FormulaReader, references
from kg.guideline.loading.classes import ClassReader, TherapyReader
from kg.guideline.loading.lookups import Terms
from kg.guideline.loading.rules import RuleReader, StatementReader
from kg.guideline.loading.variables import VariableReader, totals, with_bands
from kg.guideline.model import Guideline
from kg.ontology import HCC, OWL, Ontology


def guideline_of(ontology: Ontology) -> Guideline:
    """Return the guideline that an ontology encodes.

    Raises:
        OntologyError: the ontology is broken or uses a construct that is not supported.
    """
    plain = VariableReader(ontology).variables()
    reader = FormulaReader(ontology, plain)
    formulas = {
        name: reader.read(name)
        for node in ontology.of_type(OWL + "Class")
        if ontology.values(node, OWL + "equivalentClass")
        for name in [node.value.removeprefix(HCC)]
    }
    _check_references(formulas)
    variables = with_bands(plain, formulas.values(), totals(ontology))
    classes, rules = ClassReader(ontology, formulas), RuleReader(ontology, formulas, variables)
    criteria = classes.criteria("Criterion")
    therapies = TherapyReader(ontology, formulas).therapies(criteria)
    kinds = Terms(ontology).concepts("KindScheme")
    groups = Terms(ontology).concepts("GroupScheme")
    return Guideline(
        ontology=ontology,
        source=StatementReader(ontology).edition(),
        variables=variables,
        stages=classes.criteria("Stage"),
        criteria=criteria,
        definitions=classes.criteria("SharedDefinition"),
        therapies={therapy.id: therapy for therapy in therapies if therapy.classes},
        mentioned={therapy.id: therapy for therapy in therapies if not therapy.classes},
        recommendations=classes.recommendations(),
        responses=classes.responses(),
        statements=StatementReader(ontology).statements(),
        correspondences=StatementReader(ontology).correspondences(),
        derivations=rules.derivations(),
        conflict_rules=rules.conflict_rules(),
        kinds={notation: label for notation, (label, _) in kinds.items()},
        groups={notation: label for notation, (label, _) in groups.items()},
        verdicts=Terms(ontology).concepts("VerdictScheme"),
        intents=Terms(ontology).intents(),
        formulas=formulas,
    )


def _check_references(formulas: Mapping[str, Formula]) -> None:
    for owner, formula in formulas.items():
        for name in references(formula):
            if name not in formulas:
                raise OntologyError(f"hcc:{owner} refers to hcc:{name}, which is not defined")
    try:
        TopologicalSorter({name: [*references(f)] for name, f in formulas.items()}).prepare()
    except CycleError as error:
        way = [*reversed(error.args[1])]
        raise OntologyError(f"hcc:{way[0]} is defined by itself: {' -> '.join(way)}") from error
