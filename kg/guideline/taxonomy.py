"""The families of therapies, as the taxonomy groups them, and what kinds inherit from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from kg.guideline.model import Guideline, Therapy


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


def families(guideline: Guideline) -> Mapping[str, tuple[Therapy, ...]]:
    """Return the therapies that get verdicts, by the label of their family.

    The family of a therapy is the second class on the way down to it from the top of the
    taxonomy, or the top itself where it stands right below. With several parents the first
    counts. Families and therapies come in the order of the guideline.
    """
    found: dict[str, list[Therapy]] = {}
    for therapy in guideline.therapies.values():
        found.setdefault(family(guideline, therapy).label, []).append(therapy)
    return {label: tuple(members) for label, members in found.items()}


def family(guideline: Guideline, therapy: Therapy) -> Therapy:
    """Return the family of a therapy."""
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
