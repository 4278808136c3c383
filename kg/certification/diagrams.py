"""Every diagram against its formula, for every total assignment of bands.

A class whose variables have few assignments is compared by truth tables. A wider one is expanded:

1. References are written out. A formula of which a band of a variable is known is simplified:
   atoms on that variable become true or false, and what they decide falls away.
2. `difference` follows a diagram from its root: for each band of the variable of a node, the
   simplified formula must agree with the child, for every combination of what is left.
3. Where the formula has become true or false, the diagram must have reached that leaf, and
   the other way round. Pairs that were compared before are not compared again: so every
   combination is covered, and few are visited.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from kg.certification.cells import one_a_band
from kg.certification.completions import Truth
from kg.guideline import Guideline
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref, atoms
from kg.reasoning.diagram import FALSE, TRUE, Diagrams

Part = Formula | bool
WIDEST = 1 << 24  # assignments that fit in one truth table; wider classes are expanded


class Formulas:
    """Compares diagrams with formulas: by truth tables, and by expansion where too wide."""

    def __init__(self, guideline: Guideline, diagrams: Diagrams, widest: int = WIDEST) -> None:
        self.guideline = guideline
        self.diagrams = diagrams
        self.widest = widest
        self.expansion = Expansion(diagrams)
        self.expanded: list[str] = []
        self._truth = cache(self._table)

    def _table(self, names: tuple[str, ...]) -> Truth:
        variables = self.guideline.variables
        return Truth(self.guideline, {name: variables[name].everything for name in names})

    def assignments(self, name: str) -> int:
        """Return how many total assignments a class's variables have."""
        variables = self.guideline.variables_of(Ref(name))
        return math.prod(self.guideline.variables[v].band_count for v in variables)

    def difference(self, name: str, root: int) -> dict[str, str] | None:
        """Return a total record on which a class and a diagram differ, or None."""
        if self.assignments(name) > self.widest:
            self.expanded.append(name)
            formula = self.expansion.written_out(Ref(name))
            bands = self.expansion.difference(formula, root)
        else:
            truth = self._truth(self._variables(name, root))
            differing = truth.of(Ref(name)) ^ truth.of_diagram(self.diagrams, root)
            place = differing.bit_length() - 1
            bands = truth.combination(place) if differing else None
        return None if bands is None else self._cells(bands)

    def _variables(self, name: str, root: int) -> tuple[str, ...]:
        """Return the variables of a formula, and those that only its diagram asks for."""
        nodes = self.diagrams.below([root])
        asked = (self.diagrams.order[self.diagrams.levels[node]] for node in nodes)
        return tuple(dict.fromkeys([*self.guideline.variables_of(Ref(name)), *asked]))

    def _cells(self, bands: Mapping[str, int]) -> dict[str, str]:
        variables = self.guideline.variables
        return {name: one_a_band(variables[name])[band] for name, band in bands.items()}


class Expansion:
    """Compares formulas with the diagrams of one store."""

    def __init__(self, diagrams: Diagrams) -> None:
        self.diagrams = diagrams
        self._agreed: set[tuple[Part, int]] = set()

    def difference(self, formula: Part, node: int) -> dict[str, int] | None:
        """Return bands under which a formula and a diagram differ; None where they never do."""
        if (formula, node) in self._agreed:
            return None
        if isinstance(formula, bool) and node in (FALSE, TRUE):
            return None if formula == (node == TRUE) else {}
        for band, (part, child) in enumerate(self._split(formula, node)):
            found = self.difference(part, child)
            if found is not None:
                return {self._variable(formula, node): band, **found}
        self._agreed.add((formula, node))
        return None

    def _variable(self, formula: Part, node: int) -> str:
        """Return the next variable to expand: that of the node, else the formula's first."""
        if node >= self.diagrams.LEAVES or isinstance(formula, bool):
            return self.diagrams.order[self.diagrams.levels[node]]
        return next(atoms(formula)).variable

    def _split(self, formula: Part, node: int) -> list[tuple[Part, int]]:
        name = self._variable(formula, node)
        level = self.diagrams.level[name]
        return [
            (self._under(formula, name, band), self.diagrams.child(node, level, band))
            for band in range(self.diagrams.variables[name].band_count)
        ]

    def written_out(self, formula: Formula) -> Formula:
        """Return a formula with its references replaced by what they stand for."""
        match formula:
            case Atom():
                return formula
            case Ref(name):
                return self.written_out(self.diagrams.formulas[name])
            case Not(part):
                return Not(self.written_out(part))
            case And(parts):
                return And(tuple(self.written_out(part) for part in parts))
            case Or(parts):
                return Or(tuple(self.written_out(part) for part in parts))

    def _under(self, formula: Part, name: str, band: int) -> Part:
        """Return a formula simplified by the band of a variable."""
        match formula:
            case Atom(variable) if variable == name:
                return bool(formula.mask(self.diagrams.variables) >> band & 1)
            case Not(part):
                left = self._under(part, name, band)
                return not left if isinstance(left, bool) else Not(left)
            case And(parts):
                return _joined(And, [self._under(part, name, band) for part in parts])
            case Or(parts):
                return _joined(Or, [self._under(part, name, band) for part in parts])
            case _:
                return formula


def _joined(build: type[And] | type[Or], parts: list[Part]) -> Part:
    decisive = build is Or
    if decisive in (part for part in parts if isinstance(part, bool)):
        return decisive
    left = tuple(part for part in parts if not isinstance(part, bool))
    return build(left) if left else not decisive
