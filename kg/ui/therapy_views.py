"""The views of one therapy on the page Therapies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from kg.explanation.drawing import Branch, Frame
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline, Therapy, load
from kg.guideline.taxonomy import every_therapy, lineage, recommendations_on
from kg.paths import edition_names
from kg.reference.cards import row_of
from kg.reference.inventory import said_of
from kg.reference.trees import ROLE_SIGNS, ROLES, criteria_tree, dependencies
from kg.texts import counted
from kg.ui import pictures, term_views
from kg.ui.address import link
from kg.ui.components import graph
from kg.ui.restoring import State, choice
from kg.ui.tables import TableQuery, answers, ask
from kg.ui.words import literal

PARTS = {
    "all": ("All criteria", (INDICATION, PRECONDITION, ABSOLUTE, RELATIVE)),
    "for": ("Indications", (INDICATION, PRECONDITION)),
    "against": ("Contraindications", (ABSOLUTE, RELATIVE)),
}
_PYTHON = """import kg
import polars as pl

asked = {{name: kg.ask("criteria-of-therapy", therapy={therapy!r}, edition=name)
         for name in {editions}}}
frame = pl.concat(
    frame.with_columns(pl.lit(name).alias("edition")) for name, frame in asked.items()
)
print(frame)
"""


def criteria(guideline: Guideline, therapy: Therapy, state: State) -> None:
    """Show the criteria of a therapy by their role."""
    if not therapy.classes:
        _without_criteria(guideline, therapy)
        return
    row = row_of(therapy)
    for role in dict.fromkeys(role for _, role in row):
        names = [name for name, each in row if each == role]
        st.markdown(f"{term_views.role_badge(role)} {len(names)}")
        with st.container(gap="xsmall"):
            for name in names:
                label = literal(guideline.criteria[name].label)
                with st.expander(f"**{label}** :small[{literal(name)}]"):
                    term_views.criterion(guideline, name)
    with st.expander("All as a table"):
        answers("criteria-of-therapy", f"criteria-{therapy.id}", therapy=therapy.id)


def _without_criteria(guideline: Guideline, therapy: Therapy) -> None:
    every = every_therapy(guideline)
    below = [n for n in every if n != therapy.id and therapy.id in lineage(guideline, n)]
    if not below:
        st.info("The guideline mentions this therapy and states no criteria for it.")
        return
    st.info("The therapies of this kind have the criteria. Open one of them:")
    term_views.therapy_links(guideline, below)
    answers("kinds-of-therapy", f"kinds-of-{therapy.id}", therapy=therapy.id)


def statements(guideline: Guideline, therapy: Therapy, state: State) -> None:
    """Show what the guideline says of a therapy, one kind of statement at a time."""
    found = said_of(guideline, therapy.id)
    if not found:
        st.info("The guideline says nothing about this therapy itself. Open one of its kinds.")
        return
    knowledge = [
        kind
        for kind, each in found.items()
        if not any(guideline.statements[name].decidable for name in each)
    ]
    if state.get("kind") not in found:
        state["kind"] = (knowledge or list(found))[0]
    kind = state["kind"]
    kinds = {n: f"{literal(guideline.kinds[n])} {len(each)}" for n, each in found.items()}
    choice(state, "kind", "Kind of statement", kinds, st.pills, required=True, wrap=True)
    therapies = every_therapy(guideline)
    for name, about in found[kind].items():
        of = literal(therapies[about].label)
        badge = f" :gray-badge[said of {of}]" if about != therapy.id else ""
        term_views.said(guideline.statements[name], badge)
    with st.expander("As a table"):
        name = f"{kind}-{therapy.id}"
        answers("statements-of-therapy", name, therapy=therapy.id, kind=kind)


def picture(guideline: Guideline, therapy: Therapy, state: State) -> None:
    """Show a therapy with its criteria and their variables as a graph."""
    if not therapy.classes:
        _without_criteria(guideline, therapy)
        return
    nodes, edges = dependencies(guideline, therapy)
    labels = {node.id: node.full or node.label for node in nodes[1:]}
    node = state.get("node") if state.get("node") in labels else None

    def pick(name: str) -> None:
        state.pop("node", None)
        if name not in (node, therapy.id):
            state["node"] = name

    hint = "Pick one here or in the picture, to see what it is connected with"
    choice(state, "node", "Criterion or variable", labels, placeholder=hint)
    if node is not None:
        with st.container(border=True):
            if node in guideline.criteria:
                term_views.criterion(guideline, node)
            else:
                formulas = {n: guideline.criteria[n].formula for n in therapy.criteria}
                users = [n for n, f in formulas.items() if node in guideline.variables_of(f)]
                term_views.variable(guideline, node, users)
    roles = dict.fromkeys(role for _, role in row_of(therapy))
    st.markdown(" ".join(map(term_views.role_badge, roles)))
    graph(
        nodes,
        edges,
        "therapies:graph",
        label=f"Graph: {therapy.label}, its {len(therapy.criteria)} criteria and the "
        f"{len(labels) - len(therapy.criteria)} variables that they depend on. The list "
        "Criterion or variable offers the same choice.",
        selected=node,
        on_click=pick,
    )
    branches = [criteria_tree(guideline, therapy)]
    told = f"{counted(len(therapy.criteria), 'criterion')}, clause by clause"
    frame = Frame(f"Criteria of {therapy.label}", [told], ROLES)
    pictures.tree_saves(branches, f"criteria-{therapy.id}", frame)


def recommendations(guideline: Guideline, therapy: Therapy, state: State) -> None:
    """Show the recommendations that concern a therapy; where none does, those on its kinds."""
    found = recommendations_on(guideline, therapy.id)
    if not found:
        found = tuple(
            r.id
            for r in guideline.recommendations.values()
            if any(therapy.id in lineage(guideline, name) for name in r.concerns)
        )
        kinds = "These recommendations concern kinds of this therapy."
        st.info(kinds if found else "No recommendation of the guideline concerns this therapy.")
    for name in found:
        each = guideline.recommendations[name]
        with st.expander(f"**{literal(each.label)}** :small[{literal(each.id)}]"):
            st.markdown(f":blue-badge[{literal(each.strength)}] {literal(each.advice)}")
            term_views.criterion(guideline, each.id)
    link("query", "All recommendations as a table", TableQuery("recommendations").place())


def codes(guideline: Guideline, therapy: Therapy, state: State) -> None:
    """Show the codes by which other vocabularies know a therapy."""
    if ask("codes-of-therapies", therapy=therapy.id).is_empty():
        st.info("This therapy is mapped to no code of another vocabulary.")
    else:
        answers("codes-of-therapies", f"codes-{therapy.id}", therapy=therapy.id)


def editions(guideline: Guideline, therapy: Therapy, state: State) -> None:
    """Show the criteria of a therapy in every edition side by side, by what they do."""
    every = {n: load(edition=n) for n in edition_names(guideline.ontology.folder)}
    first, titles = next(iter(PARTS)), {name: title for name, (title, _) in PARTS.items()}
    how: dict[str, Any] = {"required": True, "label_visibility": "collapsed"}
    choice(state, "part", "Which criteria", titles, st.segmented_control, default=first, **how)
    title, roles = PARTS[state.get("part", first)]
    named = [name for name, other in every.items() if therapy.id in every_therapy(other)]
    columns = st.columns(len(every), gap="medium")
    branches = []
    for column, other in zip(columns, every.values(), strict=True):
        source, same = other.source, every_therapy(other).get(therapy.id)
        head = f"{source.year}, {source.country}"
        if same is None or not same.classes:
            found = [Branch("This edition states no criteria for this therapy.", "gray")]
        else:
            found = _criteria_of(other, same, roles)
        branches.append(Branch(head, branches=tuple(found)))
        column.subheader(literal(head), anchor=False)
        for each in found:
            column.markdown(_listed(each))
    legend = [ROLES[place] for place, role in enumerate(ROLE_SIGNS) if role in roles]
    pictures.tree_saves(
        branches,
        f"{therapy.id}-in-every-edition",
        Frame(f"{title} of {therapy.label}", [], legend),
        {"Python": _PYTHON.format(editions=named, therapy=therapy.id)},
        list(every.values()),
    )


def _criteria_of(guideline: Guideline, therapy: Therapy, roles: Sequence[str]) -> list[Branch]:
    """Return the criteria of a therapy that have some roles, without their clauses; its notes."""
    by_role = [
        replace(each, branches=tuple(replace(one, branches=()) for one in each.branches))
        for each in criteria_tree(guideline, therapy, roles).branches
    ]
    return by_role + [Branch(note, "gray") for note in therapy.notes]


def _listed(branch: Branch) -> str:
    """Return criteria of one role as a list; a note as itself."""
    if not branch.branches:
        return literal(branch.text)
    lines = [f"- {literal(each.text)} :small[{literal(each.beside)}]" for each in branch.branches]
    badge = f":{branch.colour}-badge[{literal(branch.text)}]"
    return f"{badge} {len(lines)}\n\n" + "\n".join(lines)


VIEWS = {
    "criteria": ("Criteria", criteria),
    "statements": ("Statements", statements),
    "graph": ("Graph", picture),
    "recommendations": ("Recommendations", recommendations),
    "editions": ("Both editions", editions),
    "codes": ("Codes", codes),
}
