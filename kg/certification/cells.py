"""Cells to test a variable with: values at and past each threshold, and partial knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import combinations

from kg.guideline.values import Interval, Variable, bands_of, plain
from kg.patients.cells import parse_cell

Cells = Mapping[str, str]

_PAST = Decimal("0.001")  # how far past a threshold a decimal is tried


def values(variable: Variable) -> list[str]:
    """Return cells that pin the variable: every word, or the ends of every band."""
    if not variable.is_number:
        return list(variable.words)
    ends = [plain(end) for band in variable.bands for end in _ends(band)]
    return list(dict.fromkeys(ends)) or ["0"]


def partials(variable: Variable) -> list[str]:
    """Return cells that narrow the variable without pinning it."""
    if variable.is_number:
        last = len(variable.bands)
        runs = [(low, high) for low in range(last) for high in range(low, last)]
        cells = [_run(variable, low, high) for low, high in runs]
        return [cell for cell in cells if cell and not _pins(variable, cell)]
    return [
        "|".join(words)
        for size in range(2, len(variable.words))
        for words in combinations(variable.words, size)
    ]


def one_a_mask(variable: Variable) -> list[str]:
    """Return one cell for each set of bands that a cell can leave possible; "" for all."""
    found = {variable.everything: ""}
    for cell in values(variable) + partials(variable):
        knowledge = parse_cell(variable, cell)
        if knowledge is not None:
            found.setdefault(knowledge.mask, cell)
    return list(found.values())


def one_a_band(variable: Variable) -> list[str]:
    """Return for each band, in order, one cell that pins a value in it."""
    if not variable.is_number:
        return list(variable.words)
    return [plain((_ends(band) or [Decimal(0)])[0]) for band in variable.bands]


def at_boundary(variable: Variable, band: int) -> list[str]:
    """Return cells on both sides of the boundary of a band and the next, and across it."""
    pair = (band, band + 1)
    across = cell_of(variable, sum(1 << i for i in pair))
    if not variable.is_number:
        return ["", *(variable.words[i] for i in pair), across]
    ends = [plain(end) for i in pair for end in _ends(variable.bands[i])]
    return list(dict.fromkeys(["", *ends, across]))


def cell_of(variable: Variable, mask: int) -> str:
    """Return a cell that leaves these bands; of those no cell can state, that of the lowest."""
    bands = bands_of(mask)
    if mask == variable.everything:
        return ""
    if not variable.is_number:
        return "|".join(variable.words[i] for i in bands)
    if bands == list(range(bands[0], bands[-1] + 1)):
        return _run(variable, bands[0], bands[-1])
    return one_a_band(variable)[bands[0]]


def filled(cells: Cells) -> dict[str, str]:
    """Return the cells that say something."""
    return {name: cell for name, cell in cells.items() if cell}


def _pins(variable: Variable, cell: str) -> bool:
    knowledge = parse_cell(variable, cell)
    return knowledge is not None and knowledge.pinned


def _ends(band: Interval) -> list[Decimal]:
    """Return the outermost numbers to try within a band."""
    step = _PAST
    if band.low is not None and band.high is not None:
        step = min(step, (band.high - band.low) / 2)
    ends = []
    if band.low is not None:
        ends.append(band.low + step if band.low_open else band.low)
    if band.high is not None:
        ends.append(band.high - step if band.high_open else band.high)
    return ends


def _run(variable: Variable, first: int, last: int) -> str:
    """Return the cell that leaves the bands from one to another."""
    low, high = variable.bands[first], variable.bands[last]
    begins, ends = first == 0, last == len(variable.bands) - 1
    if begins and ends:
        return ""
    if ends:
        return f"{'>' if low.low_open else '>='}{plain(low.low)}"
    if begins:
        return f"{'<' if high.high_open else '<='}{plain(high.high)}"
    return f"{plain(_ends(low)[0])}..{plain(_ends(high)[-1])}"
