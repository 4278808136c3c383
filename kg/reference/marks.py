"""Marks of Markdown: texts that show as they are, and links to the terms of the reference."""

from __future__ import annotations

import re

PAGE = "ontology.md"


def escaped(text: object) -> str:
    """Return a text so that Markdown shows it as it is, in a table too."""
    return re.sub(r"([|*<\[\]])", r"\\\1", str(text))


def linked(name: object, page: str = "") -> str:
    """Return an identifier as a link to its place on the page of the reference."""
    return f"[{name}]({page}#{str(name).lower()})"
