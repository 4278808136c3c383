"""Scores: a total of points, what gives it and what it gives, read as sets of totals.

1. What is known of the value, of the total and of the components is each read as a set of totals:
   bit t stands for a total of t. What says nothing allows all totals.
2. What all of them allow is possible. Where that is nothing, they clash, and what each source
   that says something allows stays possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from kg.guideline import Score
from kg.guideline.values import Knowledge, Variable


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
    found = {value.name: value.from_mask(values)}
    return found | {total.name: total.from_intervals(total.runs(bands))}, not common


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
