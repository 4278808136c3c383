"""A table on a page, with what belongs to every one: its row count, its query, a download."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl
import streamlit as st
from xlsxwriter import Workbook

from kg import texts
from kg.catalogue.queries import question
from kg.rdf.names import PREFIXES
from kg.reference.snippets import of_query
from kg.stores.formats import shown
from kg.texts import counted
from kg.ui import session
from kg.ui.address import link
from kg.ui.query.session import bare
from kg.ui.query.source import shared_store
from kg.ui.taking import copies, download

_ROW = 35  # pixels
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
_PRINTED = 500  # rows; the browser draws no more of a table on paper than it shows


@dataclass(frozen=True)
class TableQuery:
    """The saved question behind a table, with the values of its parameters."""

    question: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def place(self) -> dict[str, str]:
        """Return the parameters of the address of the query page that ask it."""
        return {"question": self.question} | {f"p.{k}": v for k, v in self.parameters.items()}

    def snippets(self) -> dict[str, str]:
        """Return the question as text to run elsewhere, by what runs it."""
        text = bare(question(self.question).filled(dict(self.parameters)))
        edition = session.guideline().edition
        return of_query(text, self.question, self.parameters, edition=edition)


def ask(name: str, **parameters: str) -> pl.DataFrame:
    """Return the rows of a saved question about the guideline and the example cohort, as text."""
    found = shared_store(session.guideline().edition).select(question(name).filled(parameters))
    rows = [[shown(term, PREFIXES) for term in row] for row in found.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(found.variables, pl.String), orient="row")


def answers(name: str, file: str, height: int = 300, **parameters: str) -> None:
    """Show the rows of a saved question as a table."""
    table(ask(name, **parameters), file, TableQuery(name, parameters), height)


def table(
    frame: pl.DataFrame,
    name: str,
    asked: TableQuery | None = None,
    height: int = 300,
    *,
    python: str = "",
    saved: pl.DataFrame | None = None,
    picked: int | None = None,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Show a table; `name` is that of the file to download, and the key of its parts.

    `asked` is the saved question that gives its rows, or `python` what does; they can be copied.
    `saved` is what is downloaded, where it has more rows, or identifiers for words that are shown.
    Where there is something to do `on_pick`, a row can be picked; `picked` is the one that is.
    """
    saved, key, how = frame if saved is None else saved, f"table:{name}", dict[str, Any]()
    if on_pick is not None:
        st.session_state[key] = {"selection": {"rows": [] if picked is None else [picked]}}

        def told() -> None:
            for row in st.session_state[key]["selection"]["rows"]:
                on_pick(row)

        how = {"on_select": told, "selection_mode": "single-row"}
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=min(height, _ROW * (len(frame) + 1) + 3),  # a short table leaves no empty lines
        column_config={n: n.strip("_").replace("_", " ") for n in frame.columns if "_" in n},
        **how,
    )
    if len(frame) <= _PRINTED:
        st.html(_on_paper(frame))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted(len(frame), "row"), width="content")
        csv, excel = f"{name}.csv", f"{name}.xlsx"
        download(csv, saved.write_csv, help=f"Download these rows as {csv}")
        download(excel, partial(workbook, saved), "Excel", help=f"Download these rows as {excel}")
        taken = {"Python": python} if python else {}
        if asked is not None:
            link("query", "Query", asked.place(), icon=":material/manage_search:")
            taken = asked.snippets() | taken
        if taken:
            copies(taken)
    if len(saved) > len(frame):
        st.caption(f"The first {len(frame)} are shown; the downloads have all.")


def joined(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with lists as texts, which sheets have room for."""
    lists = pl.selectors.list()
    return frame.with_columns(lists.cast(pl.List(pl.String)).list.join(";"))


def workbook(frame: pl.DataFrame) -> bytes:
    """Return rows as a workbook of Excel, texts that begin like formulas as texts."""
    held = io.BytesIO()
    with Workbook(held, _PLAIN) as book:
        frame.write_excel(book, "rows", autofit=True)
    return held.getvalue()


def _on_paper(frame: pl.DataFrame) -> str:
    """Return a table for paper alone, where the one on screen would show what is in its window."""
    shown = texts.table("", frame.columns, frame.iter_rows())
    return f'<div class="print-only" aria-hidden="true">{shown}</div>'
