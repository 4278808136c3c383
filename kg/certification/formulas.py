"""Every diagram against its formula, for every total assignment of bands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from kg.certification.cells import one_a_band
from kg.certification.completions import Truth
from kg.certification.expansion import Expansion
from kg.guideline import Guideline
from kg.guideline.formula import Ref
from kg.reasoning.diagram import Diagrams

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
