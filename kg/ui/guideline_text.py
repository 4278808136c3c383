"""The guideline's own text, which a user may bring: it stays in the session of that user."""

from __future__ import annotations

import streamlit as st

from kg.errors import InputError
from kg.guideline import Guideline, Statement
from kg.reference.inventory import passage, read_text, source_text
from kg.texts import capitalised
from kg.ui.words import literal

_TEXT, _FAULT, _FILE = "guideline:source", "guideline:fault", "guideline:file"
_LARGEST = 1  # MB


def text_of_user(guideline: Guideline, statement: Statement) -> None:
    """Show the passage of a statement where the text is there, else ask for the text."""
    text = st.session_state.get(_TEXT)
    if text is None:
        with st.expander("Read the passage itself", icon=":material/upload_file:"):
            _ask(guideline)
        return
    found = passage(text, statement)
    with st.container(border=True):
        st.markdown(
            f"{'… ' if found.before else ''}{literal(found.before)} "
            f":orange-background[{literal(found.text)}] "
            f"{literal(found.after)}{' …' if found.after else ''}"
        )
        st.button("Remove the text", on_click=_forget, type="tertiary", key="guideline:forget")


def text_beside(guideline: Guideline) -> str | None:
    """Return the text if the user brought it, to show its passages; else ask for it."""
    text: str | None = st.session_state.get(_TEXT)
    if text is None:
        with st.expander("Read the passages beside", icon=":material/upload_file:"):
            _ask(guideline)
    else:
        st.button("Remove the text", on_click=_forget, type="tertiary", key="guideline:forget")
    return text


def _forget() -> None:
    st.session_state.pop(_TEXT, None)


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
