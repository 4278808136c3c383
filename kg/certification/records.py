"""Records to ask about: hypothesis draws them, and makes one that disagrees small.

1. A cell pins its variable at an end of a band, or leaves several bands open.
2. `records` are random: some share of the variables is known. Of those that are `steered`, half
   follow a path through the diagram of a therapy's answer, so that more than noise decides.
3. `boundaries` are records in which the boundary of two bands decides a class: the diagrams of
   the class under either band differ there. Its variable is tried on either side of it, and
   across it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import xor
from pathlib import Path
from tempfile import gettempdir
from typing import TypeVar

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import NoSuchExample

from kg.guideline import Guideline
from kg.guideline.formula import Ref
from kg.guideline.intervals import Interval, plain
from kg.guideline.values import Variable, bands_of
from kg.reasoning.diagram import FALSE, Diagrams
from kg.reasoning.logic import logic_of

Cells = Mapping[str, str]
T = TypeVar("T")

ANY = (10, 30, 50, 70, 90)  # per cent of the variables that are known
MOSTLY_KNOWN = (85, 95)  # so that the completions can be listed

_PAST = Decimal("0.001")  # how far past a threshold a decimal is tried
_TRIES = 300  # parts of a record that are tried in search of a smaller one
_QUIET = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))

set_hypothesis_home_dir(Path(gettempdir()) / "hcc-kg-hypothesis")  # nothing is left in the folder


# Cells


def values(variable: Variable) -> list[str]:
    """Return cells that pin the variable: every word, or the ends of every band."""
    if not variable.is_number:
        return list(variable.words)
    ends = [plain(end) for band in variable.bands for end in _ends(band)]
    return list(dict.fromkeys(ends)) or ["0"]


def cell_of(variable: Variable, mask: int) -> str:
    """Return a cell that leaves these bands possible; of a number, the first that touch."""
    if mask == variable.everything:
        return ""
    if not variable.is_number:
        return "|".join(variable.words[band] for band in bands_of(mask))
    first = last = bands_of(mask)[0]
    while mask >> last + 1 & 1:
        last += 1
    low, high = variable.bands[first], variable.bands[last]
    if last == len(variable.bands) - 1:
        return f"{'>' if low.low_open else '>='}{plain(low.low)}"
    if first == 0:
        return f"{'<' if high.high_open else '<='}{plain(high.high)}"
    return f"{plain(_ends(low)[0])}..{plain(_ends(high)[-1])}"


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


def _at_boundary(variable: Variable, band: int) -> list[str]:
    """Return cells on either side of the boundary of a band and the next, and across it."""
    across = cell_of(variable, 3 << band)
    if not variable.is_number:
        return [*variable.words[band : band + 2], across]
    below, above = (_ends(variable.bands[i]) for i in (band, band + 1))
    return [plain(below[-1]), plain(above[0]), across]


# Random records


@st.composite
def records(
    draw: st.DrawFn, guideline: Guideline, known: Sequence[int], steered: bool = False
) -> Cells:
    """Draw a record of which some share of the variables is known, a fifth of them partly."""
    percent, cells = draw(st.sampled_from(known)), dict[str, str]()
    for name, variable in guideline.variables.items():
        if variable.type != "string" and draw(st.integers(1, 100)) <= percent:
            if draw(st.integers(1, 5)) == 1:
                cells[name] = cell_of(variable, draw(st.integers(1, variable.everything)))
            else:
                cells[name] = draw(st.sampled_from(values(variable)))
    if steered and draw(st.booleans()):
        logic, therapy = logic_of(guideline), draw(st.sampled_from([*guideline.therapies.values()]))
        rng = draw(st.randoms(use_true_random=False))
        decided = _path(rng, logic.diagrams, logic.answers[therapy.id])
        open_ = set(rng.sample(sorted(decided), min(len(decided), rng.randrange(3))))
        for name in logic.answer_variables(therapy):
            mask = 0 if name in open_ else decided.get(name, 0)
            cells[name] = cell_of(guideline.variables[name], mask) if mask else ""
    return filled(cells)


def drawn(strategy: st.SearchStrategy[T], count: int, number: int) -> list[T]:
    """Return as many things as are asked for, the same ones for the same number."""
    found: list[T] = []

    @seed(number)
    @settings(_QUIET, max_examples=count, phases=[Phase.generate])
    @given(strategy)
    def keep(one: T) -> None:
        found.append(one)

    keep()
    return found[:count]


def filled(cells: Cells) -> dict[str, str]:
    """Return the cells that say something."""
    return {name: cell for name, cell in cells.items() if cell}


def smallest(guideline: Guideline, cells: Cells, disagrees: Callable[[Cells], bool]) -> Cells:
    """Return a smallest part of a record that still disagrees; the record if none is found."""
    simpler = {}
    for name, cell in cells.items():
        pins = values(guideline.variables[name])
        simpler[name] = st.sampled_from(["", cell] if cell in pins else ["", *pins, cell])
    parts = st.fixed_dictionaries(simpler).map(filled)
    tried = settings(_QUIET, max_examples=_TRIES, phases=[Phase.generate, Phase.shrink])
    try:
        return find(parts, disagrees, settings=tried, random=random.Random(1))  # noqa: S311
    except NoSuchExample:
        return cells


# Records at boundaries


@dataclass(frozen=True)
class Boundary:
    """The boundary of a band of a variable and the next, for classes that share a diagram."""

    root: int
    classes: tuple[str, ...]
    variable: str
    band: int


def boundaries(guideline: Guideline, names: Iterable[str]) -> list[Boundary]:
    """Return all boundaries of the variables that some classes ask for."""
    logic, same = logic_of(guideline), dict[int, list[str]]()
    for name in names:
        same.setdefault(logic.roots[name], []).append(name)
    return [
        Boundary(root, tuple(classes), variable, band)
        for root, classes in same.items()
        for variable in guideline.variables_of(Ref(classes[0]))
        for band in range(guideline.variables[variable].band_count - 1)
    ]


def decides(guideline: Guideline, boundary: Boundary) -> bool:
    """Return whether there is a record in which a boundary decides the classes."""
    return _difference(logic_of(guideline).diagrams, boundary) != FALSE


def around(guideline: Guideline, boundary: Boundary, rng: random.Random) -> Iterator[Cells]:
    """Yield records about a boundary that decides the classes in them; none if it never does."""
    diagrams, name = logic_of(guideline).diagrams, boundary.variable
    differ = _difference(diagrams, boundary)
    if differ != FALSE:
        decided = _path(rng, diagrams, differ, avoid=FALSE)
        others = {n: cell_of(guideline.variables[n], mask) for n, mask in decided.items()}
        for cell in _at_boundary(guideline.variables[name], boundary.band):
            yield filled({**others, name: cell})


def _difference(diagrams: Diagrams, boundary: Boundary) -> int:
    """Return where the diagram under one band differs from that under the next."""
    bands = (boundary.band, boundary.band + 1)
    below, above = (diagrams.given(boundary.root, boundary.variable, band) for band in bands)
    return diagrams.combine((below, above), xor)


def _path(
    rng: random.Random, diagrams: Diagrams, node: int, avoid: int | None = None
) -> dict[str, int]:
    """Return the masks along a random path from a node down to a leaf that is not to be avoided."""
    found = {}
    while node >= diagrams.LEAVES:
        level = diagrams.levels[node]
        mask, node = rng.choice([edge for edge in diagrams.edges[node] if edge[1] != avoid])
        found[diagrams.order[level]] = mask
    return found
