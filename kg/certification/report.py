"""What a certification found: a tally a part, and the smallest record that disagrees.

A disagreeing record is made as small as it can be while it still disagrees:
1. Each cell is left out where the rest still disagrees, until no cell can be.
2. Each cell of partial knowledge is replaced by a value where that still disagrees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kg.certification.answers import NOTHING, Difference, all_answers
from kg.certification.cells import Cells, partials, values
from kg.certification.referees import Referee
from kg.certification.subjects import Subject
from kg.guideline import Guideline

Disagrees = Callable[[Cells], bool]


@dataclass(frozen=True)
class Disagreement:
    """A difference with those who differ: the record can be asked again, made smaller."""

    part: str
    difference: Difference
    referee: Referee
    subject: Subject


@dataclass
class Tally:
    """What one part compared; `records` counts records, or total assignments of bands."""

    part: str
    about: str
    planned: int = 0
    records: int = 0
    comparisons: int = 0
    classes: set[str] = field(default_factory=set)
    findings: list[Disagreement] = field(default_factory=list)

    def count(self, records: int, comparisons: int, classes: set[str]) -> None:
        """Add what was compared."""
        self.records += records
        self.comparisons += comparisons
        self.classes |= classes


@dataclass(frozen=True)
class Example:
    """The smallest disagreeing record: what was asked, and who says what."""

    part: str
    cells: Cells
    question: str
    told: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True)
class Report:
    """All tallies, and an example where anything disagrees."""

    tallies: tuple[Tally, ...]
    example: Example | None

    @property
    def disagreements(self) -> int:
        """The number of answers that differ."""
        return sum(len(tally.findings) for tally in self.tallies)


def example_of(
    guideline: Guideline, findings: list[Disagreement], subjects: list[Subject]
) -> Example | None:
    """Return the smallest disagreeing record, made smaller while it still disagrees."""
    if not findings:
        return None
    finding = min(findings, key=lambda f: f.difference.size)
    difference, question = finding.difference, finding.difference.question

    def disagrees(cells: Cells) -> bool:
        expected = finding.referee.answer(cells, question)
        return expected is not None and expected != _says(finding.subject, cells, difference)

    cells = shrunk(guideline, difference.cells, disagrees)
    told = [difference.expected, difference.told]
    expected = finding.referee.answer(cells, question)
    if expected is not None and disagrees(cells):
        told = [(finding.referee.name, expected)]
        told += [(subject.name, _says(subject, cells, difference)) for subject in subjects]
    return Example(finding.part, cells, " ".join(question), tuple(told), difference.note)


def _says(subject: Subject, cells: Cells, difference: Difference) -> str:
    return all_answers(subject.classified([cells])[0]).get(difference.question, NOTHING)


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
