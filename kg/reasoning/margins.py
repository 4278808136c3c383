"""How close a verdict is: the limits next to a known number beyond which it would be another.

Each number of which the record leaves one band possible is put into the band on either side of
it, everything else as it is, and the therapy is judged anew: exactly, like a record of its own.
A number that would contradict other facts of the record there is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.guideline import Guideline, Therapy
from kg.guideline.intervals import Interval
from kg.patients.records import Record
from kg.reasoning.changes import Search
from kg.reasoning.diagram import Evaluation


@dataclass(frozen=True)
class Margin:
    """A number of the record, the band beyond the limit next to it, and the verdict there."""

    variable: str
    beyond: Interval
    verdict: str


def margins(guideline: Guideline, record: Record, therapy: Therapy, given: str) -> Iterator[Margin]:
    """Yield the numbers of a record that decide the verdict `given`, and how."""
    search = Search(guideline, record, therapy)
    for level, name in enumerate(search.diagrams.order):
        variable, mask = guideline.variables[name], search.masks[level]
        if not variable.is_number or mask.bit_count() != 1:
            continue
        for beside in (mask >> 1, mask << 1 & variable.everything):
            if not beside or search.along({name: beside}) != ():
                continue
            masks = [*search.masks]
            masks[level] = beside
            verdict = search.logic.verdict(therapy, Evaluation(search.diagrams, masks))
            if verdict != given:
                yield Margin(name, variable.bands[beside.bit_length() - 1], verdict)
