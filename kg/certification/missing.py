"""Missing variables against HermiT: each says that some pair of completions differs, or none.

1. Of a variable that is reported, two completions of the record are built that differ in it
   alone; HermiT must answer differently about the therapy.
2. Of a variable that is not pinned and not reported, completions are drawn at random, and
   HermiT must answer the same whatever the variable's band.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.certification.answers import MISSING, Difference
from kg.certification.cells import Cells
from kg.certification.referees import ByReasoner, completed
from kg.certification.steering import Witness
from kg.certification.subjects import PATIENT
from kg.guideline import Guideline, Therapy
from kg.guideline.values import bands_of
from kg.patients.records import Record, read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import PatientResult


@dataclass(frozen=True)
class Gap:
    """Two completions of a record that differ in one variable, missing or not."""

    cells: Cells
    record: Record
    therapy: Therapy
    variable: str
    reported: bool
    completions: tuple[dict[str, int], ...]


class Gaps:
    """Chooses variables and completions, and asks HermiT about them."""

    def __init__(self, guideline: Guideline, rng: random.Random) -> None:
        self.guideline = guideline
        self.logic = logic_of(guideline)
        self.rng = rng

    def of(self, records: Sequence[Cells], results: Sequence[PatientResult]) -> list[Gap]:
        """Return one reported and one other variable of each undetermined record."""
        return [gap for pair in zip(records, results, strict=True) for gap in self._of(*pair)]

    def _of(self, cells: Cells, result: PatientResult) -> Iterator[Gap]:
        undetermined = [t for t in result.therapies.values() if t.missing]
        if not undetermined:
            return
        chosen = self.rng.choice(undetermined)
        therapy = self.guideline.therapies[chosen.therapy]
        record = read_record(self.guideline, PATIENT, cells)
        names = self.logic.answer_variables(therapy)
        others = [n for n in names if n not in chosen.missing and not record.known[n].pinned]
        reported = self.rng.choice(chosen.missing)
        yield Gap(cells, record, therapy, reported, True, self._witness(record, therapy, reported))
        if others:
            other = self.rng.choice(others)
            yield Gap(cells, record, therapy, other, False, self._drawn(record, names, other))

    def _witness(self, record: Record, therapy: Therapy, name: str) -> tuple[dict[str, int], ...]:
        """Return completions that should differ in the answer; none where there are none."""
        masks = [record.known[n].mask for n in self.logic.diagrams.order]
        if name not in self.logic.diagrams.level:
            return ()
        found = Witness(self.logic.diagrams, masks).of(self.logic.answers[therapy.id], name)
        if found is None:
            return ()
        rest = self._random(record, self.logic.answer_variables(therapy))
        bands = {n: mask.bit_length() - 1 for n, mask in found[0].items()}
        return tuple(rest | bands | {name: band} for band in found[1:])

    def _drawn(self, record: Record, names: Sequence[str], name: str) -> tuple[dict[str, int], ...]:
        rest = self._random(record, names)
        mask = record.known[name].mask
        bands = bands_of(mask)
        return tuple(rest | {name: band} for band in (bands[0], bands[-1]))

    def _random(self, record: Record, names: Sequence[str]) -> dict[str, int]:
        """Return a band within the mask of each variable that is not pinned already."""
        free = [name for name in names if not record.known[name].pinned]
        masks = {name: record.known[name].mask for name in free}
        return {name: self.rng.choice(bands_of(mask)) for name, mask in masks.items()}

    def difference(self, gap: Gap, reasoner: ByReasoner, engine: str) -> list[Difference]:
        """Ask HermiT about the completions; return what speaks against the report."""
        variables = self.guideline.variables
        outcomes = [
            reasoner.outcome(completed(gap.record, variables, bands), gap.therapy)
            for bands in gap.completions
        ]
        if gap.reported == (len(set(outcomes)) == 2):
            return []
        said = f"{gap.variable} {'is' if gap.reported else 'is not'} missing"
        note = "; ".join(outcomes) or "no two completions differ in the answer"
        right = f"{gap.variable} {'is not' if gap.reported else 'is'} missing"
        return [
            Difference(
                gap.cells, (MISSING, gap.therapy.id), ("HermiT", right), (engine, said), note
            )
        ]
