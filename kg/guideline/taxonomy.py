"""The families of therapies, as the ontology's taxonomy groups them."""

from __future__ import annotations

from collections.abc import Mapping

from kg.guideline.model import Guideline, Therapy


def every_therapy(guideline: Guideline) -> dict[str, Therapy]:
    """Return all therapies by id, those that are only mentioned too."""
    return {**guideline.mentioned, **guideline.therapies}


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
