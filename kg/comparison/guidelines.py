"""Two editions criterion by criterion: what became of each, with both places in the texts."""

from __future__ import annotations

import polars as pl

from kg.guideline import Guideline
from kg.guideline.correspondence import differences

SCHEMA = pl.Schema(
    dict.fromkeys(
        (
            *("from", "label_from", "places_from", "to", "label_to", "places_to"),
            *("relation", "change"),
        ),
        pl.String(),
    )
)


def differences_frame(before: Guideline, after: Guideline) -> pl.DataFrame:
    """Return one row for each criterion, or pair of criteria that correspond.

    `relation` is same, stricter, looser, broader, narrower, changed, new or dropped.
    """
    rows = [
        (*_told(before, one.earlier), *_told(after, one.later), one.relation, one.change)
        for one in differences(before, after)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _told(guideline: Guideline, name: str | None) -> tuple[str | None, str | None, str | None]:
    """Return a term with its label and its places; a criterion, a stage or a recommendation."""
    if name is None:
        return None, None, None
    term = {**guideline.stages, **guideline.criteria}.get(name) or guideline.recommendations[name]
    return name, term.label, ", ".join(term.places)
