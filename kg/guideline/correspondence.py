"""Correspondences: which therapy and which criterion of an earlier edition became which of a later.

Where two editions have none between them, what bears the same identifier corresponds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kg.guideline.model import Guideline
from kg.guideline.rules import Correspondence

SAME, NEW, DROPPED = "same", "new", "dropped"
_REVERSED = {"stricter": "looser", "looser": "stricter", "broader": "narrower"}
_REVERSED |= {"narrower": "broader", NEW: DROPPED, DROPPED: NEW}


@dataclass(frozen=True)
class TherapyPair:
    """Two therapies that correspond, by their identifiers; one of them may be missing."""

    before: str | None
    after: str | None


def correspondences(before: Guideline, after: Guideline) -> list[Correspondence]:
    """Return what is stated of two editions, in whichever direction it is stated."""
    if before.source.name in after.source.revises:
        return list(after.correspondences)
    if after.source.name in before.source.revises:
        return [_reversed(one) for one in before.correspondences]
    return []


def _reversed(one: Correspondence) -> Correspondence:
    relation = _REVERSED.get(one.relation, one.relation)
    return replace(one, earlier=one.later, later=one.earlier, relation=relation)


def pairs(before: Guideline, after: Guideline) -> list[TherapyPair]:
    """Return the pairs of therapies, those that have a row in one edition only included."""
    stated = [c for c in correspondences(before, after) if c.of_therapies]
    found = [TherapyPair(c.earlier, c.later) for c in stated]
    one, other = {p.before for p in found}, {p.after for p in found}
    for name in before.therapies:
        if name not in one:
            found.append(
                TherapyPair(name, name if name in after.therapies and name not in other else None)
            )
    paired = {pair.after for pair in found}
    found += [TherapyPair(None, name) for name in after.therapies if name not in paired]
    has_row = (before.therapies, after.therapies)
    return [p for p in found if p.before in has_row[0] or p.after in has_row[1]]


def differences(before: Guideline, after: Guideline) -> Iterator[Correspondence]:
    """Yield every criterion of two editions with what became of it, those of the earlier first."""
    stated = [c for c in correspondences(before, after) if not c.of_therapies]
    yield from stated
    one, other = {c.earlier for c in stated}, {c.later for c in stated}
    told = bool(stated)
    for name in before.criteria:
        if name not in one:
            same = not told and name in after.criteria
            yield Correspondence(name, name if same else None, SAME if same else DROPPED, "", False)
    for name in after.criteria:
        if name not in other and (told or name not in before.criteria):
            yield Correspondence(None, name, NEW, "", False)
