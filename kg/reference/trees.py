"""What there is to draw of the guideline: trees of therapies and formulas, nodes and edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.explanation.drawing import Branch
from kg.explanation.whys import ALL_OF, ANY_OF, NONE_OF
from kg.explanation.wording import class_label, words
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline, Therapy
from kg.guideline.formula import And, Formula, Not, Or, Ref
from kg.guideline.taxonomy import every_therapy
from kg.reference.cards import row_of
from kg.texts import capitalised

CRITERIA, GROUP, MENTIONED = "criteria", "group", "mentioned"
ROLE_SIGNS = {INDICATION: "✔", PRECONDITION: "●", ABSOLUTE: "✘", RELATIVE: "▲"}
ROLE_COLOURS = {INDICATION: "green", PRECONDITION: "blue", ABSOLUTE: "red", RELATIVE: "orange"}


@dataclass(frozen=True)
class GraphNode:
    """A node: `kind` says how it is drawn, `full` is its whole text, the rest where it stands."""

    id: str
    label: str
    kind: str = ""
    full: str = ""
    column: int = 0
    row: int = 0


@dataclass(frozen=True)
class GraphEdge:
    """An edge between two nodes; "also" is drawn dashed, "part" with a bend."""

    source: str
    target: str
    kind: str = ""
    label: str = ""


Picture = tuple[list[GraphNode], list[GraphEdge]]


def sort_of(guideline: Guideline, name: str) -> str:
    """Return whether a therapy has criteria, groups others, or is merely mentioned."""
    therapies = every_therapy(guideline)
    if therapies[name].classes:
        return CRITERIA
    return GROUP if any(name in other.parents for other in therapies.values()) else MENTIONED


def taxonomy(guideline: Guideline) -> Picture:
    """Return the therapies as a tree, each below its first parent; other parents by "also"."""
    therapies = every_therapy(guideline)
    nodes = [
        GraphNode(name, therapies[name].label, sort_of(guideline, name), "", depth, row)
        for row, (name, depth) in enumerate(_walk(guideline, None, 0))
    ]
    edges = [
        GraphEdge(parent, node.id, "also" if i else "")
        for node in nodes
        for i, parent in enumerate(therapies[node.id].parents)
    ]
    return nodes, edges


def _walk(guideline: Guideline, parent: str | None, depth: int) -> Iterator[tuple[str, int]]:
    for name, therapy in every_therapy(guideline).items():
        if (therapy.parents[:1] or (None,))[0] == parent:
            yield name, depth
            yield from _walk(guideline, name, depth + 1)


def dependencies(guideline: Guideline, therapy: Therapy) -> Picture:
    """Return a therapy, its criteria and their variables, in three columns from left to right.

    Variables come in the order in which criteria first ask for them, so that few edges cross.
    """
    rows = row_of(therapy)
    nodes = [GraphNode(therapy.id, therapy.label, CRITERIA)]
    edges = [GraphEdge(therapy.id, name, "part") for name, _ in rows]
    variables: dict[str, None] = {}
    for row, (name, role) in enumerate(rows):
        criterion = guideline.criteria[name]
        label, full = f"{ROLE_SIGNS[role]} {criterion.label}", f"{role}: {criterion.label} ({name})"
        nodes.append(GraphNode(name, label, ROLE_COLOURS[role], full, 1, row))
        for variable in guideline.variables_of(criterion.formula):
            variables.setdefault(variable)
            edges.append(GraphEdge(name, variable))
    for row, variable in enumerate(variables):
        nodes.append(GraphNode(variable, guideline.variables[variable].label, "", "", 2, row))
    return nodes, edges


ROLES = tuple((f"{ROLE_SIGNS[role]} {role}", colour) for role, colour in ROLE_COLOURS.items())
SORTS = (("has criteria", "blue"), ("a group", ""), ("dashed: merely mentioned", "gray"))


def formula_tree(guideline: Guideline, formula: Formula) -> tuple[Branch, ...]:
    """Return a formula clause by clause, shared definitions opened."""
    match formula:
        case And(parts) | Or(parts):
            join = ALL_OF if isinstance(formula, And) else ANY_OF
            each = tuple(branch for part in parts for branch in formula_tree(guideline, part))
            return (Branch(f"{join}:", "", "", each),)
        case Not(part):
            return (Branch(f"{NONE_OF}:", "", "", formula_tree(guideline, part)),)
        case Ref(name):
            inner: tuple[Branch, ...] = ()
            if name in guideline.definitions:
                inner = formula_tree(guideline, guideline.formulas[name])
            return (Branch(class_label(guideline, name) or name, "blue", name, inner),)
        case _:
            return (Branch(words(guideline, formula), "blue"),)


def criteria_tree(
    guideline: Guideline, therapy: Therapy, roles: Sequence[str] = tuple(ROLE_SIGNS)
) -> Branch:
    """Return a therapy with the criteria in its row by their roles, each clause by clause."""
    row = [(name, role) for name, role in row_of(therapy) if role in roles]
    by_role = []
    for role in dict.fromkeys(role for _, role in row):
        colour, criteria = ROLE_COLOURS[role], list[Branch]()
        for name in (name for name, each in row if each == role):
            clauses = formula_tree(guideline, guideline.formulas[name])
            criteria.append(Branch(guideline.criteria[name].label, colour, name, clauses))
        label = f"{ROLE_SIGNS[role]} {capitalised(role)}"
        by_role.append(Branch(label, colour, "", tuple(criteria)))
    return Branch(therapy.label, "", "", tuple(by_role))


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
