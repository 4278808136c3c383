"""Trees to draw of the guideline itself: the therapies, the criteria of one, a formula."""

from __future__ import annotations

from kg.explanation.drawing import Branch
from kg.explanation.parts import ALL_OF, ANY_OF, NONE_OF
from kg.explanation.wording import class_label, words
from kg.guideline import Guideline, Therapy
from kg.guideline.formula import And, Formula, Not, Or, Ref
from kg.guideline.taxonomy import every_therapy
from kg.reference.cards import row_of
from kg.reference.pictures import CRITERIA, MENTIONED, ROLE_COLOURS, ROLE_SIGNS, sort_of
from kg.texts import capitalised

ROLES = tuple((f"{ROLE_SIGNS[role]} {role}", colour) for role, colour in ROLE_COLOURS.items())
SORTS = (("has criteria", "blue"), ("a group", ""), ("dashed: merely mentioned", "gray"))


def formula_tree(guideline: Guideline, formula: Formula) -> tuple[Branch, ...]:
    """Return a formula clause by clause, shared definitions opened."""
    match formula:
        case And(parts):
            return (Branch(f"{ALL_OF}:", "", "", _each(guideline, parts)),)
        case Or(parts):
            return (Branch(f"{ANY_OF}:", "", "", _each(guideline, parts)),)
        case Not(part):
            return (Branch(f"{NONE_OF}:", "", "", formula_tree(guideline, part)),)
        case Ref(name):
            inner: tuple[Branch, ...] = ()
            if name in guideline.definitions:
                inner = formula_tree(guideline, guideline.formulas[name])
            return (Branch(class_label(guideline, name) or name, "blue", name, inner),)
        case _:
            return (Branch(words(guideline, formula), "blue"),)


def _each(guideline: Guideline, parts: tuple[Formula, ...]) -> tuple[Branch, ...]:
    return tuple(branch for part in parts for branch in formula_tree(guideline, part))


def criteria_tree(guideline: Guideline, therapy: Therapy) -> Branch:
    """Return a therapy with the criteria in its row by their roles, each clause by clause."""
    row = row_of(therapy)
    roles = []
    for role in dict.fromkeys(role for _, role in row):
        colour = ROLE_COLOURS[role]
        criteria = tuple(
            Branch(
                guideline.criteria[name].label,
                colour,
                name,
                formula_tree(guideline, guideline.formulas[name]),
            )
            for name, each in row
            if each == role
        )
        roles.append(Branch(f"{ROLE_SIGNS[role]} {capitalised(role)}", colour, "", criteria))
    return Branch(therapy.label, "", "", tuple(roles))


def taxonomy_tree(guideline: Guideline, parent: str | None = None) -> tuple[Branch, ...]:
    """Return the therapies, each below its first parent, as the page draws them."""
    therapies = every_therapy(guideline)
    colours = {CRITERIA: "blue", MENTIONED: "gray"}
    return tuple(
        Branch(
            therapy.label,
            colours.get(sort_of(guideline, name), ""),
            "; ".join(f"also {therapies[other].label}" for other in therapy.parents[1:]),
            taxonomy_tree(guideline, name),
            dashed=sort_of(guideline, name) == MENTIONED,
        )
        for name, therapy in therapies.items()
        if (therapy.parents[:1] or (None,))[0] == parent
    )
