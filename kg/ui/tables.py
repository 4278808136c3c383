"""A table on a page, with what belongs to every one: its row count, its query, a download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
import streamlit as st

from kg.terminal import counted
from kg.ui.links import link


@dataclass(frozen=True)
class Asked:
    """The saved question behind a table, with the values of its parameters."""

    question: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def place(self) -> dict[str, str]:
        """Return the parameters of the address of the query page that ask it."""
        return {"question": self.question} | {f"p.{k}": v for k, v in self.parameters.items()}


def table(frame: pl.DataFrame, name: str, asked: Asked | None = None, height: int = 300) -> None:
    """Show a table; `name` is that of the file to download, and the key of its parts."""
    st.dataframe(frame, key=f"table:{name}", hide_index=True, height=height)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted(len(frame), "row"), width="content")
        st.download_button(
            "CSV",
            frame.write_csv,
            f"{name}.csv",
            "text/csv",
            key=f"download:{name}",
            icon=":material/download:",
            type="tertiary",
            help=f"Download these rows as {name}.csv",
        )
        if asked is not None:
            link("query", "Query", asked.place(), icon=":material/manage_search:")
