"""Makes a disagreeing record as small as it can be while it still disagrees.

1. Each cell is left out where the rest still disagrees, until no cell can be.
2. Each cell of partial knowledge is replaced by a value where that still disagrees.
"""

from __future__ import annotations

from collections.abc import Callable

from kg.certification.cells import Cells, partials, values
from kg.guideline import Guideline

Disagrees = Callable[[Cells], bool]


def shrunk(guideline: Guideline, cells: Cells, disagrees: Disagrees) -> Cells:
    """Return a smallest part of a record that still disagrees; the record if it does not."""
    if not disagrees(cells):
        return cells
    return _narrowed(guideline, _fewer(cells, disagrees), disagrees)


def _fewer(cells: Cells, disagrees: Disagrees) -> Cells:
    """Leave out halves, quarters and so on down to single cells."""
    size = max(1, len(cells) // 2)
    while True:
        before = cells
        for start in range(0, len(before), size):
            dropped = set(list(before)[start : start + size])
            rest = {name: cell for name, cell in cells.items() if name not in dropped}
            if disagrees(rest):
                cells = rest
        if size == 1 and len(cells) == len(before):
            return cells
        size = max(1, size // 2)


def _narrowed(guideline: Guideline, cells: Cells, disagrees: Disagrees) -> Cells:
    for name in cells:
        variable = guideline.variables[name]
        for value in values(variable) if cells[name] in partials(variable) else ():
            if disagrees({**cells, name: value}):
                cells = {**cells, name: value}
                break
    return cells
