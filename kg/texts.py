"""Texts said in several places: the note on use, numbers with nouns, near names, HTML tables."""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterable, Mapping, Sequence

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


def capitalised(text: str) -> str:
    """Return a text with a capital at its beginning; what follows, names too, stays as it is."""
    return text[:1].upper() + text[1:]


def labelled(identifier: str, label: str | None = None) -> str:
    """Return an identifier with its label, where that says more."""
    return f"{identifier} ({label})" if label and label != identifier else identifier


def alike(name: str, known: Iterable[str], most: int = 1, cutoff: float = 0.5) -> list[str]:
    """Return the names that are spelt most like a name, the nearest first."""
    return difflib.get_close_matches(name, list(known), most, cutoff)


def hint(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """Return the end of a message that names what is spelt most like a name; else nothing."""
    return "".join(f"; the nearest is {near!r}" for near in alike(name, known, cutoff=cutoff))


def told_nearest(shown: Sequence[str], comma: str = ", ") -> str:
    """Return the part of a message that names what is nearest."""
    return f"the nearest {'is' if len(shown) == 1 else 'are'} {comma.join(shown)}"


def nearest(asked: str, names: Mapping[str, Iterable[str]], most: int = 5) -> list[str]:
    """Return the identifiers whose names hold all words asked for, then those spelt alike.

    `names` has what each identifier goes by besides.
    """
    words = asked.casefold().split()
    spelt: dict[str, list[str]] = {}
    for identifier, others in names.items():
        for name in (identifier, *others):
            spelt.setdefault(name.casefold(), []).append(identifier)
    holding = [name for name in spelt if words and all(word in name for word in words)]
    close = alike(" ".join(words), spelt, most, 0.6)
    found = dict.fromkeys(one for name in (*holding, *close) for one in spelt[name])
    return list(found)[:most]


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a caption; every text is escaped."""
    cells = "".join(f'<th scope="col" style="text-align:left">{_text(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    caption = f'<caption style="text-align:left">{_text(title)}</caption>'
    return f"<table>{caption}<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    side = "right" if isinstance(value, int) else "left"
    return f'<td style="text-align:{side}">{_text(value)}</td>'


def _text(value: object) -> str:
    return html.escape("" if value is None else str(value)).replace("\n", "<br>")
