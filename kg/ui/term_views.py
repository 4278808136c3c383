"""Terms of the guideline on a page: criteria with formula and places, statements with links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
import streamlit as st

from kg.explanation.drawing import Frame
from kg.explanation.wording import GRADE, MET_WHEN, number_words
from kg.guideline import Guideline, Statement
from kg.guideline.taxonomy import every_therapy, notes_on
from kg.ontology import HCC
from kg.reference.cards import card_of
from kg.reference.citation import FORMATS, description, iri_of
from kg.reference.inventory import encoded
from kg.reference.search import Hit
from kg.reference.trees import ROLE_COLOURS, ROLE_SIGNS, formula_tree
from kg.texts import capitalised
from kg.ui import pictures
from kg.ui.address import link
from kg.ui.components import show_tree
from kg.ui.tables import TableQuery, ask, table
from kg.ui.taking import download
from kg.ui.words import literal


def role_badge(role: str) -> str:
    """Return the role of a criterion as a badge: sign, word and colour."""
    return f":{ROLE_COLOURS[role]}-badge[{ROLE_SIGNS[role]} {literal(role)}]"


def place_link(statement: Statement) -> None:
    """Show where a statement stands as a link that opens it."""
    place = f"{statement.section} [{statement.start}–{statement.end}]"
    link(
        "guideline",
        literal(place),
        {"statement": statement.id},
        icon=":material/menu_book:",
        help=f"Open statement {statement.id} on the page Guideline",
    )


def grade_badge(statement: Statement) -> str:
    """Return the evidence level and strength of a statement as a badge, where it has them."""
    return f" :gray-badge[{literal(statement.grade)}]" if statement.grade else ""


def said(statement: Statement, mark: str = "") -> None:
    """Show what a statement says, with its place."""
    with st.container(gap=None):
        st.markdown(f"{literal(statement.paraphrase)}{grade_badge(statement)}{mark}")
        place_link(statement)


def reading(note: str | None) -> None:
    """Show the reading of a term, where it has one."""
    if note:
        st.markdown(f":violet-badge[reading] {literal(note)}")


def therapy_links(guideline: Guideline, names: Iterable[str]) -> None:
    """Show therapies as links to their page."""
    therapies = every_therapy(guideline)
    with st.container(horizontal=True, gap="small"):
        for name in names:
            link("therapies", literal(therapies[name].label), {"therapy": name})


def class_links(guideline: Guideline, names: Iterable[str]) -> None:
    """Show classes of patients as links to the page Guideline, by their labels."""
    known = encoded(guideline)
    with st.container(horizontal=True, gap="small"):
        for name in names:
            label = f"{literal(known[name].label)} :small[{literal(name)}]"
            link("guideline", label, {"criterion": name})


def criterion(guideline: Guideline, name: str, *, in_full: bool = False) -> None:
    """Show what a criterion, recommendation or response is: formula, reading, statements.

    In full it also shows the formula in Manchester syntax, and who uses it.
    """
    card: dict[str, Any] = dict(card_of(guideline, name))
    st.markdown(literal(card["definition"]))
    told = {MET_WHEN: "met_when", GRADE: "grade", "Only for": "scope"}
    if in_full:
        told |= {f"Advice ({card.get('strength')})": "advice", "Outcome": "outcome"}
    for label, part in told.items():
        if part in card:
            st.markdown(f"**{literal(label)}** {literal(card[part])}")
    reading(card.get("reading"))
    if in_full:
        st.caption("In the Manchester syntax of OWL")
        st.code(card["manchester"], language=None, wrap_lines=True)
        _uses(guideline, card)
    for item in card.get("statements", ()):
        said(guideline.statements[item["id"]])
    if not in_full:
        link("guideline", "Formula in OWL, and where it is used", {"criterion": name})


def variable(guideline: Guideline, name: str, users: Iterable[str]) -> None:
    """Show a variable: what it means, its values or the bands of its numbers, and who uses it."""
    found = guideline.variables[name]
    st.markdown(f"**{literal(found.label)}** {literal(found.definition)}")
    if found.unit_symbol:
        st.markdown(f"**Unit** {literal(found.unit_symbol)}")
    if found.is_number:
        bands = "; ".join(number_words(found, [band]) for band in found.bands)
        st.markdown(f"**Bands between thresholds** {literal(bands)}")
    else:
        st.markdown(f"**Values** {literal('; '.join(v.label for v in found.values))}")
    if users:
        st.markdown("**Used by**")
        class_links(guideline, users)


def about(guideline: Guideline, hit: Hit) -> None:
    """Show what there is to say of a term, by its sort."""
    if hit.sort in ("criterion", "recommendation"):
        criterion(guideline, hit.id, in_full=True)
        link("guideline", "Open in Guideline", {"criterion": hit.id}, icon=":material/menu_book:")
    elif hit.sort == "statement":
        statement = guideline.statements[hit.id]
        said(statement)
        therapy_links(guideline, statement.therapies)
    elif hit.sort == "therapy":
        therapy = every_therapy(guideline)[hit.id]
        st.markdown(literal(therapy.definition))
        if therapy.alt_labels:
            st.markdown(f"Also called: {literal(', '.join(therapy.alt_labels))}")
        place = {"therapy": hit.id}
        link("therapies", "Open in Therapies", place, icon=":material/account_tree:")
    else:
        users = card_of(guideline, hit.id).get("used_in") or ()
        variable(guideline, hit.id, [str(name) for name in users])


def identity(guideline: Guideline, name: str) -> None:
    """Show the IRI of a term, its other names, its codes, and what the ontology states of it."""
    iri = iri_of(guideline, name)
    st.markdown("**IRI**")
    st.code(iri, language=None, wrap_lines=True)
    if names := card_of(guideline, name).get("also_called"):
        st.markdown(f"**Also called** {literal('; '.join(map(str, names)))}")
    term = pl.col("term")
    if name in guideline.variables:  # a value of it is named after it
        term = term.str.split("-").list.first()
    frame = ask("mappings").filter(term == iri.removeprefix(HCC))
    if not frame.is_empty():
        st.markdown("**Codes of other vocabularies**")
        table(frame, f"codes-of-{name}", TableQuery("mappings"), 200)
    with st.container(horizontal=True):
        for label, (ending, format_) in FORMATS.items():
            told = "What the ontology states about this term"
            text = description(guideline, iri, format_)
            download(f"{name}.{ending}", text, label, type="secondary", help=told)


def formula(guideline: Guideline, name: str) -> None:
    """Show the formula of a class as a tree, to be saved too."""
    card = card_of(guideline, name)
    if name not in guideline.formulas:
        return
    if name not in encoded(guideline):  # elsewhere it stands with the words
        st.code(str(card.get("manchester", "")), language=None, wrap_lines=True)
    st.markdown("**Formula, clause by clause**")
    branches = formula_tree(guideline, guideline.formulas[name])
    label = str(card.get("label", name))
    show_tree(branches, f"Formula of {label}", f"term:{name}:formula")
    frame = Frame(f"{capitalised(label)} ({name})", [str(card.get("definition", ""))])
    pictures.tree_saves(branches, f"formula-{name}", frame)


def _uses(guideline: Guideline, card: Mapping[str, Any]) -> None:
    items = card.get("therapies", ())
    for role in dict.fromkeys(item["role"] for item in items):
        st.markdown(f"{role_badge(role)} for")
        therapy_links(guideline, [item["id"] for item in items if item["role"] == role])
    if "concerns" in card:
        st.markdown("**Concerns**")
        therapy_links(guideline, card["concerns"])
    if "used_in" in card:
        st.markdown("**Used by**")
        class_links(guideline, card["used_in"])


def notes(guideline: Guideline) -> None:
    """Show what must be said wherever the verdicts of an edition stand."""
    for note, names in notes_on(guideline, guideline.therapies).items():
        told = literal(f"{guideline.source.year}, {', '.join(names)}: {note}")
        st.caption(told)
