"""What is shown, to take along: as files, and as text to run elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from mimetypes import guess_type
from typing import Any

import streamlit as st

_LANGUAGES = {
    "Python": "python",
    "pandas": "python",
    "curl": "bash",
    "SPARQL": "sparql",
    "Link": None,
}
NOTEBOOK = "Notebook"
_TITLES = {"pandas": "Python (SPARQLWrapper and pandas)"}
_SERVED = ("pandas", "curl")


def download(
    file: str,
    data: str | bytes | Callable[[], str | bytes],
    label: str = "",
    *,
    key: str = "",
    **more: Any,
) -> None:
    """Offer a file; its ending says of what kind it is, and names it where there is no label."""
    how = {"icon": ":material/download:", "type": "tertiary", "on_click": "ignore", **more}
    words, kind = label or file.rpartition(".")[2].upper(), guess_type(file)[0]
    st.download_button(words, data, file, kind, key=key or f"download:{file}", **how)


def copies(snippets: Mapping[str, str], name: str = "") -> None:
    """Offer texts to copy, by what runs them; a notebook is a file of this name."""
    with st.popover("Copy as", icon=":material/content_copy:", type="tertiary"):
        if not set(_SERVED).isdisjoint(snippets):
            st.caption("SPARQLWrapper and curl ask the server that `hcc-kg serve` starts.")
        for kind, text in snippets.items():
            if kind == NOTEBOOK:
                download(f"{name}.ipynb", text, "Notebook (Jupyter)", type="secondary")
                continue
            st.markdown(f"**{_TITLES.get(kind, kind)}**")
            st.code(text, _LANGUAGES[kind], height=min(300, 28 * (text.count("\n") + 1) + 24))
