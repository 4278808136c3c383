"""Links between the pages, which carry the state of the page that they open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_PAGES = "links:pages"


def register(pages: Mapping[str, StreamlitPage]) -> None:
    """Make pages known to this session by their names."""
    st.session_state[_PAGES] = dict(pages)


def link(
    page: str,
    label: str,
    parameters: Mapping[str, str | Sequence[str]] | None = None,
    *,
    icon: str | None = None,
    help: str | None = None,
) -> None:
    """Show a link to a page in the state that the parameters of its address give."""
    query = {name: value for name, value in (parameters or {}).items() if value}
    st.page_link(_page(page), label=label, icon=icon, help=help, query_params=query or None)


def go(page: str, parameters: Mapping[str, str | Sequence[str]] | None = None) -> None:
    """Open a page in the state that the parameters of its address give."""
    query = {name: value for name, value in (parameters or {}).items() if value}
    st.switch_page(_page(page), query_params=query or None)


def _page(name: str) -> StreamlitPage:
    found: StreamlitPage = st.session_state[_PAGES][name]
    return found
