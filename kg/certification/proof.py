"""Every diagram against its formula, for every total assignment of bands.

1. References are written out. A formula of which a band of a variable is known is simplified:
   atoms on that variable become true or false, and what they decide falls away.
2. `difference` follows a diagram from its root: for each band of the variable of a node, the
   simplified formula must agree with the child, for every combination of what is left.
3. Where the formula has become true or false, the diagram must have reached that leaf, and
   the other way round. Pairs that were compared before are not compared again: so every
   combination is covered, and few are visited.
"""

from __future__ import annotations

from kg.guideline.formula import And, Atom, Formula, Not, Or, atoms, with_references
from kg.reasoning.diagram import FALSE, TRUE, Diagrams

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
