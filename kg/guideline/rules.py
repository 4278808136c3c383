"""What a guideline states beside classes: editions and statements of the text, rules of records.

A score is read as sets of totals: bit t stands for a total of t.

1. What is known of the value, of the total and of the components is each read as such a set. What
   says nothing allows all totals.
2. What all of them allow is possible. Where that is nothing, they clash, and what each source
   that says something allows stays possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from kg.guideline.values import Knowledge, Variable


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

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables of the rule, sorted."""
        return tuple(sorted(name for name, _ in self.parts))

    def finds(self, known: Mapping[str, Knowledge]) -> bool:
        """Return whether the values do not go together, each of which has to be pinned."""
        return all(known[n].pinned and known[n].mask & ~mask == 0 for n, mask in self.parts)


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


def agreed(
    score: Score, variables: Mapping[str, Variable], given: Mapping[str, Knowledge]
) -> tuple[dict[str, Knowledge], bool]:
    """Return what the sources leave of value and total, and whether they clash."""
    masks = tuple(given[name].mask for name in score.components)
    sources = (
        value_totals(score, given[score.target].mask),
        total_totals(score, given[score.total].mask),
        component_totals(score, masks),
    )
    common = sources[0] & sources[1] & sources[2]
    left = common
    if not common:
        for totals in sources:
            left |= totals if totals != score.everything else 0
    value, total = variables[score.target], variables[score.total]
    values = sum(mask for mask, _, _ in score.totals if value_totals(score, mask) & left)
    bands = sum(band for band, total in score.bands if left >> total & 1)
    found = {value.name: value.from_mask(values), total.name: total.from_mask(bands)}
    return found, not common


def value_totals(score: Score, mask: int) -> int:
    """Return the totals that give one of the values in a mask."""
    runs = [(low, high) for value, low, high in score.totals if value & mask]
    return sum(1 << total for low, high in runs for total in range(low, high + 1))


def total_totals(score: Score, mask: int) -> int:
    """Return the totals that the bands of the total in a mask are."""
    return sum(1 << total for band, total in score.bands if mask & band)


@lru_cache(maxsize=4096)
def component_totals(score: Score, masks: tuple[int, ...]) -> int:
    """Return the totals that the points of the components allow; masks are of the components."""
    points = [
        {points for name, band, points in score.points if name == component and band & mask}
        for component, mask in zip(score.components, masks, strict=True)
    ]
    return sum(1 << total for total in {sum(choice) for choice in product(*points)})
