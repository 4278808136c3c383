"""Where the guideline stands in print: its editions, their statements, and what became of what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A statement of the guideline; `start` and `end` count characters of the source text."""

    id: str
    section: str
    start: int
    end: int
    kind: str
    decidable: bool
    therapies: tuple[str, ...]
    paraphrase: str
    grade: str | None = None

    def __repr__(self) -> str:
        return f"<Statement {self.id} ({self.section}): {self.kind}>"

    @property
    def told(self) -> dict[str, str | int]:
        """What tells a reader of it: its place in the text, and what it says."""
        names = ("id", "section", "start", "end", "paraphrase")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Edition:
    """The guideline as a body published it in a year; `part` says which part of it is encoded.

    `sha256` is that of the text that was read, `revises` names the editions that it succeeds.
    """

    id: str
    name: str  # the local name of its IRI
    title: str
    part: str
    body: str
    year: str
    country: str
    language: str
    reference: str
    address: str  # where it is found, if anywhere
    sha256: str
    revises: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Edition {self.id}: {self.title}>"

    @property
    def citation(self) -> str:
        """How to cite the guideline itself, in one line."""
        parts = (f"{self.body} ({self.year})", self.title, self.reference, self.address)
        return ". ".join(part for part in parts if part)


@dataclass(frozen=True)
class Correspondence:
    """Which therapy or criterion of an earlier edition became which of a later one, and how.

    `relation` is same, stricter, looser, broader, narrower, changed, new or dropped.
    """

    earlier: str | None
    later: str | None
    relation: str
    change: str
    of_therapies: bool
