"""What stands around every page: navigation, style, messages for errors, the note on use."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from kg.errors import HccKgError
from kg.guideline import Edition, load
from kg.paths import edition_names, ontology_folder, pages_folder, ui_asset, ui_assets
from kg.texts import NOTE_ON_USE
from kg.ui import address, serving, session
from kg.ui.restoring import given
from kg.ui.words import literal, short

_SWITCH, _SWITCHED = "shell:edition", "shell:switched"
Pages = Mapping[str, tuple[str, str]]


def explore(pages: Pages, unlisted: Pages) -> None:
    """Show the page that the link names, the first one by default; some are reached by links alone.

    A record may stand in the address of the first page: then the second one shows it.
    """
    st.set_page_config(page_icon=str(ui_assets() / "icon.svg"), layout="wide")
    st.html(f"<style>{ui_asset('explorer.css')}</style>")
    serving.note_session()
    serving.wait()
    first, second, *_ = pages
    files = {
        name: st.Page(
            pages_folder() / f"{name}.py",
            title=title,
            icon=icon,
            url_path=name,
            default=name == first,
            visibility="hidden" if name in unlisted else "visible",
        )
        for name, (title, icon) in {**pages, **unlisted}.items()
    }
    address.register(files)
    shown = st.navigation(list(files.values()), position="top")
    if not shown.url_path and st.query_params:
        st.switch_page(files[second], query_params=st.query_params.to_dict())
    address.arrive(shown.url_path or first)
    _read_edition()
    try:
        shown.run()
    except HccKgError as error:
        st.error(literal(str(error)))
    else:
        address.leave()
    st.caption(NOTE_ON_USE)


def _read_edition() -> None:
    """Read the edition that was switched to, or that the address names.

    It is read here, not when the switch is heard: what else is heard with it needs its widgets.
    """
    if switched := st.session_state.pop(_SWITCHED, ""):
        session.turn_to(switched)
    named = address.edition()
    if named is not None and named != st.session_state.get(address.EDITION, ""):
        known = edition_names(ontology_folder())
        if named in ("", *known):
            session.turn_to(named)
        else:
            told = f"There is no edition {short(named)!r}; there are {', '.join(known)}."
            st.warning(literal(told))
    address.edition_taken()


def head(title: str, purpose: str = "", *, name: str = "", tab: str = "") -> None:
    """Open a page: its tab, its name, which is its title unless given, and what it is for.

    `tab` is what of the page is shown, for the title of the browser's tab.
    """
    st.set_page_config(page_title=" · ".join(filter(None, (short(tab, 60), title, "hcc-kg"))))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(name or title, anchor=False, width="stretch")
        _editions()
    if purpose:
        st.caption(purpose)


def known_editions() -> dict[str, Edition]:
    """Return the editions by their ids, the oldest first."""
    return {name: load(edition=name).source for name in edition_names(ontology_folder())}


def _editions() -> None:
    """Show which edition of the guideline is read, and offer the others."""
    known = known_editions()
    now = session.guideline()
    st.segmented_control(
        "Edition of the guideline",
        list(known),
        key=_SWITCH,
        required=True,
        format_func=lambda name: f"{known[name].year} · {known[name].country}",
        on_change=lambda: st.session_state.update({_SWITCHED: st.session_state[_SWITCH]}),
        help=literal(now.source.citation),
        label_visibility="collapsed",
        width="content",
        **given(_SWITCH, "default", now.edition),
    )
