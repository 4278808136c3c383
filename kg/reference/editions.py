"""The editions of the guideline: what each is and holds, as data and side by side."""

from __future__ import annotations

from collections.abc import Iterable

from kg.guideline import Guideline

_ROWS = {
    "issued by": "body",
    "covers": "part",
    "stages": "stages",
    "criteria": "criteria",
    "therapies with verdicts": "therapies",
    "recommendations": "recommendations",
    "statements": "statements",
}


def facts(guideline: Guideline) -> dict[str, object]:
    """Return what an edition is and how much it holds."""
    edition = guideline.source
    return {
        "id": edition.id,
        "title": edition.title,
        "date": edition.year,
        "body": edition.body,
        "part": edition.part,
        "language": edition.language,
        "sha256": edition.sha256,
        "stages": len(guideline.stages),
        "criteria": len(guideline.criteria),
        "therapies": len(guideline.therapies),
        "recommendations": len(guideline.recommendations),
        "statements": len(guideline.statements),
    }


def side_by_side(guidelines: Iterable[Guideline]) -> str:
    """Return a table in Markdown with a column for each edition."""
    columns = [facts(guideline) for guideline in guidelines]
    rows = [
        ("", *(column["id"] for column in columns)),
        ("---" for _ in range(len(columns) + 1)),
        *((name, *(column[key] for column in columns)) for name, key in _ROWS.items()),
    ]
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)
