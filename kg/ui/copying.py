"""What is shown, to copy and run elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

_LANGUAGES = {
    "Python": "python",
    "pandas": "python",
    "curl": "bash",
    "SPARQL": "sparql",
    "Link": None,
}
_TITLES = {"pandas": "Python (SPARQLWrapper and pandas)"}
_SERVED = ("pandas", "curl")


def copies(snippets: Mapping[str, str], note: str = "") -> None:
    """Offer texts to copy, by what runs them."""
    with st.popover("Copy as", icon=":material/content_copy:", type="tertiary"):
        if note:
            st.caption(note)
        if not set(_SERVED).isdisjoint(snippets):
            st.caption("SPARQLWrapper and curl ask the server that `hcc-kg serve` starts.")
        for kind, text in snippets.items():
            st.markdown(f"**{_TITLES.get(kind, kind)}**")
            st.code(text, _LANGUAGES[kind], height=min(300, 28 * (text.count("\n") + 1) + 24))
