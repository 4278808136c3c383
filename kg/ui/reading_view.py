"""The guideline to read: its statements in order, coloured; its own text, where a user brings it.

That text stays in the session of that user.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from kg.errors import InputError
from kg.explanation.wording import GRADE
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline, Statement
from kg.guideline.taxonomy import every_therapy
from kg.reference.inventory import (
    headings,
    parts,
    passage,
    read_as,
    read_text,
    sections,
    source_text,
    titled,
)
from kg.texts import capitalised
from kg.ui.restoring import State, choice
from kg.ui.words import literal

_COLOURS = {  # of the margin, by the kind of a statement; the words say it too
    INDICATION: "var(--st-green-color, #009e73)",
    PRECONDITION: "var(--st-blue-color, #0072b2)",
    ABSOLUTE: "var(--st-red-color, #d55e00)",
    RELATIVE: "var(--st-orange-color, #e69f00)",
}
_TEXT, _FAULT, _FILE = "guideline:source", "guideline:fault", "guideline:file"
_LARGEST = 1  # MB
_OTHER = "var(--st-gray-color, #8a8a8a)"


def reading(guideline: Guideline, state: State) -> None:
    """Show a chapter of the guideline, statement by statement, with what each is read as."""
    titles = headings(guideline)
    chapters = list(dict.fromkeys(_chapter(name) for name in sections(guideline)))
    named = {name: titled(titles, name) for name in chapters}
    opened = guideline.statements.get(state.get("statement", ""))  # in the view of statements
    first = _chapter(opened.section) if opened else chapters[0]
    choice(state, "chapter", "Chapter", named, default=first, width=400)
    text = _text_of_user(guideline, "Read the passages beside")
    if text:
        _offer_removal()
    chapter = state.get("chapter", first)
    shown = sorted(guideline.statements.values(), key=lambda each: each.start)
    told: list[str] = []
    before: tuple[str, ...] = ()
    for each in shown:
        if _chapter(each.section) == chapter:
            now = parts(titles, each.section)
            told += [_heading(part, titles[part]) for part in now if part not in before]
            told.append(_statement(guideline, each, text))
            before = now
    wide = " with-passages" if text else ""
    st.html(f'<div class="reading{wide}">{"".join(told)}</div>')


def _chapter(section: str) -> str:
    return section.partition("(")[0]


def _heading(section: str, title: str) -> str:
    level = 2 if section.count(".") + section.count("(") == 0 else 3
    return f"<h{level}>{escape(capitalised(title))} <small>{escape(section)}</small></h{level}>"


def _statement(guideline: Guideline, statement: Statement, text: str | None) -> str:
    colour = _COLOURS.get(statement.kind, _OTHER)
    therapies = every_therapy(guideline)
    about = ", ".join(therapies[name].label for name in statement.therapies)
    read = "".join(
        f"<li>{_link(each.id, each.label)}"
        + (f" <em>Reading: {escape(each.note)}</em>" if each.note else "")
        + "</li>"
        for each in read_as(guideline, statement.id)
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


def text_of_user(guideline: Guideline, statement: Statement) -> None:
    """Show the passage of a statement where the text is there, else ask for the text."""
    text = _text_of_user(guideline, "Read the passage itself")
    if text is None:
        return
    found = passage(text, statement)
    with st.container(border=True):
        st.markdown(
            f"{'… ' if found.before else ''}{literal(found.before)} "
            f":orange-background[{literal(found.text)}] "
            f"{literal(found.after)}{' …' if found.after else ''}"
        )
        _offer_removal()


def _text_of_user(guideline: Guideline, told: str) -> str | None:
    """Return the text if the user brought it; else ask for it, by what it is for."""
    text: str | None = st.session_state.get(_TEXT)
    if text is None:
        with st.expander(told, icon=":material/upload_file:"):
            _ask(guideline)
    return text


def _offer_removal() -> None:
    forget = st.session_state.pop
    st.button("Remove the text", "guideline:forget", None, forget, [_TEXT, None], type="tertiary")


def _ask(guideline: Guideline) -> None:
    source = source_text(guideline)
    st.markdown(
        "The text of the guideline is not part of this explorer. If you have its file "
        f"(plain text, {source.length:,} characters), its passages are shown here. "
        "The text stays in your session."
    )

    def read() -> None:
        file = st.session_state[_FILE]
        st.session_state.pop(_FAULT, None)
        if file is not None:
            try:
                st.session_state[_TEXT] = read_text(source, file.getvalue())
            except InputError as error:
                st.session_state[_FAULT] = str(error)

    st.file_uploader(
        f"Text of the guideline, at most {_LARGEST} MB",
        type=["txt"],
        key=_FILE,
        max_upload_size=_LARGEST,
        on_change=read,
    )
    if fault := st.session_state.get(_FAULT):
        st.error(literal(capitalised(fault)))
