"""The views of the page Guideline: statements, criteria, and how much of the text is covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from kg.charts import parted
from kg.guideline import Guideline, Statement
from kg.guideline.taxonomy import every_therapy
from kg.reference.cards import card_of
from kg.reference.inventory import (
    chapters,
    covered,
    encoded,
    headings,
    neighbours,
    read_as,
    sections,
    source_text,
    titled,
)
from kg.texts import counted
from kg.ui import pictures, term_views
from kg.ui.reading_view import cited, reading, text_of_user
from kg.ui.restoring import State, choice, words
from kg.ui.tables import TableQuery, ask, table
from kg.ui.words import literal

_BOX: Mapping[str, Any] = {"placeholder": "All", "width": 170}
DECIDABLE = {"true": "decidable", "false": "knowledge"}
_COLOURS = {
    "read as criteria or recommendations": "#0072B2",
    "knowledge about therapies": "#E69F00",
}


def _asked(state: State, *names: str) -> dict[str, str]:
    parameters = {"decidable": "is_decidable", "role": "kind"}
    return {parameters.get(name, name): state[name] for name in names if name in state}


def _picked(
    guideline: Guideline, state: State, part: str, columns: Sequence[str], asked: dict[str, str]
) -> tuple[str | None, DeltaGenerator]:
    """Show a table to pick a term from; return the one that is picked, and the place beside."""
    question = {"statement": "statements", "criterion": "criteria"}[part]
    frame = ask(question, **asked)
    names = frame[part].to_list()
    name = state.get(part) or (names[0] if names else None)

    def pick(row: int) -> None:
        state[part] = names[row]

    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        if not names:
            st.info(f"No {part} fits. Remove a filter, or search for fewer words.")
        else:
            now = names.index(name) if name in names else None
            view = frame.with_columns(pl.col("kind").replace(dict(guideline.kinds)))
            query = TableQuery(question, asked)
            table(view.select(columns), question, query, 430, picked=now, on_pick=pick)
    return name, right


def statements(guideline: Guideline, state: State) -> None:
    """Show the statements that are chosen as a table, and one of them in full."""
    with st.container(horizontal=True, gap="small"):
        words(state, placeholder="Search", width=170)
        titles = headings(guideline)
        named = {name: titled(titles, name) for name in sections(guideline)}
        choice(state, "section", "Section", named, **_BOX)
        choice(state, "kind", "Kind", guideline.kinds, **_BOX)
        about = {name for each in guideline.statements.values() for name in each.therapies}
        therapies = {n: t.label for n, t in every_therapy(guideline).items() if n in about}
        choice(state, "therapy", "Therapy", therapies, **_BOX)
        choice(state, "decidable", "Decidable or knowledge", DECIDABLE, **_BOX)
    asked = _asked(state, "text", "section", "kind", "therapy", "decidable")
    columns = ("paraphrase", "kind", "section", "statement")
    name, right = _picked(guideline, state, "statement", columns, asked)
    with right:
        if name is not None:
            _statement(guideline, guideline.statements[name], state)


def _statement(guideline: Guideline, statement: Statement, state: State) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Statement {statement.id}", anchor=False, width="stretch")
        for icon, words, name in zip(
            ("arrow_back", "arrow_forward"),
            ("The statement before", "The statement after"),
            neighbours(guideline, statement.id),
            strict=True,
        ):
            st.button(
                f":material/{icon}:",
                key=f"guideline:{icon}",
                help=words,
                disabled=name is None,
                on_click=state.update,
                kwargs={"statement": name},
            )
    sort = ":green-badge[decidable]" if statement.decidable else ":gray-badge[knowledge]"
    section = literal(titled(headings(guideline), statement.section))
    st.markdown(
        f"Section {section}, characters {statement.start}–{statement.end} "
        f":blue-badge[{literal(guideline.kinds[statement.kind])}] {sort}"
    )
    st.markdown(literal(statement.paraphrase) + term_views.grade_badge(statement))
    text_of_user(guideline, statement)
    with st.expander("Cite this"):
        st.code(cited(guideline, statement), language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**About**", width="content")
        term_views.therapy_links(guideline, statement.therapies)
    found = read_as(guideline, statement.id)
    if not found:
        st.caption("Knowledge about a therapy; it is not read as a criterion.")
    for each in found:
        label = f"**{literal(each.label)}** :small[{literal(each.id)}]"
        with st.expander(label, expanded=len(found) == 1):
            term_views.criterion(guideline, each.id, in_full=True)


def criteria(guideline: Guideline, state: State) -> None:
    """Show the criteria as a table, and one of them in full."""
    every = encoded(guideline)
    with st.container(horizontal=True, gap="small"):
        words(state, placeholder="Search", width=170)
        kinds = {each.kind for each in guideline.criteria.values()}
        roles = {name: label for name, label in guideline.kinds.items() if name in kinds}
        choice(state, "role", "Kind", roles, **_BOX)
        labels = {name: f"{name} {each.label}" for name, each in every.items()}
        title = "Go to a criterion, definition, recommendation or response"
        choice(state, "criterion", title, labels, placeholder="All", width=400)
    asked = _asked(state, "text", "role")
    name, right = _picked(guideline, state, "criterion", ("label", "kind", "criterion"), asked)
    with right:
        if name is not None:
            st.subheader(literal(every[name].label), anchor=False)
            kind = card_of(guideline, name)["kind"]
            st.markdown(f":blue-badge[{literal(str(kind))}] :small[{literal(name)}]")
            term_views.criterion(guideline, name, in_full=True)


def coverage(guideline: Guideline, state: State) -> None:
    """Show how much of the text the statements cover, and how much of that is decidable."""
    every = guideline.statements.values()
    source, total = source_text(guideline), covered(every)
    decidable = [each for each in every if each.decidable]
    st.markdown(
        f"**{counted(len(every), 'statement')}** cover {total:,} of the {source.length:,} "
        f"characters of the text (**{total / source.length:.0%}**); the rest is headings, numbers "
        "and spaces. "
        f"**{len(decidable)}** are decidable: read as criteria, recommendations or responses "
        f"({covered(decidable) / total:.0%} of the characters covered). "
        f"**{len(every) - len(decidable)}** are knowledge about therapies."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Characters by chapter", anchor=False)
        titles = headings(guideline)
        _chart(guideline, titles)
    with right:
        st.subheader("By section", anchor=False)
        frame = ask("coverage-of-sections")
        named = {name: titled(titles, name) for name in frame["section"]}
        told = frame.with_columns(pl.col("section").replace(named))
        table(told, "coverage", TableQuery("coverage-of-sections"), 220)
        st.subheader("By kind", anchor=False)
        table(ask("statement-counts").drop("kind"), "kinds", TableQuery("statement-counts"), 220)


def _chart(guideline: Guideline, titles: Mapping[str, str]) -> None:
    rows = pl.DataFrame(chapters(guideline))
    rows = rows.with_columns(chapter=pl.Series(titled(titles, name) for name in rows["chapter"]))
    decidable = pl.col("decidable_characters")
    numbers = (decidable, pl.col("characters") - decidable)
    chart = parted(
        pl.concat(
            rows.select("chapter", sort=pl.lit(sort), characters=number, order=place)
            for place, (sort, number) in enumerate(zip(_COLOURS, numbers, strict=True))
        ),
        ("chapter", "sort", "characters"),
        _COLOURS,
        legend=alt.Legend(orient="top", title=None, labelLimit=300, columns=1),
        title="characters of the text",
        axis=alt.Axis(labelOverlap=False, labelLimit=200),
    ).properties(height=30 * len(rows))
    st.altair_chart(
        pictures.readable(chart),
        alt=f"Bars of the characters that statements cover in each of {len(rows)} chapters; "
        f"most are in {rows.sort('characters')['chapter'][-1]}. The table By section holds the "
        "numbers.",
    )
    about = counted(len(guideline.statements), "statement")
    pictures.saves(chart, "coverage", "Characters of the text that statements cover", about)


VIEWS = {
    "statements": ("Statements", statements),
    "reading": ("Read", reading),
    "criteria": ("Criteria", criteria),
    "coverage": ("Coverage", coverage),
}
