"""What an audit finds: findings with their shares and example records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.audit.space import Example, Shares, Space
from kg.guideline import Therapy
from kg.reasoning.diagram import FALSE


@dataclass(frozen=True)
class Finding:
    """One finding: a claim, and the part of the space of patients of which it is true.

    `root` is the property of those patients. `shares` are of the space, or of the part that
    `among` names; `left_without` of those for whom, besides, no therapy in question is open.
    `about` names the classes, variables, therapies and statements that the claim is about.
    `patients` counts those of a table on whom it bears, where a table was given, and `counts`
    the changes of their verdicts. `notes` maps words to what else is to be said.
    """

    id: str
    claim: str
    about: Mapping[str, tuple[str, ...]]
    root: int
    shares: Shares
    among: str = ""
    left_without: Shares | None = None
    examples: tuple[Example, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    patients: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Finding {self.id}: {self.claim}>"


class Rows:
    """The row of a therapy as properties of the space."""

    def __init__(self, space: Space, therapy: Therapy) -> None:
        self.space = space
        self.therapy = therapy
        roots = (space.logic.roots[name] if name else FALSE for name in therapy.aspects)
        self.indicated, self.contraindicated, self.cautioned = roots
        self.open = space.both(self.indicated, space.no(self.contraindicated))

    def criteria(self, names: tuple[str, ...]) -> dict[str, int]:
        """Return some criteria of the row as properties."""
        return {name: self.space.logic.roots[name] for name in names}


def rows(space: Space) -> dict[str, Rows]:
    """Return the rows of all therapies, in the order of the guideline."""
    return {name: Rows(space, one) for name, one in space.guideline.therapies.items()}
