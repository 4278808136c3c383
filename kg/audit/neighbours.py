"""Neighbours: patients one band apart whose answers change against the clinical direction.

1. Of two neighbouring bands of a variable, the ontology says which is the worse one.
2. Against the direction: with the better band a therapy is contraindicated, or not indicated; with
   the worse one it is open; and everything else is the same. Both records are coherent.
3. Not every such step is a fault: a finding may be what a therapy is for, and one for advanced
   disease is not indicated in early disease. So the share of better patients to whom no therapy
   at all is open is told besides; and yes or no counts only where the better answer rules out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from kg.audit.space import Example, Finding, Rows, Space, Values, pinned, rows, severity
from kg.guideline.taxonomy import family
from kg.guideline.values import Variable

RULED_OUT, NOT_INDICATED = "contraindicated", "not indicated"


def neighbours(space: Space) -> Iterator[Finding]:
    """Yield the steps against the direction, by variable and by family of therapies."""
    every, number = rows(space), 0
    for variable in space.guideline.variables.values():
        if variable.name in space.diagrams.level:
            for bands in pairwise(severity(variable) or ()):
                step = _Step(space, every, variable, bands)
                for (_, word), roots in step.against().items():
                    number += 1
                    yield step.finding(f"neighbours-{number}", word, roots)


class _Step:
    """A step from the better to the worse of two bands."""

    def __init__(
        self, space: Space, every: Mapping[str, Rows], variable: Variable, bands: tuple[int, int]
    ) -> None:
        self.space, self.every, self.variable, self.bands = space, every, variable, bands
        # Numbers as near to the threshold between the bands as one decimal place allows.
        self.better, self.worse = (pinned(variable, b, low=b == max(bands)) for b in bands)
        self.closed = space.no(space.either(*(row.open for row in every.values())))

    def against(self) -> dict[tuple[str, str], dict[str, int]]:
        """Return where the better patient misses a therapy that the worse one has.

        By the family of therapies and the answer that the better one gets; then by therapy.
        """
        space, name = self.space, self.variable.name
        better = space.both(space.coherent, space.holds(name, 1 << self.bands[0]))
        found: dict[tuple[str, str], dict[str, int]] = {}
        for row in self.every.values():
            worse = space.given(space.both(space.coherent, row.open), name, self.bands[1])
            answers = {RULED_OUT: row.contraindicated}
            if self.variable.type != "boolean":
                closed = space.either(row.indicated, row.contraindicated)
                answers[NOT_INDICATED] = space.no(closed)
            for word, root in answers.items():
                both = space.both(better, root, worse)
                if space.possible(both):
                    key = family(space.guideline, row.therapy).id, word
                    found.setdefault(key, {})[row.therapy.id] = both
        return found

    def finding(self, identifier: str, word: str, roots: Mapping[str, int]) -> Finding:
        """Return the finding about therapies that the step opens."""
        root = self.space.either(*roots.values())
        left = self.space.both(root, self.closed)
        better, worse = map(self.variable.wording, (self.better, self.worse))
        return Finding(
            id=identifier,
            claim=f"{self.variable.name}: {better} is {word}, {worse} is eligible",
            about={"variables": (self.variable.name,), "therapies": tuple(roots)},
            root=root,
            shares=self.space.shares(root),
            left_without=self.space.shares(left),
            examples=self.pair(identifier, roots, left),
        )

    def pair(self, identifier: str, roots: Mapping[str, int], left: int) -> tuple[Example, ...]:
        """Return two records that differ in one cell: the better one, then the worse one.

        If there are such records, no therapy at all is open to the better one.
        """
        space, name = self.space, self.variable.name
        closed = [self.closed] if space.possible(left) else []
        chosen = next(row for row in roots if space.possible(roots[row], *closed))
        bands = space.bands(space.both(roots[chosen], *closed)) or {}
        better = space.both(space.no(self.every[chosen].open), *closed)

        def good(values: Values) -> bool:
            return name in values and (
                space.settled(better, values)
                and space.settled(self.every[chosen].open, {**values, name: self.worse})
            )

        values = space.least({**space.values(bands), name: self.better}, good)
        return (
            space.told(f"{identifier}-better", values),
            space.told(f"{identifier}-worse", {**values, name: self.worse}),
        )
