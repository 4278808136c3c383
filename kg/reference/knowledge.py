"""What the guideline says of a therapy besides its criteria: statements by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.guideline import Guideline, Statement
from kg.reference.pictures import lineage


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
