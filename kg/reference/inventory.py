"""The inventory of statements: order, what is read from them, of whom, how much they cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.guideline import Criterion, Guideline, Recommendation, Response, Statement
from kg.guideline.taxonomy import lineage
from kg.keys import ID
from kg.ontology import HCC, RDFS, SKOS
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
    names = list(guideline.statements)
    at = names.index(statement)
    return (
        names[at - 1] if at else None,
        names[at + 1] if at + 1 < len(names) else None,
    )


def chapters(guideline: Guideline) -> list[Coverage]:
    """Return the coverage of each chapter, which is a section without its numbers in brackets."""
    inside: dict[str, list[Statement]] = {}
    for section in sections(guideline):
        inside.setdefault(section.partition("(")[0], []).extend(
            s for s in guideline.statements.values() if s.section == section
        )
    return [
        Coverage(
            chapter,
            len(every),
            sum(s.decidable for s in every),
            covered(every),
            covered(s for s in every if s.decidable),
        )
        for chapter, every in inside.items()
    ]


def covered(statements: Iterable[Statement]) -> int:
    """Return how many characters passages cover; where they overlap, a character counts once."""
    total, reached = 0, 0
    for statement in sorted(statements, key=lambda s: s.start):
        total += max(0, statement.end - max(statement.start, reached))
        reached = max(reached, statement.end)
    return total


@dataclass(frozen=True)
class Said:
    """A statement about a therapy; `inherited` names the wider therapy that it is about."""

    statement: Statement
    inherited: str | None


def said_of(guideline: Guideline, therapy: str) -> Mapping[str, list[Said]]:
    """Return the statements about a therapy and what it is a kind of, by kind.

    Kinds come in their order, statements about the therapy itself before inherited ones.
    """
    found: dict[str, list[Said]] = {kind: [] for kind in guideline.kinds}
    seen = set()
    for about in lineage(guideline, therapy):
        for statement in guideline.statements.values():
            if about in statement.therapies and statement.id not in seen:
                seen.add(statement.id)
                found[statement.kind].append(Said(statement, None if about == therapy else about))
    return {kind: each for kind, each in found.items() if each}
