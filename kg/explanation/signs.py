"""Signs of verdicts and states: they differ in shape, so that colour is never needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kg.html import table
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    ELIGIBLE,
    ELIGIBLE_UNCHECKED,
    ELIGIBLE_WITH_CAUTION,
    EXCLUDED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    UNKNOWN,
    VERDICT_SIGNS,
)

__all__ = ["STATE_SIGNS", "VERDICT_COLOURS", "VERDICT_SIGNS", "VERDICT_STYLES", "verdict_table"]

VERDICT_STYLES: Mapping[str, str] = {  # in a terminal
    ELIGIBLE: "green",
    ELIGIBLE_WITH_CAUTION: "yellow",
    ELIGIBLE_UNCHECKED: "yellow",
    UNDETERMINED: "blue",
    NOT_INDICATED: "dim",
    CONTRAINDICATED: "red",
}
VERDICT_COLOURS: Mapping[str, str] = {  # in charts; those of Okabe and Ito
    ELIGIBLE: "#009E73",
    ELIGIBLE_WITH_CAUTION: "#E69F00",
    ELIGIBLE_UNCHECKED: "#F0E442",
    UNDETERMINED: "#56B4E9",
    NOT_INDICATED: "#A8ADB5",
    CONTRAINDICATED: "#D55E00",
}
STATE_SIGNS: Mapping[str, str] = {MET: "●", EXCLUDED: "○", UNKNOWN: "?"}


def verdict_table(title: str, counts: Iterable[tuple[str, Mapping[str, int]]]) -> str:
    """Return an HTML table of therapies and how many patients got each verdict."""
    head = [f"{sign} {word.replace('_', ' ')}" for word, sign in VERDICT_SIGNS.items()]
    rows = ((label, *(found[word] for word in VERDICT_SIGNS)) for label, found in counts)
    return table(title, ("therapy", *head), rows)
