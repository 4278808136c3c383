"""The families of therapies, what kinds inherit, and what became of terms in a later edition.

Where two editions have no correspondences between them, what bears the same identifier corresponds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from kg.guideline.model import Guideline, Therapy
from kg.guideline.rules import Correspondence


def every_therapy(guideline: Guideline) -> dict[str, Therapy]:
    """Return all therapies by id, those that are only mentioned too."""
    return {**guideline.mentioned, **guideline.therapies}


def lineage(guideline: Guideline, name: str) -> list[str]:
    """Return a therapy and all therapies that it is a kind of, the nearest first."""
    therapies, found = every_therapy(guideline), [name]
    for each in found:
        found += [parent for parent in therapies[each].parents if parent not in found]
    return found


@lru_cache(maxsize=256)
def recommendations_on(guideline: Guideline, name: str) -> tuple[str, ...]:
    """Return the recommendations that concern a therapy, or one that it is a kind of.

    What concerns a therapy with an intent, whatever the technique, concerns all techniques.
    """
    wider, therapies = set(lineage(guideline, name)), every_therapy(guideline)

    def concerns(other: str) -> bool:
        therapy = therapies[other]
        return other in wider or (therapy.intent is not None and wider.issuperset(therapy.parents))

    return tuple(
        recommendation.id
        for recommendation in guideline.recommendations.values()
        if any(concerns(other) for other in recommendation.concerns)
    )


def family(guideline: Guideline, therapy: Therapy) -> Therapy:
    """Return the family of a therapy.

    It is the second class on the way down to it from the top of the taxonomy, or the top itself
    where it stands right below. With several parents the first counts.
    """
    way = line(guideline, therapy)
    return way[min(1, max(len(way) - 2, 0))]


def line(guideline: Guideline, therapy: Therapy) -> list[Therapy]:
    """Return the way down to a therapy from the top of the taxonomy, itself included."""
    above = line(guideline, every_therapy(guideline)[therapy.parents[0]]) if therapy.parents else []
    return [*above, therapy]


def notes_on(guideline: Guideline, names: Iterable[str]) -> dict[str, list[str]]:
    """Return what must be said wherever verdicts stand, with the therapies of which it is said."""
    found: dict[str, list[str]] = {}
    for name in names:
        therapy = guideline.therapies[name]
        for note in therapy.notes:
            found.setdefault(note, []).append(therapy.short_name)
    return found


SAME, NEW, DROPPED = "same", "new", "dropped"
_REVERSED = {"stricter": "looser", "looser": "stricter", "broader": "narrower"}
_REVERSED |= {"narrower": "broader", NEW: DROPPED, DROPPED: NEW}


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


def pairs(before: Guideline, after: Guideline) -> list[Correspondence]:
    """Return the pairs of therapies, those that have a row in one edition only included."""
    one, other = before.therapies, after.therapies
    stated = [c for c in correspondences(before, after) if c.of_therapies]
    every = [*stated, *_others(stated, one, other, of_therapies=True)]
    return [pair for pair in every if pair.earlier in one or pair.later in other]


def differences(before: Guideline, after: Guideline) -> list[Correspondence]:
    """Return every criterion of two editions with what became of it, those of the earlier first."""
    stated = [c for c in correspondences(before, after) if not c.of_therapies]
    others = _others(stated, before.criteria, after.criteria, of_therapies=False)
    return [*stated, *others]


def _others(
    stated: list[Correspondence],
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    of_therapies: bool,
) -> Iterator[Correspondence]:
    """Yield what became of the terms of which nothing is stated.

    Therapies that bear the same identifier correspond; criteria only where none is stated.
    """
    one, other = {c.earlier for c in stated}, {c.later for c in stated}
    known = after.keys() - other if of_therapies or not stated else set[str]()
    for name in (n for n in before if n not in one):
        same = name if name in known else None
        other.add(same)
        yield Correspondence(name, same, SAME if same else DROPPED, "", of_therapies)
    for name in after:
        if name not in other:
            yield Correspondence(None, name, NEW, "", of_therapies)
