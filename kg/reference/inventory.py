"""The inventory of statements: order, what is read from them, how much they cover; passages.

The text itself is the user's: the ontology knows its length and its SHA-256. A file is accepted
if its bytes have that, with or without white space at its end; passages are cut by their offsets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.errors import InputError, OntologyError
from kg.guideline import Criterion, Guideline, Recommendation, Response, Statement
from kg.guideline.taxonomy import lineage
from kg.keys import ID
from kg.ontology import DEFINITION, HCC, LABEL, RDFS, SKOS
from kg.texts import counted

Encoded = Criterion | Recommendation | Response


@dataclass(frozen=True)
class Coverage:
    """How much of a chapter its statements cover: their number and their characters."""

    chapter: str
    statements: int
    decidable: int
    characters: int
    decidable_characters: int


def counts(guideline: Guideline) -> str:
    """Return how many terms of each sort there are, as an item of a list in Markdown."""
    g = guideline
    parts = {
        "variable": [name for name in g.variables if name != ID],
        **({"stage": g.stages} if g.stages else {}),
        "criterion": g.criteria,
        "therapy": g.therapies,
        "recommendation": g.recommendations,
        "response class": g.responses,
        "statement": g.statements,
    }
    *others, last = (counted(len(terms), noun) for noun, terms in parts.items())
    return f"- {', '.join(others)} and {last}.\n"


def sections(guideline: Guideline) -> list[str]:
    """Return the sections in the order of the text."""
    ordered = sorted(guideline.statements.values(), key=lambda s: s.start)
    return list(dict.fromkeys(statement.section for statement in ordered))


def encoded(guideline: Guideline) -> dict[str, Encoded]:
    """Return every class of patients that statements are read as, by its identifier."""
    return {
        **guideline.definitions,
        **guideline.stages,
        **guideline.criteria,
        **guideline.recommendations,
        **guideline.responses,
    }


def headings(guideline: Guideline) -> Mapping[str, str]:
    """Return the headings of the sections that have one, by their numbers."""
    ontology = guideline.ontology
    return {
        ontology.text(node, SKOS + "notation") or "": ontology.text(node, RDFS + "label") or ""
        for node in ontology.of_type(HCC + "GuidelineSection")
    }


def parts(headings: Mapping[str, str], section: str) -> tuple[str, ...]:
    """Return the sections with a heading that a section is in, the widest first."""
    starts = (section[:end] for end in range(1, len(section) + 1))
    return tuple(start for start in starts if start in headings)


def titled(headings: Mapping[str, str], section: str) -> str:
    """Return a section by its number and its own heading, or that of the narrowest part."""
    return " ".join([section, *(headings[part] for part in parts(headings, section)[-1:])])


def read_as(guideline: Guideline, statement: str) -> list[Encoded]:
    """Return the classes of patients that a statement is read as."""
    return [each for each in encoded(guideline).values() if statement in each.statements]


def neighbours(guideline: Guideline, statement: str) -> tuple[str | None, str | None]:
    """Return the statements before and after a statement, in the order of the text."""
    around = [None, *guideline.statements, None]
    at = around.index(statement)
    return around[at - 1], around[at + 1]


def chapters(guideline: Guideline) -> list[Coverage]:
    """Return the coverage of each chapter, which is a section without its numbers in brackets."""
    inside: dict[str, list[Statement]] = {}
    for statement in sorted(guideline.statements.values(), key=lambda s: s.start):
        inside.setdefault(statement.section.partition("(")[0], []).append(statement)
    found = []
    for chapter, every in inside.items():
        decided = [s for s in every if s.decidable]
        sizes = (len(every), len(decided), covered(every), covered(decided))
        found.append(Coverage(chapter, *sizes))
    return found


def covered(statements: Iterable[Statement]) -> int:
    """Return how many characters passages cover; where they overlap, a character counts once."""
    total, reached = 0, 0
    for statement in sorted(statements, key=lambda s: s.start):
        total += max(0, statement.end - max(statement.start, reached))
        reached = max(reached, statement.end)
    return total


def said_of(guideline: Guideline, therapy: str) -> Mapping[str, dict[str, str]]:
    """Return the statements about a therapy, each with the therapy that it is about, by kind.

    That is the therapy itself, or one that it is a kind of. Kinds come in their order, statements
    about the therapy itself before inherited ones.
    """
    found: dict[str, dict[str, str]] = {kind: {} for kind in guideline.kinds}
    for about in lineage(guideline, therapy):
        for statement in guideline.statements.values():
            if about in statement.therapies:
                found[statement.kind].setdefault(statement.id, about)
    return {kind: each for kind, each in found.items() if each}


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
        length = ontology.number(node, HCC + "characterCount")
        told = (ontology.text(node, name) or "" for name in (LABEL, DEFINITION, HCC + "sha256"))
        label, definition, sha256 = told
        if sha256 and length:
            return SourceText(label, definition, sha256, length)
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
