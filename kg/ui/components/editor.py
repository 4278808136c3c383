"""An editor of SPARQL, by CodeMirror in the browser, that completes the terms of the ontology."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from kg.paths import ui_assets
from kg.ui.query.completion import Completion

_HTML = """
<div class="editor"></div>
<div class="bar">
  <button type="button">▶ Run</button>
  <span id="hint">Ctrl+Enter (⌘+Enter) runs, Ctrl+Space completes, Esc closes what is open,
  Tab leaves the editor.</span>
</div>
"""
_CSS = """
.editor { --editor-height: 22rem; }
@media (max-width: 640px) { .editor { --editor-height: 11rem; } }
.bar { display: flex; gap: .75rem; align-items: center; margin-top: .5rem; }
.bar span { color: var(--st-gray-text-color, inherit); font: .8rem var(--st-font, sans-serif); }
button { font: 600 1rem var(--st-font, sans-serif); padding: .35rem 1rem; cursor: pointer;
  white-space: nowrap; border: 0; border-radius: var(--st-button-radius, .5rem);
  color: var(--st-background-color); background: var(--st-primary-color); }
button:hover { filter: brightness(1.1); }
button:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
"""


@dataclass(frozen=True)
class Fault:
    """A place in the text of an editor to mark; `number` tells one run from another."""

    line: int
    column: int | None
    message: str
    number: int


def _asset(name: str) -> str:
    return (ui_assets() / name).read_text("utf-8")


# Two components: the library is large, and what stays the same is sent to a browser once.
_library = st.components.v2.component("hcc_kg_codemirror", js=_asset("codemirror.min.js"))
_editor = st.components.v2.component(
    "hcc_kg_editor", html=_HTML, css=_CSS, js=_asset("sparql_editor.js")
)


def in_order(said: Mapping[str, Any], names: Sequence[str], revision: str) -> list[tuple[str, str]]:
    """Return the texts under those names that were said under a revision, the first one first."""
    found = [(said[name]["time"], name, said[name]) for name in names if said.get(name)]
    return [(n, one["text"]) for _, n, one in sorted(found) if one["revision"] == revision]


def editor(
    text: str,
    revision: str,
    key: str,
    *,
    label: str,
    terms: Sequence[Completion],
    prefixes: Mapping[str, str],
    fault: Fault | None,
    on_edit: Callable[[str], None],
    on_run: Callable[[str], None],
) -> None:
    """Show a query to edit, with its Run button.

    Another `revision` puts `text` into the editor; under the same one the browser's text stands.
    `on_edit` is told the text when the typing pauses, `on_run` when it is to be asked, both
    before the run that this starts. What was typed under an earlier revision is not told. Where
    both come at once, they are told in the order in which they were said.
    """
    data = {
        "text": text,
        "revision": revision,
        "label": label,
        "terms": [*terms],
        "prefixes": dict(prefixes),
        "fault": vars(fault) if fault else None,
    }

    def tell(*names: str) -> None:
        for name, said in in_order(st.session_state[key], names, revision):
            tells[name](said)

    tells = {"edited": on_edit, "run": on_run}
    with st.container(gap=None):
        _library(key=f"{key}:library")
        _editor(
            key=key,
            data=data,
            on_edited_change=partial(tell, "edited"),
            on_run_change=partial(tell, *tells),
        )
