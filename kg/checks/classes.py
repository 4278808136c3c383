"""Checks of classes of patients: formulas, rows of therapies, what is used, and by reasoner."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from kg.checks.numbers import definitions_of
from kg.checks.registry import Examined, Material, check, name_of, subject_in, terms_of
from kg.guideline import Criterion, Guideline, Recommendation
from kg.guideline.formula import And, Atom, Formula, Not, Ref, atoms, references
from kg.guideline.model import ABSOLUTE, ASPECTS, ELIGIBLE, RELATIVE
from kg.ontology import HCC, OWL, local_name

# By role: where a variable must be used, and where it must not be.
_USES: dict[str, tuple[set[str], set[str]]] = {
    "key": (set(), {"criteria", "recommendations", "responses", "patterns"}),
    "descriptive": (set(), {"criteria", "recommendations", "responses", "patterns"}),
    "criterion": ({"criteria"}, set()),
    "recommendation": ({"recommendations"}, {"responses"}),
    "response": ({"responses"}, {"criteria", "recommendations"}),
    "child_pugh_component": ({"patterns"}, set()),
}


@check("formulas")
def formulas(material: Material) -> Examined:
    """Every class expression is of the supported fragment, acyclic, with values of their types."""
    for name in material.guideline.formulas:
        yield HCC + name, ()


@check("content")
def eligible(material: Material) -> Examined:
    """A patient is eligible for a therapy where it is indicated and not contraindicated."""
    guideline = material.guideline
    for therapy in guideline.therapies.values():
        name, (indicated, absolute, _) = therapy.classes["eligible"], therapy.aspects
        expected: Formula = Ref(str(indicated))
        if absolute:
            expected = And((expected, Not(Ref(absolute))))
        fault = f"it should be {indicated}" + (f" and not {absolute}" if absolute else "")
        yield HCC + name, () if guideline.formulas[name] == expected else (fault,)


@check("content")
def aspects(material: Material) -> Examined:
    """Every indicated, contraindicated, cautioned or eligible class is that of one therapy."""
    owners = Counter(
        pair for t in material.guideline.therapies.values() for pair in t.classes.items()
    )
    grouped = {
        (aspect, local_name(node.value))
        for aspect in (*ASPECTS, ELIGIBLE)
        for node in material.ontology.below(f"{HCC}{aspect.capitalize()}Patient")
    }
    for aspect, name in sorted(grouped | set(owners)):
        faults = []
        if owners[aspect, name] != 1:
            count = owners[aspect, name] or "no"
            faults.append(f"it is the {aspect}Class of {count} therapies; it should be that of one")
        if (aspect, name) not in grouped:
            faults.append(f"it should be a subclass of hcc:{aspect.capitalize()}Patient")
        yield HCC + name, faults


@check("content")
def rows(material: Material) -> Examined:
    """Every criterion in a row is of the kind of its part, there once; a note tells exceptions."""
    guideline = material.guideline
    for therapy in guideline.therapies.values():
        # A caution may be a contraindication elsewhere, where a note says why.
        borrowed = {RELATIVE: ABSOLUTE} if therapy.note else {}
        faults = [
            f"{name} is in its row as {role.replace(' ', '_')}, and of the kind {kind}"
            for role, names in therapy.row
            for name in names
            for kind in [guideline.criteria[name].kind]
            if kind.replace("_", " ") not in (role, borrowed.get(role))
        ]
        repeated = sorted({n for n in therapy.criteria if therapy.criteria.count(n) > 1})
        faults += [f"{name} is in its row more than once" for name in repeated]
        yield therapy.iri, faults


@check("content")
def used(material: Material) -> Examined:
    """Every criterion is in the row of a therapy or in a recommendation; definitions are used."""
    guideline = material.guideline
    advised = guideline.recommendations.values()
    direct = {name for therapy in guideline.therapies.values() for name in therapy.criteria}
    direct |= {name for item in advised for name in references(item.formula)}
    for name in guideline.criteria:
        fault = "no therapy has it in its row, and no recommendation refers to it"
        yield HCC + name, () if name in direct else (fault,)
    referred = {name for formula in guideline.formulas.values() for name in references(formula)}
    terms = terms_of(material.ontology)
    for node in terms["definitions"] + terms["groups"]:
        fault = "no class refers to it"
        yield node.value, () if local_name(node.value) in referred else (fault,)


@check("content")
def variables_used(material: Material) -> Examined:
    """Every variable decides what its role says in some edition, and nothing that it rules out."""
    guideline, uses = material.guideline, dict[str, set[str]]()
    patterns = [local_name(n.value) for n in terms_of(material.ontology)["patterns"]]
    for one in (guideline, *material.others):
        for kind, names in _uses(one, patterns).items():
            uses[kind] = uses.get(kind, set()) | names
    for variable in guideline.variables.values():
        found = {kind for kind, names in uses.items() if variable.name in names}
        needed, forbidden = _USES[variable.role]
        role = f"its role is {variable.role}"
        faults = [f"{role}, and none of the {kind} uses it" for kind in sorted(needed - found)]
        faults += [f"{role}, yet the {kind} use it" for kind in sorted(forbidden & found)]
        yield variable.iri, faults


def _uses(guideline: Guideline, patterns: Iterable[str]) -> dict[str, set[str]]:
    """Return the variables that classes of each kind depend on."""
    classes: dict[str, Iterable[str]] = {
        "criteria": guideline.criteria,
        "recommendations": guideline.recommendations,
        "responses": guideline.responses,
        "patterns": patterns,
    }
    formulas = guideline.formulas
    return {
        kind: {v for name in names for v in guideline.variables_of(formulas[name])}
        for kind, names in classes.items()
    }


@check("content")
def abbreviations(material: Material) -> Examined:
    """A therapy whose identifier abbreviates its name bears the abbreviation as skos:altLabel."""
    for therapy in [*material.guideline.therapies.values(), *material.guideline.mentioned.values()]:
        wanted = _words(therapy.id)
        known = any(wanted <= _words(name) for name in (therapy.label, *therapy.alt_labels))
        fault = (
            f"none of its names has the words of its identifier {therapy.id}; add a skos:altLabel"
        )
        yield therapy.iri, () if known else (fault,)


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower().replace("+", " plus ")))


@check("agreement")
def restated(material: Material) -> Examined:
    """A formula stands once, as does a bound that two classes have from one statement."""
    guideline = material.guideline
    terms: list[Criterion | Recommendation] = [*guideline.criteria.values()]
    terms += guideline.recommendations.values()
    for i, term in enumerate(terms):
        faults = []
        for other in terms[:i]:
            if _one_formula_twice(guideline, term.formula, other.formula):
                faults.append(
                    f"it states the formula of hcc:{other.id} again; "
                    "let both refer to one shared definition"
                )
            elif _one_bound_twice(guideline, term, other):
                faults.append(
                    f"it states a bound of hcc:{other.id} again, from the same statement; "
                    "let both refer to one shared definition"
                )
        yield HCC + term.id, faults


def _one_formula_twice(guideline: Guideline, one: Formula, other: Formula) -> bool:
    """Return whether two formulas are alike, and do not both refer to what states it."""
    if isinstance(one, Ref) and isinstance(other, Ref):
        return False
    full = [
        guideline.formulas[f.name] if isinstance(f, Ref) and f.name in guideline.definitions else f
        for f in (one, other)
    ]
    return full[0] == full[1] and bool([*atoms(full[0])])


def _one_bound_twice(
    guideline: Guideline, one: Criterion | Recommendation, other: Criterion | Recommendation
) -> bool:
    """Return whether two classes have a bound from one statement, and one states it itself."""
    if not {*one.statements} & {*other.statements}:
        return False
    own, others = (_bounds(term.formula) for term in (one, other))
    shared = [
        _bounds(guideline.formulas[name])
        for term in (one, other)
        for name in definitions_of(guideline, term.formula)
    ]
    return bool(own & others or (own | others) & set().union(*shared))


def _bounds(formula: Formula) -> set[Atom]:
    return {atom for atom in atoms(formula) if atom.intervals}


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
        yield node.value, () if material.reasoner.is_satisfiable(node.value) else (fault,)
