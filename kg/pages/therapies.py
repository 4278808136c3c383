"""The page Therapies: the taxonomy to click, and everything about the therapy that is chosen."""

from collections.abc import Collection

import streamlit as st

from kg.explanation.drawing import Frame
from kg.guideline.taxonomy import every_therapy
from kg.reference.trees import CRITERIA, GROUP, SORTS, sort_of, taxonomy, taxonomy_tree
from kg.texts import counted
from kg.ui import pictures, session, term_views
from kg.ui.components import graph
from kg.ui.restoring import choice, restored, view
from kg.ui.shell import head
from kg.ui.therapy_views import PARTS, VIEWS
from kg.ui.words import literal

g = session.guideline()
therapies = every_therapy(g)
nodes, edges = taxonomy(g)
start = {"therapy": next(iter(g.therapies)), "view": next(iter(VIEWS))}
allowed: dict[str, Collection[str] | None] = {
    "therapy": therapies,
    "view": VIEWS,
    "kind": g.kinds,
    "part": PARTS,
    "node": {*g.criteria, *g.variables},
}
state = restored(allowed, start)
head(
    "Therapies",
    "What the guideline says of each therapy: when, when not, how, and what follows.",
    tab=therapies[state["therapy"]].label,
)


def choose(name: str) -> None:
    """Choose a therapy."""
    state["therapy"] = name
    state.pop("node", None)


with st.container(key="beside-taxonomy"):
    left, right = st.columns([1, 2], gap="medium")
therapy = therapies[state["therapy"]]
with left:
    choice(state, "therapy", "Therapy", {node.id: therapies[node.id].label for node in nodes})
    graph(
        nodes,
        edges,
        "therapies:taxonomy",
        label="The taxonomy of therapies as a tree. The list Therapy offers the same choice.",
        layout="tree",
        selected=therapy.id,
        on_click=choose,
    )
    st.caption("Boxes have criteria; dashed boxes are merely mentioned; words in bold are groups.")
    frame = Frame("Therapies of the guideline", [counted(len(nodes), "therapy")], SORTS)
    pictures.tree_saves(taxonomy_tree(g), "therapies", frame)
with right:
    st.subheader(literal(therapy.label), anchor=False)
    sort = sort_of(g, therapy.id)
    told = {CRITERIA: ":green-badge[has criteria]", GROUP: ":gray-badge[a group of therapies]"}.get(
        sort, ":gray-badge[merely mentioned]"
    )
    also = (
        f"  \nAlso called: {literal(', '.join(therapy.alt_labels))}" if therapy.alt_labels else ""
    )
    st.markdown(f"{told} {literal(therapy.definition)}{also}")
    if therapy.parents:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("A kind of", width="content")
            term_views.therapy_links(g, therapy.parents)
    for note in therapy.notes:
        st.warning(literal(note))
    term_views.reading(therapy.note)
    chosen = view(state, {name: title for name, (title, _) in VIEWS.items()})
    VIEWS[chosen][1](g, therapy, state)
for name, its in (("kind", "statements"), ("part", "editions")):
    if state["view"] != its:
        state.pop(name, None)
