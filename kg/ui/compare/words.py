"""The signs, words and colours of what became of a verdict or a criterion."""

from __future__ import annotations

from collections.abc import Mapping

from kg.comparison.cohorts import DROPPED, GAINED, LOST, MOVED, NEW, OPENED, SAME, SETTLED
from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy, pairs
from kg.ui.pictures import Look

LOOKS: Mapping[str, Look] = {  # in the colours of Okabe and Ito
    GAINED: Look("+ gained: not eligible before, eligible now", "#009E73", "+"),
    LOST: Look("− lost: eligible before, not eligible now", "#D55E00", "−"),
    MOVED: Look("↔ moved: another verdict of the same sort", "#CC79A7", "↔"),
    SETTLED: Look("✓ settled: undetermined before, definite now", "#56B4E9", "✓"),
    OPENED: Look("? opened: definite before, undetermined now", "#E69F00", "?"),
    SAME: Look("= same: the same verdict", "#C9CDD3", "="),
}
SIGNS = {name: look.sign for name, look in LOOKS.items()} | {NEW: "∗", DROPPED: "✕"}
_BADGES: Mapping[str, str] = {
    **{GAINED: "green", LOST: "red", MOVED: "violet", SETTLED: "blue", OPENED: "orange"},
}


def change_badge(change: str) -> str:
    """Return what became of a verdict as a badge: sign, word and colour."""
    return f":{_BADGES.get(change, 'gray')}-badge[{SIGNS[change]} {change}]"


def pair_key(before: str | None, after: str | None) -> str:
    """Return a pair of therapies as one word, for an address."""
    return before if before and before == after else f"{before or ''}>{after or ''}"


def pair_labels(before: Guideline, after: Guideline, *, brief: bool = False) -> dict[str, str]:
    """Return the pairs of therapies of two editions in words, by their keys."""
    found = {}
    for pair in pairs(before, after):
        sides = ((before, pair.before), (after, pair.after))
        therapies = [every_therapy(edition)[name] for edition, name in sides if name]
        labels = dict.fromkeys(each.short_name if brief else each.label for each in therapies)
        found[pair_key(pair.before, pair.after)] = " → ".join(labels)
    return found
