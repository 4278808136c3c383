"""A table on a page, with what belongs to every one: its row count, its query, a download."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape

import polars as pl
import streamlit as st
from xlsxwriter import Workbook

from kg.catalogue.queries import question
from kg.reference.snippets import of_query
from kg.texts import counted
from kg.ui import session
from kg.ui.address import link
from kg.ui.copying import copies
from kg.ui.query.session import bare

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
    `saved` is what is downloaded, where it has identifiers for what is shown in words.
    Where there is something to do `on_pick`, a row can be picked; `picked` is the one that is.
    """
    saved = frame if saved is None else saved
    height = min(height, _ROW * (len(frame) + 1) + 3)  # a short table leaves no empty lines
    if on_pick is None:
        st.dataframe(
            frame,
            key=f"table:{name}",
            hide_index=True,
            height=height,
            column_config=_heads(frame),
        )
    else:
        _choosable(frame, f"table:{name}", height, picked, on_pick)
    if len(frame) <= _PRINTED:
        st.html(_on_paper(frame))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted(len(frame), "row"), width="content")
        st.download_button(
            "CSV",
            saved.write_csv,
            f"{name}.csv",
            "text/csv",
            key=f"download:{name}",
            icon=":material/download:",
            type="tertiary",
            help=f"Download these rows as {name}.csv",
        )
        st.download_button(
            "Excel",
            partial(workbook, saved),
            f"{name}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key=f"download:{name}:xlsx",
            icon=":material/download:",
            type="tertiary",
            help=f"Download these rows as {name}.xlsx",
        )
        if asked is not None:
            link("query", "Query", asked.place(), icon=":material/manage_search:")
        if asked is not None or python:
            queries = asked.snippets() if asked else {}
            copies(queries | ({"Python": python} if python else {}))


def workbook(frame: pl.DataFrame) -> bytes:
    """Return rows as a workbook of Excel, texts that begin like formulas as texts."""
    held = io.BytesIO()
    with Workbook(held, _PLAIN) as book:
        frame.write_excel(book, "rows", autofit=True)
    return held.getvalue()


def _on_paper(frame: pl.DataFrame) -> str:
    """Return a table for paper alone, where the one on screen would show what is in its window."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    cells = [["" if v is None else escape(str(v)) for v in row] for row in frame.iter_rows()]
    rows = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in cells)
    return (
        f'<div class="print-only" aria-hidden="true"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _heads(frame: pl.DataFrame) -> dict[str, str]:
    """Return the columns in words; the downloads have their names."""
    return {name: name.strip("_").replace("_", " ") for name in frame.columns if "_" in name}


def _choosable(
    frame: pl.DataFrame, key: str, height: int, picked: int | None, on_pick: Callable[[int], None]
) -> None:
    rows = [] if picked is None else [picked]
    st.session_state[key] = {"selection": {"rows": rows}}

    def selected() -> None:
        for row in st.session_state[key]["selection"]["rows"]:
            on_pick(row)

    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=height,
        column_config=_heads(frame),
        on_select=selected,
        selection_mode="single-row",
    )
