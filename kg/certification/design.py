"""The records that HermiT is asked about, chosen so that each says something new.

1. `cells`: every combination of the cells of a class's variables, where there are few.
2. `boundaries`: for the other classes and each boundary of two bands that they tell apart, a
   record in which that boundary decides the class, with values at and past it, and across it.
3. `splits`: records that are decided though part-by-part logic finds them open.
4. `pairs`: records over all variables in which every two cells of every two variables meet.
5. `random`: partly known records, half of them steered to an open answer about a therapy.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from kg.certification.cells import (
    Cells,
    at_boundary,
    cell_of,
    filled,
    one_a_band,
    one_a_mask,
    partials,
    values,
)
from kg.certification.steering import covering, crossing, cube, kleene, opening
from kg.guideline import Guideline
from kg.guideline.formula import Ref
from kg.guideline.values import Variable
from kg.patients.records import read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import UNKNOWN, classes_asked

CELLS, BOUNDARIES, SPLITS, PAIRS, RANDOM = "cells", "boundaries", "splits", "pairs", "random"

_PARTIALS = 2  # partial cells of each variable that take part in the pairs
_TRIES = 8  # walks a variable and class for a record that part-by-part logic cannot decide
_PARTLY = 0.2  # share of the recorded cells that hold partial knowledge


@dataclass(frozen=True)
class Case:
    """A record to ask about, and the classes to ask for."""

    part: str
    cells: Cells
    classes: tuple[str, ...]


class Design:
    """Makes the records of each part, the same ones for the same seed."""

    def __init__(
        self, guideline: Guideline, seed: int, records: int, classes: Sequence[str] = ()
    ) -> None:
        self.guideline = guideline
        self.logic = logic_of(guideline)
        self.rng = random.Random(seed)  # noqa: S311 - the records need no secrecy
        self.records = records
        self.variables = {n: v for n, v in guideline.variables.items() if v.type != "string"}
        self.classes = tuple(classes) or classes_asked(guideline)

    def cases(self, parts: Iterable[str]) -> list[Case]:
        """Return the records of some parts."""
        makers = {
            CELLS: self.every_cell,
            BOUNDARIES: self.boundaries,
            SPLITS: self.splits,
            PAIRS: self.pairs,
            RANDOM: self.partly_known,
        }
        return [case for part in makers if part in parts for case in makers[part]()]

    def narrow(self, name: str) -> bool:
        """Return whether all combinations of the cells of a class's variables are asked."""
        counts = [len(one_a_mask(v)) for v in self._of(name).values()]
        return math.prod(counts) <= 2 * self.records

    def _of(self, name: str) -> dict[str, Variable]:
        return {n: self.variables[n] for n in self.guideline.variables_of(Ref(name))}

    # The parts

    def every_cell(self) -> list[Case]:
        """Return every combination of the cells of each class that has few of them."""
        found: list[tuple[Cells, str]] = []
        for name in filter(self.narrow, self.classes):
            variables = self._of(name)
            for combination in product(*(one_a_mask(v) for v in variables.values())):
                found.append((dict(zip(variables, combination, strict=True)), name))
        return _merged(CELLS, found)

    def boundaries(self) -> list[Case]:
        """Return the boundaries of the classes that have too many combinations for `cells`.

        All of the classes that state thresholds are asked, and a sample of those of therapies.
        """
        therapies = {n for t in self.guideline.therapies.values() for n in t.classes.values()}
        wide = [name for name in self.classes if not self.narrow(name)]
        own = _merged(BOUNDARIES, self._boundaries(n for n in wide if n not in therapies))
        joint = _merged(BOUNDARIES, self._boundaries(n for n in wide if n in therapies))
        return own + self.rng.sample(joint, min(len(joint), 4 * self.records))

    def _boundaries(self, names: Iterable[str]) -> Iterator[tuple[Cells, str]]:
        """Yield records on both sides of each boundary that a class tells apart.

        Classes with the same diagram share their records; larger runs try more of them.
        """
        roots = {name: self.logic.roots[name] for name in names}
        for root in dict.fromkeys(roots.values()):
            same = [name for name, other in roots.items() if other == root]
            for variable in self._of(same[0]).values():
                for band in range(variable.band_count - 1):
                    for _ in range(1 + self.records // 200):
                        for cells in self._around(root, variable, band):
                            yield from ((cells, name) for name in same)

    def _around(self, root: int, variable: Variable, band: int) -> Iterator[Cells]:
        """Yield records in which a variable decides a class, about the upper end of a band."""
        pair = (band, band + 1)
        base = opening(self.rng, self.logic.diagrams, root, variable.name, pair)
        if base is not None:
            cells = self._cells(base)
            for cell in at_boundary(variable, band):
                yield {**cells, variable.name: cell}

    def splits(self) -> list[Case]:
        """Return decided records that part-by-part logic finds open."""
        found: list[tuple[Cells, str]] = []
        for root in dict.fromkeys(self.logic.roots[name] for name in self.classes):
            names = [name for name in self.classes if self.logic.roots[name] == root]
            for variable in self._of(names[0]):
                for _ in range(_TRIES):
                    masks = crossing(self.rng, self.logic.diagrams, root, variable)
                    found += self._open_by_part(self._cells(masks), names) if masks else []
        cases = _merged(SPLITS, found)
        return self.rng.sample(cases, min(len(cases), 2 * self.records))

    def _open_by_part(self, cells: Cells, names: list[str]) -> list[tuple[Cells, str]]:
        known = read_record(self.guideline, "", cells).known
        if self.logic.state(names[0], known) == UNKNOWN:
            return []
        formulas = self.guideline.formulas
        return [
            (cells, name)
            for name in names
            if kleene(self.guideline, formulas[name], known) == UNKNOWN
        ]

    def pairs(self) -> list[Case]:
        """Return records in which every two cells of every two variables meet."""
        levels = {
            name: ["", *one_a_band(variable), *_some(self.rng, partials(variable))]
            for name, variable in self.variables.items()
        }
        return [Case(PAIRS, filled(r), self.classes) for r in covering(levels, self.rng)]

    def partly_known(self) -> list[Case]:
        """Return random records, asked for all classes."""
        return [Case(RANDOM, self.any(), self.classes) for _ in range(self.records)]

    # Records

    def any(self) -> dict[str, str]:
        """Return a random record: each variable as likely known as another, or steered."""
        known = self.rng.choice((0.1, 0.3, 0.5, 0.7, 0.9))
        if self.rng.random() < 0.5:
            return self.scattered(known)
        therapy = self.rng.choice(list(self.guideline.therapies))
        steered = cube(self.rng, self.logic.diagrams, self.logic.answers[therapy])
        for name in self.rng.sample(sorted(steered), min(len(steered), self.rng.choice((0, 1, 2)))):
            del steered[name]
        others = self.scattered(known)
        answer = self.logic.answer_variables(self.guideline.therapies[therapy])
        return {n: c for n, c in others.items() if n not in answer} | self._cells(steered)

    def scattered(self, known: float) -> dict[str, str]:
        """Return a record in which this share of the variables is known."""
        cells = {}
        for name, variable in self.variables.items():
            if self.rng.random() < known:
                some = partials(variable) if self.rng.random() < _PARTLY else []
                cells[name] = self.rng.choice(some or values(variable))
        return cells

    def _cells(self, masks: Mapping[str, int]) -> dict[str, str]:
        return filled({n: cell_of(self.variables[n], mask) for n, mask in masks.items()})


def _some(rng: random.Random, cells: list[str]) -> list[str]:
    return rng.sample(cells, min(len(cells), _PARTIALS))


def _merged(part: str, found: Iterable[tuple[Cells, str]]) -> list[Case]:
    """Return one case for each distinct record, with all the classes it is for."""
    classes: dict[tuple[tuple[str, str], ...], dict[str, None]] = {}
    for cells, name in found:
        classes.setdefault(tuple(sorted(filled(cells).items())), {}).setdefault(name)
    return [Case(part, dict(cells), tuple(names)) for cells, names in classes.items()]
