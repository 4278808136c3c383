"""Pairwise covering records: every two cells of every two variables meet in one of them.

1. All pairs of levels of two different variables are to be covered.
2. A record begins with a pair that is not covered yet. The other variables follow in random
   order; each takes the level that covers most open pairs with those before it.
3. Records are made until no pair is open.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations, product


def covering(levels: Mapping[str, Sequence[str]], rng: random.Random) -> list[dict[str, str]]:
    """Return records over the levels of each variable in which all pairs of levels meet."""
    open_ = {(a, b): set(product(levels[a], levels[b])) for a, b in combinations(sorted(levels), 2)}
    records = []
    while open_:
        pair = rng.choice(sorted(open_))
        record = dict(zip(pair, rng.choice(sorted(open_[pair])), strict=True))
        others = [name for name in levels if name not in record]
        rng.shuffle(others)
        for name in others:
            record[name] = _best(open_, record, name, rng.sample(levels[name], len(levels[name])))
        _cover(open_, record)
        records.append(record)
    return records


_Open = dict[tuple[str, str], set[tuple[str, str]]]


def _best(open_: _Open, record: Mapping[str, str], name: str, levels: Sequence[str]) -> str:
    """Return the level of a variable that covers most open pairs with a record so far."""
    gains = dict.fromkeys(levels, 0)
    for other, cell in record.items():
        before = other < name
        pairs = open_.get((other, name) if before else (name, other), ())
        for level in levels:
            gains[level] += ((cell, level) if before else (level, cell)) in pairs
    return max(levels, key=gains.__getitem__)


def _cover(open_: _Open, record: Mapping[str, str]) -> None:
    for a, b in list(open_):
        open_[a, b].discard((record[a], record[b]))
        if not open_[a, b]:
            del open_[a, b]
