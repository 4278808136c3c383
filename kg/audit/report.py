"""The audit as a whole: every kind of finding, and on how many patients of a table it bears."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from kg.audit.findings import Finding
from kg.audit.gaps import contradictions, gaps, recommendations
from kg.audit.idle import idle
from kg.audit.neighbours import neighbours
from kg.audit.readings import Readings
from kg.audit.space import Space
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.keys import ID
from kg.output import whole_file
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.readers import Source
from kg.reasoning.diagram import YES, Evaluation

Kind: TypeAlias = Literal[
    "gaps", "contradictions", "idle", "neighbours", "recommendations", "readings"
]
READINGS: Kind = "readings"
_OF_THE_SPACE: Mapping[Kind, tuple[str, Callable[[Space], Iterable[Finding]]]] = {
    "gaps": ("Patients without a therapy", gaps),
    "contradictions": ("Facts that speak for a therapy and rule it out", contradictions),
    "idle": ("Criteria that never decide anything", idle),
    "neighbours": ("Neighbours against the clinical direction", neighbours),
    "recommendations": ("Recommendations of contraindicated therapies", recommendations),
}
KINDS = {kind: title for kind, (title, _) in _OF_THE_SPACE.items()} | {
    READINGS: "Readings that change a verdict"
}


@dataclass(frozen=True)
class Section:
    """The findings of one kind; `open` has the readings that have no alternative, with notes."""

    kind: str
    title: str
    findings: tuple[Finding, ...]
    open: Mapping[str, str]


class Patients:
    """A table of patients on whom findings may bear, read once; `rejected` rows do not count.

    Raises:
        InputError: the table cannot be read.
    """

    def __init__(self, guideline: Guideline, source: Path | Source) -> None:
        self.source, self.rejected = source, 0
        self.records: list[Record] = []
        table = PatientTable(guideline, source)
        for batch in table.batches():
            self.rejected += len(batch.rejected)
            self.records.extend(table.records(batch))


def audit(
    kinds: Iterable[Kind] = tuple(KINDS),
    patients: Patients | None = None,
    guideline: Guideline | None = None,
) -> Iterator[Section]:
    """Yield the findings of some kinds in a guideline, in their order.

    Raises:
        OntologyError: its module of alternative readings is broken.
    """
    chosen = guideline or load()
    space = Space(chosen)
    evaluations = [space.logic.evaluation(r.known) for r in patients.records] if patients else None
    for kind in kinds:
        if kind == READINGS:
            readings = Readings(chosen.ontology.folder, chosen.edition)
            # Its thresholds cut other bands: the same table says other masks under it.
            again = Patients(readings.guideline, patients.source).records if patients else None
            found = tuple(readings.findings(again))
            yield Section(kind, KINDS[kind], found, readings.unanswered())
        else:
            found = tuple(_OF_THE_SPACE[kind][1](space))
            yield Section(kind, KINDS[kind], tuple(_counted(found, evaluations)), {})


def _counted(
    findings: Iterable[Finding], evaluations: list[Evaluation] | None
) -> Iterator[Finding]:
    """Yield findings with the number of patients on whom each bears, whatever is unknown."""
    for each in findings:
        if evaluations is None:
            yield each
        else:
            patients = sum(evaluation.possible(each.root) == YES for evaluation in evaluations)
            yield replace(each, patients=patients)


def as_json(sections: Iterable[Section]) -> str:
    """Return findings as a JSON object: by kind, each with its shares and examples."""
    return json.dumps(
        {section.kind: [_plain(each) for each in section.findings] for section in sections},
        indent=2,
        ensure_ascii=False,
    )


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "claim": finding.claim,
        **{name: list(names) for name, names in finding.about.items()},
        "share_even": finding.shares.even,
        "share_usual": finding.shares.usual,
        "among": finding.among or None,
        "left_without": finding.left_without and asdict(finding.left_without),
        "notes": dict(finding.notes),
        "patients": finding.patients,
        "changes": dict(finding.counts),
        "examples": {example.id: dict(example.cells) for example in finding.examples},
    }


def write_examples(sections: Iterable[Section], guideline: Guideline, path: Path) -> int:
    """Write all example records as a patient table, and return how many there are.

    Raises:
        InputError: the file is not a .csv, or cannot be written.
    """
    if path.suffix != ".csv":
        raise InputError(f"{path}: examples are written as CSV; name a file that ends in .csv")
    examples = [e for section in sections for each in section.findings for e in each.examples]
    told = {name for example in examples for name in example.cells}
    columns = [ID, *(name for name in guideline.variables if name in told)]
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({ID: example.id, **example.cells} for example in examples)
    return len(examples)
