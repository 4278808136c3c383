"""What steers the choice of records: pairs to cover, part-by-part answers, walks over diagrams.

They only choose what to ask; what is true there is for the referee to say.

A covering makes every two cells of every two variables meet in some record:
1. All pairs of levels of two different variables are to be covered.
2. A record begins with a pair that is not covered yet. The other variables follow in random
   order; each takes the level that covers most open pairs with those before it.
3. Records are made until no pair is open.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations, product

from kg.guideline import Guideline
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import Knowledge
from kg.reasoning.diagram import Diagrams
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN

Masks = dict[str, int]  # the bands that a record leaves, by variable
_NOT = {MET: EXCLUDED, EXCLUDED: MET, UNKNOWN: UNKNOWN}


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


def kleene(guideline: Guideline, formula: Formula, known: Mapping[str, Knowledge]) -> str:
    """Return met, excluded or unknown, judged part by part as SQL does.

    That is sound and not complete: where it differs from the engines, records are worth asking.
    """
    match formula:
        case Atom(variable):
            wanted, mask = formula.mask(guideline.variables), known[variable].mask
            return EXCLUDED if not mask & wanted else UNKNOWN if mask & ~wanted else MET
        case Ref(name):
            return kleene(guideline, guideline.formulas[name], known)
        case Not(part):
            return _NOT[kleene(guideline, part, known)]
        case And(parts):
            states = {kleene(guideline, part, known) for part in parts}
            return EXCLUDED if EXCLUDED in states else UNKNOWN if UNKNOWN in states else MET
        case Or(parts):
            states = {kleene(guideline, part, known) for part in parts}
            return MET if MET in states else UNKNOWN if UNKNOWN in states else EXCLUDED


def crossing(rng: random.Random, diagrams: Diagrams, root: int, variable: str) -> Masks | None:
    """Return masks under which a variable is tested, but no longer matters; None by bad luck."""
    level = diagrams.level[variable]
    nodes = [node for node in diagrams.below([root]) if diagrams.levels[node] == level]
    if not nodes:
        return None
    node = rng.choice(nodes)
    found = _way_to(rng, diagrams, root, node)
    a, b, *_ = rng.sample([child for _, child in diagrams.edges[node]], 2)
    while a >= diagrams.LEAVES or b >= diagrams.LEAVES:
        level = min(diagrams.levels[a], diagrams.levels[b])
        pairs = _children(diagrams, a, b, level)
        band = rng.randrange(len(pairs))
        found[diagrams.order[level]] = 1 << band
        a, b = pairs[band]
    return found if a == b else None


def cube(rng: random.Random, diagrams: Diagrams, root: int) -> Masks:
    """Return the masks along a random path from a root to a leaf: they decide the class."""
    found, node = {}, root
    while node >= diagrams.LEAVES:
        mask, child = rng.choice(diagrams.edges[node])
        found[diagrams.order[diagrams.levels[node]]] = mask
        node = child
    return found


def opening(
    rng: random.Random, diagrams: Diagrams, root: int, variable: str, bands: tuple[int, int]
) -> Masks | None:
    """Return masks of other variables under which two bands of a variable decide differently.

    None where the class never tells the two bands apart.
    """
    level, (i, j) = diagrams.level[variable], bands
    nodes = [node for node in diagrams.below([root]) if diagrams.levels[node] == level]
    telling = [node for node in nodes if diagrams.children[node][i] != diagrams.children[node][j]]
    if not telling:
        return None
    node = rng.choice(telling)
    a, b = diagrams.children[node][i], diagrams.children[node][j]
    return _way_to(rng, diagrams, root, node) | _apart(rng, diagrams, a, b)


def _way_to(rng: random.Random, diagrams: Diagrams, root: int, node: int) -> Masks:
    """Return the masks along a random path from a root down to a node."""
    parents: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for parent in diagrams.below([root]):
        for mask, child in diagrams.edges[parent]:
            parents[child].append((mask, parent))
    found = {}
    while node != root:
        mask, node = rng.choice(parents[node])
        found[diagrams.order[diagrams.levels[node]]] = mask
    return found


def _apart(rng: random.Random, diagrams: Diagrams, a: int, b: int) -> Masks:
    """Return bands that lead two nodes to different leaves; equal nodes would be one node."""
    found = {}
    while a >= diagrams.LEAVES or b >= diagrams.LEAVES:
        level = min(diagrams.levels[a], diagrams.levels[b])
        name = diagrams.order[level]
        pairs = _children(diagrams, a, b, level)
        band = rng.choice([i for i, (x, y) in enumerate(pairs) if x != y])
        found[name] = 1 << band
        a, b = pairs[band]
    return found


def _children(diagrams: Diagrams, a: int, b: int, level: int) -> list[tuple[int, int]]:
    count = diagrams.variables[diagrams.order[level]].band_count
    return [(diagrams.child(a, level, i), diagrams.child(b, level, i)) for i in range(count)]


class Witness:
    """Looks for two completions of a record that differ in one variable and in the answer."""

    def __init__(self, diagrams: Diagrams, masks: Sequence[int]) -> None:
        self.diagrams = diagrams
        self.masks = masks
        self._alike: set[tuple[int, int]] = set()

    def of(self, root: int, variable: str) -> tuple[Masks, int, int] | None:
        """Return bands of other variables, and two bands of the variable; None if there are none.

        All lie within the masks of the record.
        """
        level, stack, seen = self.diagrams.level[variable], [(root, Masks())], {root}
        while stack:
            node, above = stack.pop()
            if self.diagrams.levels[node] == level:
                found = self._pair(node, level)
                if found is not None:
                    return above | found[0], found[1], found[2]
            for band, child in self._open(node) if self.diagrams.levels[node] < level else []:
                if child not in seen:
                    seen.add(child)
                    name = self.diagrams.order[self.diagrams.levels[node]]
                    stack.append((child, above | {name: 1 << band}))
        return None

    def _open(self, node: int) -> list[tuple[int, int]]:
        mask = self.masks[self.diagrams.levels[node]]
        return [(i, c) for i, c in enumerate(self.diagrams.children[node]) if mask >> i & 1]

    def _pair(self, node: int, level: int) -> tuple[Masks, int, int] | None:
        open_ = self._open(node)
        for i, a in open_:
            for j, b in open_:
                below = self._apart(a, b) if i < j else None
                if below is not None:
                    return below, i, j
        return None

    def _apart(self, a: int, b: int) -> Masks | None:
        diagrams = self.diagrams
        if a == b or (a, b) in self._alike:
            return None
        if a < diagrams.LEAVES and b < diagrams.LEAVES:
            return {}
        level = min(diagrams.levels[a], diagrams.levels[b])
        for band, (x, y) in enumerate(_children(diagrams, a, b, level)):
            below = self._apart(x, y) if self.masks[level] >> band & 1 else None
            if below is not None:
                return {diagrams.order[level]: 1 << band} | below
        self._alike.add((a, b))
        return None
