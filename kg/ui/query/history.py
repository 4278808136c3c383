"""Queries that a tab remembers: kept by the browser until the tab is closed, over reloads."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict

import streamlit as st

from kg.ui.components import tab
from kg.ui.query.session import Past, past_of

_MOST = 2_000_000  # characters that are read back from a tab


def history(past: Sequence[Past], key: str, *, fresh: bool, on_stored: Callable[..., None]) -> None:
    """Keep queries in the tab of the browser; in a `fresh` session be told those it has."""

    def told() -> None:
        text = st.session_state[key].get("stored")
        on_stored(_read(text) if isinstance(text, str) and len(text) <= _MOST else [])

    session = st.session_state.setdefault(f"{key}:session", secrets.token_hex(4))
    data = {"past": [asdict(each) for each in past], "fresh": fresh, "session": session}
    tab(key=key, data=data, on_stored_change=told)


def _read(text: str) -> list[Past]:
    """Return what was kept; what is none of ours is left out."""
    try:
        kept = json.loads(text)
    except ValueError:
        return []
    found = [past_of(each) for each in kept] if isinstance(kept, list) else []
    return [each for each in found if each is not None]
