"""Cards of terms: what there is to say of a criterion, therapy, variable or statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pyoxigraph as ox

from kg.errors import InputError
from kg.explanation.wording import number_words, words
from kg.guideline import Guideline, Recommendation, Response, Statement, Therapy
from kg.guideline.formula import manchester, references
from kg.guideline.taxonomy import every_therapy, recommendations_on
from kg.guideline.values import Variable
from kg.ontology import ALT_LABEL, HCC, RDFS, SKOS, Node
from kg.patients.cells import expected
from kg.reference.inventory import Encoded, encoded, read_as
from kg.texts import labelled, nearest, told_nearest

Item = Mapping[str, str | int]
Value = str | Sequence[str] | Sequence[Item] | None
Card = Mapping[str, Value]


def card_of(guideline: Guideline, identifier: str) -> Card:
    """Return the card of a term: what to say of it, by heading.

    Raises:
        InputError: there is no term of that identifier; the text names the nearest.
    """
    makers = _makers(guideline)
    exact = identifier.strip()
    name = exact if exact in makers else {n.lower(): n for n in makers}.get(exact.lower())
    if name is None:
        raise InputError(
            f"there is no term {identifier!r} in the guideline; {_hint(guideline, exact, makers)}"
        )
    card = makers[name]()
    return {heading: value for heading, value in card.items() if value}


def _hint(guideline: Guideline, asked: str, makers: Mapping[str, object]) -> str:
    """Return the terms that hold what was asked in a name of theirs, or are spelt alike."""
    names = {name: _names(guideline, name) for name in makers}
    shown = [labelled(name, *names[name][:1]) for name in nearest(asked, names)]
    if not shown:
        firsts = (next(iter(kind)) for kind in (guideline.criteria, guideline.therapies))
        return f"there are, for example, {', '.join(firsts)}, {[*guideline.variables][1]}"
    return told_nearest(shown, "; ")


def _names(guideline: Guideline, identifier: str) -> tuple[str, ...]:
    """Return the label of a term, its other names and its values; nothing of a statement."""
    if variable := guideline.variables.get(identifier):
        values = (word for value in variable.values for word in (value.name, value.label))
        return variable.label, *variable.alt_labels, *values
    if therapy := every_therapy(guideline).get(identifier):
        return therapy.label, *therapy.alt_labels
    if term := encoded(guideline).get(identifier):
        return term.label, *_also_called(guideline, identifier)
    return ()


def _also_called(guideline: Guideline, identifier: str) -> tuple[str, ...]:
    return guideline.ontology.texts(ox.NamedNode(HCC + identifier), ALT_LABEL)


def _makers(guideline: Guideline) -> dict[str, Callable[[], Card]]:
    """Return what makes the card of each term, by its identifier."""
    g = guideline
    return {
        **{name: partial(_encoded, g, source) for name, source in encoded(g).items()},
        **{name: partial(_group, g, name, node) for name, node in groups(g).items()},
        **{name: partial(_therapy, g, therapy) for name, therapy in every_therapy(g).items()},
        **{name: partial(_variable, g, variable) for name, variable in g.variables.items()},
        **{name: partial(_statement, g, said) for name, said in g.statements.items()},
    }


def _encoded(guideline: Guideline, source: Encoded) -> Card:
    """Return the card of a class of patients: criterion, definition, recommendation, response."""
    return {
        "id": source.id,
        "also_called": _also_called(guideline, source.id),
        **_own(guideline, source),
        "label": source.label,
        "definition": source.definition,
        "met_when": words(guideline, source.formula),
        "manchester": manchester(source.formula, guideline.variables),
        "variables": guideline.variables_of(source.formula),
        "places": source.places,
        "statements": [guideline.statements[name].told for name in source.statements],
        "reading": source.note,
        "therapies": [
            {"id": therapy.id, "role": role}
            for therapy in guideline.therapies.values()
            for criterion, role in row_of(therapy)
            if criterion == source.id
        ],
        "used_in": [
            user for user in encoded(guideline) if source.id in references(guideline.formulas[user])
        ],
    }


def groups(guideline: Guideline) -> Mapping[str, Node]:
    """Return the groups of criteria that classes of therapies refer to, by their identifiers."""
    ontology = guideline.ontology
    found = ontology.collected("CriterionGroup")
    return {ontology.text(node, SKOS + "notation") or "": node for node in found}


def _group(guideline: Guideline, name: str, node: Node) -> Card:
    """Return the card of a group of criteria."""
    formula = guideline.formulas[name]
    classes = {n: t.id for t in guideline.therapies.values() for n in t.classes.values()}
    using = [t for n, t in classes.items() if name in references(guideline.formulas[n])]
    return {
        "id": name,
        "kind": "group of criteria",
        "label": guideline.ontology.text(node, RDFS + "label"),
        "definition": guideline.ontology.text(node, SKOS + "definition"),
        "met_when": words(guideline, formula),
        "manchester": manchester(formula, guideline.variables),
        "used_in": using,
    }


def _own(guideline: Guideline, source: Encoded) -> Card:
    """Return what only one sort of class has."""
    if isinstance(source, Recommendation):
        return {
            "kind": "recommendation",
            "advice": source.advice,
            "strength": source.strength,
            "grade": source.grade,
            "concerns": source.concerns,
            "comes_before": source.precedes,
            "remarks": source.remarks,
        }
    if isinstance(source, Response):
        return {"kind": "response", "outcome": source.outcome}
    shared = source.id in guideline.definitions
    kind = "shared definition" if shared else guideline.kinds[source.kind]
    return {"kind": kind, "scope": source.scope, "grade": source.grade}


def row_of(therapy: Therapy) -> list[tuple[str, str]]:
    """Return the criteria in the row of a therapy, with their roles."""
    return [(name, role) for role, names in therapy.row for name in names]


def _statement(guideline: Guideline, statement: Statement) -> Card:
    return {
        "id": statement.id,
        "kind": f"statement: {guideline.kinds[statement.kind]}",
        "paraphrase": statement.paraphrase,
        "section": statement.section,
        "characters": f"{statement.start}–{statement.end}",
        "decidable": "yes" if statement.decidable else "no",
        "about": statement.therapies,
        "grade": statement.grade,
        "used_in": [source.id for source in read_as(guideline, statement.id)],
    }


def _therapy(guideline: Guideline, therapy: Therapy) -> Card:
    return {
        "id": therapy.id,
        "kind": "therapy" if therapy.classes else "therapy without criteria",
        "label": therapy.label,
        "also_called": therapy.alt_labels,
        "definition": therapy.definition,
        "kind_of": therapy.parents,
        "notes": therapy.notes,
        "reading": therapy.note,
        "criteria": [
            {"id": name, "label": guideline.criteria[name].label, "role": role}
            for name, role in row_of(therapy)
        ],
        "classes": [
            f"{name}: {manchester(guideline.formulas[name], guideline.variables)}"
            for name in therapy.classes.values()
        ],
        "recommendations": recommendations_on(guideline, therapy.id),
        "statements": [s.told for s in guideline.statements.values() if therapy.id in s.therapies],
    }


def unit_of(variable: Variable) -> str | None:
    """Return the unit of a variable as it is shown; UCUM puts a word in braces."""
    return variable.unit_symbol or (variable.unit and variable.unit.strip("{}"))


def _variable(guideline: Guideline, variable: Variable) -> Card:
    rules = [r.label for r in guideline.derivations if variable.name in r.targets]
    return {
        "id": variable.name,
        "kind": f"variable: {variable.type}",
        "label": variable.label,
        "also_called": variable.alt_labels,
        "definition": variable.definition,
        "role": variable.role,
        "group": variable.group,
        "unit": unit_of(variable),
        "cell": expected(variable),
        "values": [
            {"id": v.name, "label": v.label, "definition": v.definition} for v in variable.values
        ],
        "bands": [number_words(variable, [band]) for band in variable.bands],
        "lesion_column": variable.lesion_column,
        "over_lesions": variable.lesion_aggregation,
        "derived_by": rules,
        "used_in": [
            name
            for name, source in encoded(guideline).items()
            if variable.name in guideline.variables_of(source.formula)
        ],
    }
