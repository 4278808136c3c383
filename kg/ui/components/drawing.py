"""A tree on a page: its picture in the colours of the theme, and its words for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from kg.explanation.drawing import Branch, outlined, tree

_CSS = """
.drawing { overflow-x: auto; }
.drawing svg { width: 100%; max-width: 60rem; min-width: 34rem; height: auto; display: block;
  font-family: var(--st-font); }
.drawing ul { position: absolute; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); }
"""
_JS = """export default ({ data, parentElement }) => {
  const place = parentElement.querySelector(".drawing");
  if (place.dataset.shown !== data) { place.innerHTML = data; place.dataset.shown = data; }
}"""
_drawing = st.components.v2.component(
    "hcc_kg_drawing", html='<div class="drawing" tabindex="0"></div>', css=_CSS, js=_JS
)


def show_tree(branches: Sequence[Branch], label: str, key: str) -> None:
    """Show a tree on the page."""
    words = "".join(f"<li>{escape(line)}</li>" for line in outlined(branches))
    _drawing(key=key, data=f"{tree(branches, label)}<ul>{words}</ul>")
