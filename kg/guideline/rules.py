"""Rules of a record: what is derived from other values, and which do not go together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """How points of components give a total, and totals a value: both are variables.

    Each band of the variable `total` is one total.
    """

    target: str
    total: str
    points: tuple[tuple[str, int, int], ...]  # (variable, mask of bands, points)
    totals: tuple[tuple[int, int, int], ...]  # (mask of values, lowest, highest total)
    bands: tuple[tuple[int, int], ...]  # (mask of a band of `total`, that total)

    @property
    def components(self) -> tuple[str, ...]:
        """The variables that score, in order."""
        return tuple(dict.fromkeys(variable for variable, _, _ in self.points))

    @property
    def everything(self) -> int:
        """All totals, as a set of bits: bit t stands for a total of t."""
        return sum(1 << total for _, total in self.bands)


@dataclass(frozen=True)
class Sum:
    """`target` is the sum of as many parts as `count` says, the largest of which is `largest`."""

    target: str
    count: str
    largest: str


@dataclass(frozen=True)
class Narrowing:
    """When `source` can only lie in `when` (a mask), `target` is narrowed to `then`."""

    source: str
    when: int
    target: str
    then: int


@dataclass(frozen=True)
class Derivation:
    """A rule by which values of a record narrow others, with the message of its conflict."""

    id: str
    label: str
    message: str
    note: str | None
    position: int
    targets: tuple[str, ...]
    score: Score | None
    sum: Sum | None
    narrowings: tuple[Narrowing, ...]

    @property
    def from_lesions(self) -> bool:
        """Whether the rule reads the list of lesions."""
        return self.score is None and self.sum is None and not self.narrowings

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables of the rule, sorted."""
        sources = [n.source for n in self.narrowings]
        sources += self.score.components if self.score else ()
        sources += (self.sum.count, self.sum.largest) if self.sum else ()
        return tuple(sorted({*self.targets, *sources}))


@dataclass(frozen=True)
class ConflictRule:
    """Values that do not go together: pinned variables whose bands lie in these masks."""

    id: str
    label: str
    message: str
    position: int
    parts: tuple[tuple[str, int], ...]  # (variable, mask)
