"""Texts that are said in several places: the note on use, and numbers with their nouns."""

from __future__ import annotations

NOTE_ON_USE = "For research and teaching; never the sole basis of a decision about a patient."
UNKNOWN_VALUE = "unknown"  # what is said of a variable of which a record says nothing
_PLURALS = {"criterion": "criteria", "class": "classes"}


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return the plural of a noun."""
    *before, last = noun.split(" ")
    if last not in _PLURALS and last.endswith("y") and last[-2:-1] not in "aeiou":
        return " ".join([*before, f"{last[:-1]}ies"])
    return " ".join([*before, _PLURALS.get(last, f"{last}s")])
