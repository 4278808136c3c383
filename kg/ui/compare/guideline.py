"""The guideline criterion by criterion: what became of each, with both places in the texts."""

from __future__ import annotations

import polars as pl
import streamlit as st

from kg.comparison.cohorts import differences_frame
from kg.explanation.wording import GRADE, MET_WHEN
from kg.guideline import Guideline
from kg.reference.cards import card_of
from kg.reference.inventory import encoded
from kg.ui import address, term_views
from kg.ui.address import link
from kg.ui.compare.state import box, pair_labels, sides_of
from kg.ui.restoring import State, words
from kg.ui.tables import table
from kg.ui.words import literal, places

_PYTHON = """import kg
from kg.comparison.cohorts import differences_frame

frame = differences_frame(kg.load(edition={!r}), kg.load(edition={!r}))
print(frame)
"""


def show(before: Guideline, after: Guideline, state: State) -> None:
    """Show what became of the criteria as a table, and one of them in full on both sides."""
    frame = differences_frame(before, after)
    relations = dict(frame["relation"].value_counts(sort=True).iter_rows())
    labels = pair_labels(before, after)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        counts = {name: f"{name} ({number})" for name, number in relations.items()}
        box(state, "What became of it", "relation", counts, width=190)
        box(state, "Therapy", "therapy", labels)
        words(state, width=190)
    told = " · ".join(f"**{number}** {name}" for name, number in relations.items())
    st.markdown(f"Of {len(frame)} criteria and pairs of criteria: {told}")
    shown = frame
    if "relation" in state:
        shown = shown.filter(pl.col("relation") == state["relation"])
    if "therapy" in state:
        shown = shown.filter(_of_therapy(before, after, state["therapy"]))
    if sought := state.get("text", "").lower():
        every = pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).str.to_lowercase()
        shown = shown.filter(every.str.contains(sought, literal=True))
    if shown.is_empty():
        st.info("No criterion fits. Remove a filter, or search for fewer words.")
        return
    row = _table(shown, state, (before.edition, after.edition))
    change = f" {literal(row['change'])}" if row["change"] else ""
    st.markdown(f":violet-badge[{row['relation']}]{change}")
    for column, edition, side in zip(
        st.columns(2, gap="medium"), (before, after), ("from", "to"), strict=True
    ):
        with column, st.container(border=True):
            st.caption(f"{edition.source.year}, {edition.source.country}")
            _term(edition, row[side])


def _of_therapy(before: Guideline, after: Guideline, key: str) -> pl.Expr:
    """Return whether a criterion is in the row of either therapy of a pair."""
    sides = zip(("from", "to"), (before, after), sides_of(key), strict=True)
    return pl.any_horizontal(
        pl.col(side).is_in([n for _, names in edition.therapies[name].row for n in names])
        for side, edition, name in sides
        if name in edition.therapies
    )


def _table(frame: pl.DataFrame, state: State, editions: tuple[str, str]) -> dict[str, str | None]:
    """Show the criteria with what became of each; return the one that is picked."""
    names = [f"{one or ''}>{other or ''}" for one, other in frame.select("from", "to").iter_rows()]
    now = names.index(state["term"]) if state.get("term") in names else 0
    before, after = editions
    shown = {"relation": "what became of it", "label_from": before, "label_to": after}
    shown |= {"change": "how", "from": f"criterion of {before}", "to": f"criterion of {after}"}
    shown |= {"places_from": f"place in {before}", "places_to": f"place in {after}"}
    saved = frame.select(*shown).fill_null("")
    table(
        saved.rename(shown),
        "criteria-of-editions",
        python=_PYTHON.format(*editions),
        saved=saved,
        picked=now,
        on_pick=lambda row: state.update(term=names[row]),
    )
    return frame.row(now, named=True)


def _term(edition: Guideline, name: str | None) -> None:
    """Show a criterion in full."""
    if name is None:
        st.markdown("No criterion of this edition corresponds.")
        return
    term = encoded(edition)[name]
    st.markdown(f"**{literal(term.label)}** :small[{literal(name)}]")
    card = card_of(edition, name)
    st.markdown(f"**{MET_WHEN}** {literal(str(card['met_when']))}")
    if "grade" in card:
        st.markdown(f"**{GRADE}** {literal(str(card['grade']))}")
    term_views.reading(term.note)
    for each in (edition.statements[id_] for id_ in term.statements):
        st.markdown(f"{literal(each.paraphrase)} :small[:gray[{places([each])}]]")
    link(
        "guideline",
        f"{literal(name)} on the page Guideline",
        {"criterion": name, address.EDITION: edition.edition},
        icon=":material/menu_book:",
    )
