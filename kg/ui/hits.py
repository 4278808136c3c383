"""Hits of a search: a row for each, and what there is to say of one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import local_name
from kg.reference.cards import card_of
from kg.reference.search import Hit, highlights
from kg.ui import term_views
from kg.ui.address import link
from kg.ui.tables import ask
from kg.ui.words import literal, short

_LONGEST = 160  # characters of a text beside a hit


def codes(guideline: Guideline) -> dict[str, str]:
    """Return the codes of other vocabularies by the term that they are of, or whose value."""
    names = {local_name(t.iri): name for name, t in every_therapy(guideline).items()}
    found: dict[str, str] = {}
    for term, vocabulary, code in ask("mappings").select("term", "vocabulary", "code").iter_rows():
        variable = term.partition("-")[0]
        name = variable if variable in guideline.variables else names.get(term, term)
        found[name] = f"{found.get(name, '')} {vocabulary} {code}"
    return found


def row(
    guideline: Guideline,
    asked: str,
    hit: Hit,
    *,
    is_shown: bool,
    on_click: Callable[[Hit], None],
) -> None:
    """Show a hit with the words that were sought, to be opened."""
    with st.container(gap=None):
        st.button(
            _marked(guideline, asked, hit.label),
            key=f"hit:{hit.sort}:{hit.id}",
            type="tertiary",
            icon=":material/arrow_right:" if is_shown else None,
            on_click=on_click,
            args=(hit,),
        )
        text = _marked(guideline, asked, short(hit.text, _LONGEST))
        st.markdown(f":small[{text} :gray[{literal(hit.sort)} {literal(hit.id)}]]")


def _marked(guideline: Guideline, asked: str, text: str) -> str:
    return "".join(
        f"**{literal(piece)}**" if is_sought else _spaced(piece)
        for piece, is_sought in highlights(guideline, asked, text)
    )


def _spaced(piece: str) -> str:
    """Return a piece of a text as it is, with the blanks at its ends."""
    before, after = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
    return f"{before and ' '}{literal(piece)}{after and ' '}" if piece.strip() else " "


def card(guideline: Guideline, hit: Hit) -> None:
    """Show what there is to say of a hit, with the way to its page."""
    st.subheader(literal(hit.label), anchor=False)
    about(guideline, hit)
    st.caption(literal(hit.id))
    link("term", "IRI, formula, codes, download", {"id": hit.id}, icon=":material/data_object:")


def about(guideline: Guideline, hit: Hit) -> None:
    """Show what there is to say of a term, by its sort."""
    if hit.sort in ("criterion", "recommendation"):
        term_views.criterion(guideline, hit.id, in_full=True)
        link("guideline", "Open in Guideline", {"criterion": hit.id}, icon=":material/menu_book:")
    elif hit.sort == "statement":
        statement = guideline.statements[hit.id]
        term_views.said(statement)
        term_views.therapy_links(guideline, statement.therapies)
    elif hit.sort == "therapy":
        therapy = every_therapy(guideline)[hit.id]
        st.markdown(literal(therapy.definition))
        if therapy.alt_labels:
            st.markdown(f"Also called: {literal(', '.join(therapy.alt_labels))}")
        place = {"therapy": hit.id}
        link("therapies", "Open in Therapies", place, icon=":material/account_tree:")
    else:
        _variable(guideline, hit)


def _variable(guideline: Guideline, hit: Hit) -> None:
    """Show a variable: what it means, its values, and who uses it."""
    variable, known = guideline.variables[hit.id], card_of(guideline, hit.id)
    st.markdown(literal(variable.definition))
    if variable.unit_symbol:
        st.markdown(f"**Unit** {literal(variable.unit_symbol)}")
    if variable.values:
        st.markdown(f"**Values** {literal('; '.join(v.label for v in variable.values))}")
    users = [str(name) for name in known.get("used_in", ()) or ()]
    if users:
        st.markdown("**Used by**")
        term_views.class_links(guideline, users)
