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
from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import combinations
from operator import and_, or_

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import bands_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN


class Truth:
    """The truth tables over all combinations of the possible bands of some variables."""

    def __init__(self, guideline: Guideline, masks: Mapping[str, int]) -> None:
        self.guideline = guideline
        self.all = (1 << math.prod(mask.bit_count() for mask in masks.values())) - 1
        self._strides: dict[str, int] = {}
        self._columns: dict[str, dict[int, int]] = {}  # where a variable has a band
        self._named: dict[str, int] = {}
        stride = 1
        for name, mask in masks.items():
            self._strides[name] = stride
            bands = bands_of(mask)
            first = self._repeated((1 << stride) - 1, stride * len(bands))
            self._columns[name] = {band: first << i * stride for i, band in enumerate(bands)}
            stride *= len(bands)

    def _repeated(self, block: int, period: int) -> int:
        """Return a block of bits repeated every `period` bits, over all combinations."""
        size = self.all.bit_length()
        while period < size:
            block |= block << period
            period *= 2
        return block & self.all

    def of(self, formula: Formula) -> int:
        """Return the combinations in which a formula is true."""
        match formula:
            case Atom(variable):
                mask = formula.mask(self.guideline.variables)
                columns = self._columns[variable].items()
                return reduce(or_, (column for band, column in columns if mask >> band & 1), 0)
            case Ref(name):
                if name not in self._named:
                    self._named[name] = self.of(self.guideline.formulas[name])
                return self._named[name]
            case Not(part):
                return self.all ^ self.of(part)
            case And(parts):
                return reduce(and_, map(self.of, parts), self.all)
            case Or(parts):
                return reduce(or_, map(self.of, parts), 0)

    def state(self, name: str) -> str:
        """Return the state of a class: met, excluded or unknown."""
        table = self.of(Ref(name))
        return MET if table == self.all else UNKNOWN if table else EXCLUDED

    def missing(self, therapy: Therapy) -> list[str]:
        """Return the variables of which a change alone changes the answer, sorted."""
        indicated, ruled_out, _ = (self.of(Ref(n)) if n else 0 for n in therapy.aspects)
        answers = (ruled_out, indicated & ~ruled_out)
        return sorted(name for name in self._columns if self._matters(name, answers))

    def _matters(self, name: str, tables: Iterable[int]) -> bool:
        """Return whether two combinations that differ in a variable alone differ in a table."""
        stride, columns = self._strides[name], list(self._columns[name].values())
        return any(
            (table ^ table >> (j - i) * stride) & columns[i]
            for table in tables
            for i, j in combinations(range(len(columns)), 2)
        )
