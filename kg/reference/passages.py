"""Passages of the guideline's own text, which is the user's: the ontology knows its SHA-256.

1. The ontology describes the text: its length in characters, and its SHA-256.
2. A file is accepted if its bytes have this SHA-256, with or without white space at its end.
3. A statement's passage is then cut out by its offsets, with some of the text around it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kg.errors import InputError, OntologyError
from kg.guideline import Guideline, Statement
from kg.ontology import DEFINITION, HCC, LABEL


@dataclass(frozen=True)
class SourceText:
    """The text that statements are taken from, as the ontology describes it."""

    label: str
    definition: str
    sha256: str
    length: int


@dataclass(frozen=True)
class Passage:
    """A passage with the text before and after it."""

    before: str
    text: str
    after: str


def source_text(guideline: Guideline) -> SourceText:
    """Return the description of the text that the statements are taken from.

    Raises:
        OntologyError: the ontology does not describe one.
    """
    ontology = guideline.ontology
    for node in ontology.of_type(HCC + "SourceText"):
        sha256, length = (
            ontology.text(node, HCC + "sha256"),
            ontology.number(node, HCC + "characterCount"),
        )
        if sha256 and length:
            label, definition = ontology.text(node, LABEL), ontology.text(node, DEFINITION)
            return SourceText(label or "", definition or "", sha256, length)
    raise OntologyError("no hcc:SourceText has hcc:sha256 and hcc:characterCount; add them")


def read_text(source: SourceText, data: bytes) -> str:
    """Return the text of a file that is the source text.

    Raises:
        InputError: it is another file; the text says what was expected and what came.
    """
    for candidate in (data, data.rstrip()):
        if hashlib.sha256(candidate).hexdigest() == source.sha256:
            return candidate.decode("utf-8")
    try:
        came = f"{len(data.decode('utf-8')):,} characters"
    except UnicodeDecodeError:
        came = f"{len(data):,} bytes that are not UTF-8 text"
    raise InputError(
        "this is not the text in which the statements have their places. "
        f"Expected: {source.length:,} characters of UTF-8 text with the SHA-256 {source.sha256}. "
        f"The file has {came} and the SHA-256 {hashlib.sha256(data).hexdigest()}."
    )


def passage(text: str, statement: Statement, around: int = 200) -> Passage:
    """Return the passage of a statement with about so many characters around it.

    Words are not cut: the text around starts and ends at a space.
    """
    first, last = max(0, statement.start - around), min(len(text), statement.end + around)
    if first:
        first = text.find(" ", first, statement.start) + 1 or statement.start
    if last < len(text):
        last = max(text.rfind(" ", statement.end, last), statement.end)
    return Passage(
        text[first : statement.start],
        text[statement.start : statement.end],
        text[statement.end : last],
    )
