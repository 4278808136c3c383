"""Recommendations that are met although a therapy that they concern is contraindicated."""

from __future__ import annotations

from collections.abc import Iterator

from kg.audit.findings import Finding, rows
from kg.audit.space import Space
from kg.reasoning.diagram import FALSE


def recommendations(space: Space) -> Iterator[Finding]:
    """Yield, for each recommendation, how often what it concerns is contraindicated.

    Shares are of the patients to whom the recommendation applies. Where none of the therapies
    that it concerns is open (`left_without`), it is muted wherever it is shown.
    """
    every = rows(space)
    for each in space.guideline.recommendations.values():
        met = space.logic.roots[each.id]
        concerned = [every[name] for name in each.concerns if name in every]
        some = space.both(met, space.either(*(row.contraindicated for row in concerned)))
        none = space.both(met, space.no(space.either(*(row.open for row in concerned))))
        if concerned and space.both(some, space.coherent) != FALSE:
            worst = space.both(some, *(row.contraindicated for row in concerned))
            yield Finding(
                id=f"recommendations-{each.id}",
                claim=f"{each.id} is met, and a therapy that it concerns is contraindicated",
                about={
                    "recommendations": (each.id,),
                    "therapies": tuple(row.therapy.id for row in concerned),
                },
                root=some,
                shares=space.shares(some, met),
                left_without=space.shares(none, met),
                among=f"patients who meet {each.id}",
                examples=space.examples(
                    f"recommendations-{each.id}", worst if space.possible(worst) else some
                ),
            )
