"""What stands around every page: navigation, style, messages for errors, the note on use."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from kg.errors import HccKgError
from kg.guideline import load
from kg.paths import pages_folder, ui_assets
from kg.texts import NOTE_ON_USE
from kg.ui import address, links, serving
from kg.ui.words import literal, short


@dataclass(frozen=True)
class Page:
    """A page: the name of its file, which is its path too, its title and its icon."""

    name: str
    title: str
    icon: str


def explore(*pages: Page) -> None:
    """Show the page that the link names, the first one by default.

    A record may stand in the address of the first page: then the second one shows it.
    """
    st.set_page_config(page_icon=str(ui_assets() / "icon.svg"), layout="wide")
    st.html(f"<style>{(ui_assets() / 'explorer.css').read_text('utf-8')}</style>")
    serving.note_session()
    first, second, *_ = pages
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
    if not shown.url_path and st.query_params:
        st.switch_page(files[second.name], query_params=st.query_params.to_dict())
    address.arrive(shown.url_path or first.name)
    try:
        shown.run()
    except HccKgError as error:
        st.error(literal(str(error)))
    address.leave()
    st.caption(NOTE_ON_USE)


def head(title: str, purpose: str, *, name: str = "", tab: str = "") -> None:
    """Open a page: its tab, its name, which is its title unless given, and what it is for.

    `tab` is what of the page is shown, for the title of the browser's tab.
    """
    st.set_page_config(page_title=" · ".join(filter(None, (short(tab, 60), title, "hcc-kg"))))
    edition = load().source
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(name or title, anchor=False, width="stretch")
        told = f"Guideline of {edition.year}, {edition.country}"
        st.markdown(
            f":violet-badge[{literal(told)}]", help=literal(edition.citation), width="content"
        )
    st.caption(purpose)
