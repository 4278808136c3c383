"""What stands around every page: navigation, style, messages for errors, the note on use."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from kg.errors import HccKgError
from kg.paths import pages_folder, ui_assets
from kg.texts import NOTE_ON_USE
from kg.ui import address, links, serving
from kg.ui.words import literal


@dataclass(frozen=True)
class Page:
    """A page: the name of its file, which is its path too, its title and its icon."""

    name: str
    title: str
    icon: str


def explore(*pages: Page) -> None:
    """Show the page that the link names, the first one by default."""
    st.set_page_config(page_title="hcc-kg", page_icon=str(ui_assets() / "icon.svg"), layout="wide")
    st.html(f"<style>{(ui_assets() / 'explorer.css').read_text('utf-8')}</style>")
    serving.note_session()
    first, *_ = pages
    files = {
        page.name: st.Page(
            pages_folder() / f"{page.name}.py",
            title=page.title,
            icon=page.icon,
            url_path=page.name,
            default=page is first,
        )
        for page in pages
    }
    links.register(files)
    shown = st.navigation(list(files.values()), position="top")
    address.arrive(shown.url_path or first.name)
    try:
        shown.run()
    except HccKgError as error:
        st.error(literal(str(error)))
    address.leave()
    st.caption(NOTE_ON_USE)


def head(title: str, purpose: str) -> None:
    """Open a page with its title and, in one sentence, what it is for."""
    st.header(title, anchor=False)
    st.caption(purpose)
