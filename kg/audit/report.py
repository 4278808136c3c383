"""The audit as a whole: findings with their patients, as frames, JSON, Markdown and words."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import polars as pl

from kg.audit.gaps import contradictions, gaps, idle, recommendations
from kg.audit.neighbours import neighbours
from kg.audit.readings import Readings
from kg.audit.space import Example, Finding, Shares, Space
from kg.errors import InputError
from kg.guideline import Guideline, chosen, load
from kg.keys import ID
from kg.output import whole_file
from kg.patients.given import TableLike, given
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.readers import Source
from kg.reasoning.diagram import YES, Evaluation
from kg.texts import counted

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
            if evaluations is not None:
                found = tuple(replace(each, patients=_bears(each, evaluations)) for each in found)
            yield Section(kind, KINDS[kind], found, {})


def _bears(finding: Finding, evaluations: Iterable[Evaluation]) -> int:
    """Return the number of patients on whom a finding bears, whatever is unknown."""
    return sum(evaluation.possible(finding.root) == YES for evaluation in evaluations)


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


_LEAST = 1e-5
_LEFT = {
    "neighbours": "with every therapy contraindicated or not indicated for the better-off patient",
    "recommendations": "with every therapy that it concerns contraindicated or not indicated",
}


def share(found: float) -> str:
    """Return a share as a percentage, with as many digits as matter."""
    if found == 0:
        return "none"
    if found < _LEAST:
        return f"under {_LEAST:.3%}"
    if found > 1 - _LEAST:
        return "all" if found == 1 else f"over {1 - _LEAST:.3%}"
    return f"{100 * found:.2g}%" if 100 * found < 99 else f"{found:.3%}"


def shares(found: Shares) -> str:
    """Return both shares of a finding."""
    return f"{share(found.even)} even, {share(found.usual)} usual"


def cells(example: Example) -> str:
    """Return the remarkable cells of an example, and how many others it has."""
    told = [f"{name}={example.cells[name]}" for name in example.remarkable]
    others = len(example.cells) - len(told)
    if others:
        told.append(f"and {others} unremarkable cell{'' if others == 1 else 's'}")
    return " ".join(told)


def pairs(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield what is told of a finding besides its claim: a word, and what it is."""
    about = {what: ", ".join(names) for what, names in finding.about.items() if names}
    if "therapies" in about:
        yield "therapies", about["therapies"]
    among = f" of {finding.among}" if finding.among else ""
    yield "share", shares(finding.shares) + among
    if finding.left_without is not None:
        left = next(words for kind, words in _LEFT.items() if finding.id.startswith(kind))
        yield left, shares(finding.left_without)
    if finding.patients is not None:
        yield "patients of the table", str(finding.patients)
    yield from ((word, text) for word, text in finding.notes.items() if text)
    for example in finding.examples:
        yield f"example {example.id}", cells(example)


def markdown(sections: Iterable[Section]) -> str:
    """Return findings as Markdown; several kinds each have a heading."""
    shown = list(sections)
    lines = (line for section in shown for line in _section(section, len(shown) > 1))
    return "\n".join(lines) + "\n"


def _section(section: Section, headed: bool) -> Iterator[str]:
    if headed:
        yield f"### {section.title}\n"
    if not section.findings:
        yield "None found.\n"
    for finding in section.findings:
        yield f"- **{finding.id}**: {_escaped(finding.claim)}."
        for word, text in pairs(finding):
            code = word.startswith("example")
            yield f"  - {word}: {f'`{text}`' if code else _escaped(text)}"
    if section.open:
        yield f"\nReadings without a clear alternative: {_escaped(', '.join(section.open))}."


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")


_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("kind", "id", "claim"), pl.String),
    "about": pl.List(pl.String),
    **dict.fromkeys(("share_even", "share_usual"), pl.Float64),
    "patients": pl.Int64,
}


def findings(
    kind: Kind | None = None,
    patients: TableLike | None = None,
    *,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> pl.DataFrame:
    """Return the findings of `hcc-kg audit`, one a row: all, or those of one kind.

    `kind` is gaps, contradictions, idle, neighbours, recommendations or readings. `about` names
    classes, variables, therapies and statements. The shares are of all complete records without
    conflicts; `patients` counts those of a table on whom a finding bears, where one is given.

    Raises:
        InputError: there is no such kind, or the table cannot be read.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(
            f"there are no findings of kind {kind!r}; the kinds are {', '.join(KINDS)}"
        )
    asked = chosen(guideline, edition)
    table = None if patients is None else Patients(asked, given(patients))
    if table is not None and table.rejected:
        told = counted(table.rejected, "row")
        warnings.warn(f"{told} rejected, and not counted; classify_table says why", stacklevel=2)
    sections = audit(KINDS if kind is None else [kind], table, asked)
    rows = []
    for section in sections:
        for one in section.findings:
            about = [name for names in one.about.values() for name in names]
            shares = (one.shares.even, one.shares.usual)
            rows.append((section.kind, one.id, one.claim, about, *shares, one.patients))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
