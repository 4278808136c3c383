"""The guideline to read: its statements in their order, coloured by what they say."""

from __future__ import annotations

from html import escape

import streamlit as st

from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline, Statement
from kg.guideline.taxonomy import every_therapy
from kg.reference.inventory import read_as, sections
from kg.ui.restoring import State, bound, follow

_COLOURS = {  # of the margin, by the kind of a statement; the words say it too
    INDICATION: "var(--st-green-color, #009e73)",
    PRECONDITION: "var(--st-blue-color, #0072b2)",
    ABSOLUTE: "var(--st-red-color, #d55e00)",
    RELATIVE: "var(--st-orange-color, #e69f00)",
}
_OTHER = "var(--st-gray-color, #8a8a8a)"


def reading(guideline: Guideline, state: State) -> None:
    """Show a chapter of the guideline, statement by statement, with what each is read as."""
    chapters = list(dict.fromkeys(name.partition("(")[0] for name in sections(guideline)))
    key = bound(state, "chapter", "guideline:chapter", chapters[0])
    st.selectbox(
        "Chapter",
        chapters,
        key=key,
        on_change=follow,
        args=(state, "chapter", key),
        width=170,
    )
    chapter = state.get("chapter", chapters[0])
    shown = sorted(guideline.statements.values(), key=lambda each: each.start)
    parts, section = [], None
    for each in shown:
        if each.section.partition("(")[0] == chapter:
            if each.section != section:
                section = each.section
                parts.append(f"<h3>Section {escape(section)}</h3>")
            parts.append(_statement(guideline, each))
    st.html(f'<div class="reading">{"".join(parts)}</div>')


def _statement(guideline: Guideline, statement: Statement) -> str:
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
    return (
        f'<div style="border-left: 4px solid {colour}"><p>{escape(statement.paraphrase)}</p>'
        f"<small>{escape(guideline.kinds[statement.kind])} · {escape(about)} · "
        f"{escape(statement.id)} [{statement.start}–{statement.end}]</small>"
        + (f"<ul>{read}</ul>" if read else "")
        + "</div>"
    )


def _link(name: str, label: str) -> str:
    return (
        f'<a href="guideline?criterion={escape(name)}" target="_blank">{escape(label)}</a> '
        f"<small>{escape(name)}</small>"
    )
