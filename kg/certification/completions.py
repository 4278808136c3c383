"""Formulas judged by brute force, and every diagram against its formula.

1. Some variables with some possible bands span all combinations; a truth table is one big
   integer that has a bit for each of them.
2. An atom is the combinations whose band lies in its mask; `not`, `and` and `or` are those
   of the integers. Nothing here knows of diagrams: that is what makes it a check on them.
3. A class is met where all bits are set, excluded where none is. A variable is missing where
   two combinations that differ in it alone differ in the answer: a shift and an XOR.

A `Proof` covers every total assignment of bands. References are written out; a formula of which a
band of a variable is known is simplified. `difference` follows a diagram from its root: for each
band of the variable of a node, the simplified formula must agree with the child. Where it has
become true or false, the diagram must have reached that leaf, and the other way round. Pairs that
were compared before are not compared again, so few combinations are visited.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import combinations
from operator import and_, or_

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref, atoms, with_references
from kg.guideline.values import bands_of
from kg.reasoning.diagram import FALSE, TRUE, Diagrams
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


Part = Formula | bool


class Proof:
    """Compares the formulas of classes with the diagrams of one store."""

    def __init__(self, diagrams: Diagrams) -> None:
        self.diagrams = diagrams
        self._agreed: set[tuple[Part, int]] = set()

    def difference(self, name: str, root: int) -> dict[str, int] | None:
        """Return bands under which a class and a diagram differ; None where they never do."""
        return self._difference(self._written_out(name), root)

    def _written_out(self, name: str) -> Formula:
        """Return the formula of a class, its references replaced by what they stand for."""
        return with_references(self.diagrams.formulas[name], self._written_out)

    def _difference(self, formula: Part, node: int) -> dict[str, int] | None:
        if (formula, node) in self._agreed:
            return None
        if isinstance(formula, bool) and node in (FALSE, TRUE):
            return None if formula == (node == TRUE) else {}
        if node >= self.diagrams.LEAVES or isinstance(formula, bool):
            name = self.diagrams.order[self.diagrams.levels[node]]
        else:
            name = next(atoms(formula)).variable
        level = self.diagrams.level[name]
        for band in range(self.diagrams.variables[name].band_count):
            child = self.diagrams.child(node, level, band)
            found = self._difference(self._under(formula, name, band), child)
            if found is not None:
                return {name: band, **found}
        self._agreed.add((formula, node))
        return None

    def _under(self, formula: Part, name: str, band: int) -> Part:
        """Return a formula simplified by the band of a variable."""
        match formula:
            case Atom(variable) if variable == name:
                return bool(formula.mask(self.diagrams.variables) >> band & 1)
            case Not(part):
                left = self._under(part, name, band)
                return not left if isinstance(left, bool) else Not(left)
            case And(parts) | Or(parts):
                decisive = isinstance(formula, Or)
                found = [self._under(part, name, band) for part in parts]
                if any(part is decisive for part in found):
                    return decisive
                kept = tuple(part for part in found if not isinstance(part, bool))
                return type(formula)(kept) if kept else not decisive
            case _:
                return formula
