"""The guideline to read: its statements in their order, coloured by what they say."""

from __future__ import annotations

from html import escape

import streamlit as st

from kg.explanation.wording import GRADE
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline, Statement
from kg.guideline.taxonomy import every_therapy
from kg.reference.inventory import headings, parts, passage, read_as, sections, titled
from kg.texts import capitalised
from kg.ui.guideline_text import text_beside
from kg.ui.restoring import State, choice

_COLOURS = {  # of the margin, by the kind of a statement; the words say it too
    INDICATION: "var(--st-green-color, #009e73)",
    PRECONDITION: "var(--st-blue-color, #0072b2)",
    ABSOLUTE: "var(--st-red-color, #d55e00)",
    RELATIVE: "var(--st-orange-color, #e69f00)",
}
_OTHER = "var(--st-gray-color, #8a8a8a)"


def reading(guideline: Guideline, state: State) -> None:
    """Show a chapter of the guideline, statement by statement, with what each is read as."""
    titles = headings(guideline)
    chapters = list(dict.fromkeys(name.partition("(")[0] for name in sections(guideline)))
    named = {name: titled(titles, name) for name in chapters}
    choice(state, "chapter", "Chapter", named, default=chapters[0], width=400)
    text = text_beside(guideline)
    chapter = state.get("chapter", chapters[0])
    shown = sorted(guideline.statements.values(), key=lambda each: each.start)
    told: list[str] = []
    before: tuple[str, ...] = ()
    for each in shown:
        if each.section.partition("(")[0] == chapter:
            now = parts(titles, each.section)
            told += [_heading(part, titles[part]) for part in now if part not in before]
            told.append(_statement(guideline, each, text))
            before = now
    wide = " with-passages" if text else ""
    st.html(f'<div class="reading{wide}">{"".join(told)}</div>')


def _heading(section: str, title: str) -> str:
    level = 2 if section.count(".") + section.count("(") == 0 else 3
    return f"<h{level}>{escape(capitalised(title))} <small>{escape(section)}</small></h{level}>"


def _statement(guideline: Guideline, statement: Statement, text: str | None) -> str:
    colour = _COLOURS.get(statement.kind, _OTHER)
    therapies = every_therapy(guideline)
    about = ", ".join(therapies[name].label for name in statement.therapies)
    found = read_as(guideline, statement.id)
    read = "".join(
        f"<li>{_link(each.id, each.label)}"
        + (f" <em>Reading: {escape(each.note)}</em>" if each.note else "")
        + "</li>"
        for each in found
    )
    itself = escape(passage(text, statement).text) if text else ""
    return (
        f'<div style="border-left: 4px solid {colour}"><div><p>{escape(statement.paraphrase)}</p>'
        f"<small>{escape(guideline.kinds[statement.kind])} · {escape(about)} · "
        f"{escape(statement.id)} [{statement.start}–{statement.end}]"
        + (f" · {GRADE}: {escape(statement.grade)}" if statement.grade else "")
        + "</small>"
        + (f"<ul>{read}</ul>" if read else "")
        + f"<details><summary>Cite this</summary>{escape(cited(guideline, statement))}</details>"
        + "</div>"
        + (f"<blockquote>{itself}</blockquote>" if itself else "")
        + "</div>"
    )


def cited(guideline: Guideline, statement: Statement) -> str:
    """Return how to cite a statement."""
    place = f"Section {statement.section}, statement {statement.id} of hcc-kg."
    return f"{guideline.source.citation} {place}"


def _link(name: str, label: str) -> str:
    return (
        f'<a href="guideline?criterion={escape(name)}" target="_blank">{escape(label)}</a> '
        f"<small>{escape(name)}</small>"
    )
