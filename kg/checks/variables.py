"""Checks of variables: what reasoning and readers of records rely on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial, reduce
from itertools import pairwise
from operator import or_

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, not_once, variables_of
from kg.guideline.intervals import plain
from kg.guideline.values import Variable
from kg.ontology import HCC, OWL, RDF, RDFS, SUBCLASS, XSD, Ontology
from kg.patients.cells import CellError, parse_cell

_PATIENT, _LESION = ox.NamedNode(HCC + "Patient"), ox.NamedNode(HCC + "TumourLesion")
_ON = OWL + "onProperty"
_AGGREGATIONS = ("count", "maximum", "minimum", "sum", "any")
_NUMBERS = {XSD + "integer", XSD + "decimal"}


@check("terms")
def variables(material: Material) -> Examined:
    """Every variable is functional, of a Patient, with one range, a unit if a number, a group."""
    for node in variables_of(material.ontology):
        yield node.value, _variable_faults(material.ontology, node)


def _variable_faults(ontology: Ontology, node: ox.NamedNode) -> Iterator[str]:
    if OWL + "FunctionalProperty" not in ontology.iris(node, RDF + "type"):
        yield "it is not functional: add owl:FunctionalProperty to its types"
    domains = [
        domain if union is None else [*ontology.members(union)]
        for domain in ontology.values(node, RDFS + "domain")
        for union in [ontology.value(domain, OWL + "unionOf")]
    ]
    shared = ontology.text(node, HCC + "lesionColumn") is not None
    if domains != ([[_PATIENT, _LESION]] if shared else [_PATIENT]):
        yield f"its rdfs:domain should be hcc:Patient{' or hcc:TumourLesion' if shared else ''}"
    yield from not_once(partial(ontology.values, node), [RDFS + "range"])
    ranges = ontology.values(node, RDFS + "range")
    numbers = {iri for range_ in ranges for iri in ontology.iris(range_, OWL + "onDatatype")}
    if numbers & _NUMBERS and not ontology.text(node, HCC + "unit"):
        yield "it is a number without hcc:unit; state a UCUM code"
    is_key = HCC + "KeyRole" in ontology.iris(node, HCC + "role")
    if len(ontology.iris(node, HCC + "group")) != (0 if is_key else 1):
        yield "a key has no hcc:group" if is_key else "it needs one hcc:group"
    aggregation = ontology.text(node, HCC + "lesionAggregation")
    if aggregation is not None and aggregation not in _AGGREGATIONS:
        yield f"its lesionAggregation {aggregation!r} is none of {', '.join(_AGGREGATIONS)}"
    if bool(ontology.text(node, HCC + "lesionColumn")) != (aggregation not in (None, "count")):
        told = "goes with hcc:lesionAggregation maximum, minimum, sum or any: state both"
        yield f"hcc:lesionColumn {told}"


@check("terms")
def totality(material: Material) -> Examined:
    """An axiom says of every variable that each patient has a value of it, known or not."""
    triples = material.ontology.totality
    said = {t.object for t in triples if (t.subject, t.predicate.value) == (_PATIENT, SUBCLASS)}
    total = {t.object for t in triples if t.subject in said and t.predicate.value == _ON}
    fault = "totality.ttl lacks the axiom that each patient has some value; add it there"
    for node in variables_of(material.ontology):
        yield node.value, () if node in total else (fault,)


@check("content")
def unremarkable(material: Material) -> Examined:
    """Every unremarkable cell is one of its variable, and says something."""
    for variable in material.guideline.variables.values():
        if variable.unremarkable is not None:
            faults = _cell_faults(variable, "unremarkable", variable.unremarkable)
            yield HCC + variable.name, faults


def _cell_faults(variable: Variable, term: str, cell: str) -> Iterator[str]:
    try:
        if parse_cell(variable, cell) is None:
            yield f"its hcc:{term} {cell!r} says nothing"
    except CellError as error:
        yield f"its hcc:{term}: {error}"


@check("content")
def plausible(material: Material) -> Examined:
    """What is plausible and typical of a number is a range of it, and typical is plausible."""
    for variable in material.guideline.variables.values():
        cells = {"plausible": variable.plausible, "typical": variable.typical}
        told = {term: cell for term, cell in cells.items() if cell is not None}
        if told:
            faults = [f for term, cell in told.items() for f in _cell_faults(variable, term, cell)]
            if not faults and not variable.is_number:
                faults = ["only a number has hcc:plausible or hcc:typical"]
            yield HCC + variable.name, faults


@check("content")
def units(material: Material) -> Examined:
    """Every threshold of a number is round in each of its units, or a whole ten in its own."""
    for variable in material.guideline.variables.values():
        ends = {end for band in variable.bands[1:] for end in (band.low,) if end is not None}
        for unit in variable.units[1:]:
            odd = [plain(e) for e in sorted(ends) if e % 10 and not _is_round(e, unit.factor)]
            fault = f"in {unit.code} its thresholds {', '.join(odd)} are not round numbers"
            yield HCC + variable.name, [fault] if odd else []


def _is_round(threshold: Decimal, factor: Decimal) -> bool:
    """Return whether a threshold has at most three digits behind the point in another unit."""
    converted = threshold / factor
    return converted == round(converted, 3)


@check("content")
def derivations(material: Material) -> Examined:
    """Every derivation derives the variables that its narrowings, or the lesions, give."""
    guideline = material.guideline
    lesions = {v.name for v in guideline.variables.values() if v.lesion_aggregation}
    for rule in guideline.derivations:
        given = {narrowing.target for narrowing in rule.narrowings}
        given |= lesions if rule.from_lesions else set()
        given |= {rule.score.target, rule.score.total} if rule.score else set()
        given |= {rule.sum.target} if rule.sum else set()
        odd = sorted(given ^ set(rule.targets))
        fault = f"hcc:derives and what its rule gives differ in {', '.join(odd)}"
        yield HCC + rule.id, (fault,) if odd else ()


@check("content")
def scores(material: Material) -> Examined:
    """Every value of a component scores points once, and every total gives one value."""
    variables = material.guideline.variables
    for score in filter(None, (rule.score for rule in material.guideline.derivations)):
        for name in score.components:
            masks = [mask for component, mask, _ in score.points if component == name]
            good = _is_partition(masks, variables[name].everything)
            fault = f"its classes with hcc:scores hcc:{score.target} should part its values"
            yield HCC + name, () if good else (fault,)
        masks = [mask for mask, _, _ in score.totals]
        runs = sorted((low, high) for _, low, high in score.totals)
        joined = all(a[1] + 1 == b[0] for a, b in pairwise(runs))
        good = joined and _is_partition(masks, variables[score.target].everything)
        fault = "the totals that give its values should follow one another, one run a value"
        yield HCC + score.target, () if good else (fault,)


def _is_partition(masks: list[int], everything: int) -> bool:
    return sum(masks) == everything == reduce(or_, masks, 0)
