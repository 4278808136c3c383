"""Formulas judged by brute force: one bit for every combination of bands.

1. Some variables with some possible bands span all combinations; a truth table is one big
   integer that has a bit for each of them.
2. An atom is the combinations whose band lies in its mask; `not`, `and` and `or` are those
   of the integers. Nothing here knows of diagrams: that is what makes it a check on them.
3. A class is met where all bits are set, excluded where none is. A variable is missing where
   two combinations that differ in it alone differ in the answer: a shift and an XOR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import bands_of
from kg.reasoning.diagram import FALSE, TRUE, Diagrams
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN


class Truth:
    """The truth tables over all combinations of the possible bands of some variables."""

    def __init__(self, guideline: Guideline, masks: Mapping[str, int]) -> None:
        self.guideline = guideline
        self.bands = {name: bands_of(mask) for name, mask in masks.items()}
        self.size = math.prod(len(bands) for bands in self.bands.values())
        self.all = (1 << self.size) - 1
        self._strides: dict[str, int] = {}
        stride = 1
        for name, bands in self.bands.items():
            self._strides[name] = stride
            stride *= len(bands)
        self._places: dict[tuple[str, int], int] = {}
        self._named: dict[str, int] = {}

    def _where(self, name: str, place: int) -> int:
        """Return the combinations in which a variable takes its band at a place."""
        key = (name, place)
        if key not in self._places:
            stride, count = self._strides[name], len(self.bands[name])
            block = (1 << stride) - 1 << place * stride
            self._places[key] = _repeated(block, stride * count, self.size)
        return self._places[key]

    def among(self, name: str, mask: int) -> int:
        """Return the combinations in which the band of a variable lies in a mask."""
        found = 0
        for place, band in enumerate(self.bands[name]):
            if mask >> band & 1:
                found |= self._where(name, place)
        return found

    def of(self, formula: Formula) -> int:
        """Return the combinations in which a formula is true."""
        match formula:
            case Atom(variable):
                return self.among(variable, formula.mask(self.guideline.variables))
            case Ref(name):
                if name not in self._named:
                    self._named[name] = self.of(self.guideline.formulas[name])
                return self._named[name]
            case Not(part):
                return self.all ^ self.of(part)
            case And(parts):
                found = self.all
                for part in parts:
                    found &= self.of(part)
                return found
            case Or(parts):
                found = 0
                for part in parts:
                    found |= self.of(part)
                return found

    def of_diagram(self, diagrams: Diagrams, root: int) -> int:
        """Return the combinations in which a diagram leads to TRUE."""
        tables = {FALSE: 0, TRUE: self.all}
        for node in diagrams.below([root]):
            name = diagrams.order[diagrams.levels[node]]
            tables[node] = 0
            for mask, child in diagrams.edges[node]:
                tables[node] |= self.among(name, mask) & tables[child]
        return tables[root]

    def combination(self, place: int) -> dict[str, int]:
        """Return the bands of the combination at a bit."""
        return {
            name: bands[place // self._strides[name] % len(bands)]
            for name, bands in self.bands.items()
        }

    def state(self, name: str) -> str:
        """Return the state of a class: met, excluded or unknown."""
        table = self.of(Ref(name))
        return MET if table == self.all else UNKNOWN if table else EXCLUDED

    def missing(self, therapy: Therapy) -> list[str]:
        """Return the variables of which a change alone changes the answer, sorted."""
        indicated, ruled_out, _ = (self.of(Ref(n)) if n else 0 for n in therapy.aspects)
        eligible = indicated & ~ruled_out
        return sorted(name for name in self.bands if self._matters(name, (ruled_out, eligible)))

    def _matters(self, name: str, tables: Sequence[int]) -> bool:
        stride, count = self._strides[name], len(self.bands[name])
        for apart in range(1, count):
            lower = 0
            for place in range(count - apart):
                lower |= self._where(name, place)
            shift = stride * apart
            if any((table ^ table >> shift) & lower for table in tables):
                return True
        return False


def _repeated(block: int, period: int, size: int) -> int:
    """Return a block of bits repeated every `period` bits, up to `size` bits."""
    done = period
    while done < size:
        block |= block << done
        done *= 2
    return block & (1 << size) - 1
