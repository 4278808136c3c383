"""Tables of patients from Python: classified in memory, or into a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Unpack

import polars as pl

from kg.engines.classification import chunks, kept_types, typed
from kg.engines.registry import engine_of
from kg.engines.rejects import KeptRejects, Rejects
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.explanation.explanations import verdict_table
from kg.explanation.tables import reasons_frame, reasons_schema
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.output import check_apart, whole_file
from kg.patients.assumptions import Assume, assumptions_of
from kg.patients.given import TableLike, table_of
from kg.patients.reading import Options, reading_of
from kg.reasoning.results import Chunk, patients
from kg.reasoning.verdicts import PatientResult
from kg.writers import Task, format_of, tells_missing, writer_of
from kg.writers.rows import compact_rows, empty, rows


@dataclass(frozen=True)
class TableResult:
    """The results of a table, in memory; `rejected` rows were not classified.

    `rejected` and `rejected_lesions` hold the rows as text with `_row`, the number of the data
    row from 1, and `_reason`. `summary` counts patients, rejected rows and verdicts.
    """

    summary: Summary
    rejected: pl.DataFrame
    rejected_lesions: pl.DataFrame
    _task: Task
    _results: pl.DataFrame
    _chunks: tuple[Chunk, ...]

    def __repr__(self) -> str:
        return f"<TableResult: {self.summary.words}>"

    def _repr_html_(self) -> str:
        named = self._task.guideline.therapies
        counts = ((named[name].label, self.summary.of(name)) for name in self._task.therapies)
        return verdict_table(self.summary.caption, counts)

    @property
    def guideline(self) -> Guideline:
        """The guideline that gave the verdicts."""
        return self._task.guideline

    @property
    def therapies(self) -> list[str]:
        """The therapies that there are verdicts on, in the order of the guideline."""
        return list(self._task.therapies)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row per patient and therapy, in the order of the table: patients × therapies.

        Columns: `patient_id` (String), `therapy`, `verdict` (Enum); `met`, `missing`, `unchecked`
        (lists of identifiers, sorted: List of Enum).
        """
        return rows(self._task, self._results)

    @cached_property
    def compact(self) -> pl.DataFrame:
        """One row per patient, in the order of the table.

        Columns: `patient_id` (String); the verdict (Enum) on each therapy; the state of each
        criterion, recommendation and response (UInt8: 1 excluded, 2 met, 3 unknown); `conflicts`
        (String: the JSON text of a list).
        """
        return compact_rows(self._task, self._results)

    def reasons(self, therapies: str | Iterable[str] | None = None) -> pl.DataFrame:
        """Return the reason of each verdict: one row per patient and therapy.

        Columns: `patient_id`, `therapy`, `verdict`; `eligible` (Boolean, null where the verdict
        is undetermined: such a patient is not ruled out); `reason`, a sentence; `criteria`,
        `labels` and `places` of the criteria behind the verdict (lists).

        Raises:
            InputError: there is no such therapy, or it was not asked for.
        """
        guideline = self._task.guideline
        names = self.therapies if therapies is None else guideline.chosen(therapies)
        for name in names:
            if name not in self._task.therapies:
                told = ", ".join(self._task.therapies)
                raise InputError(f"the table was not classified for {name}, but for {told} only")
        asked = self._task.assumptions
        frames = [reasons_frame(guideline, names, chunk, asked) for chunk in self._chunks]
        return pl.concat([pl.DataFrame(schema=reasons_schema(names, asked)), *frames])

    def patients(self) -> Iterator[PatientResult]:
        """Yield the results as objects, patient by patient."""
        for result in patients(self._task.guideline, self._results, self._task.assumptions):
            yield result.narrowed(self._task.therapies)


def classify_table(
    source: TableLike,
    lesions: TableLike | None = None,
    engine: str = "compiled",
    *,
    therapies: str | Iterable[str] | None = None,
    strict: bool = False,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> TableResult:
    """Classify a table of patients in memory.

    A table is a path, a pandas, Polars or Arrow frame, or a list with a mapping for each row.

    Bad rows are set aside; with `strict` the first one is an error. `options` say how the table
    is read: see `kg.Options`. Expect some kilobytes per patient: where that is too
    much, see `classify_file`.

    Raises:
        InputError: the table cannot be read, its columns are not those of the guideline, or
            there is no such engine or therapy.
        ComponentError: HermiT was asked for and there is no usable Java, or a table in RDF and
            no package shacl.
    """
    chosen = _chosen(guideline, edition)
    task = Task(chosen, chosen.chosen(therapies), assumptions=assumptions_of(chosen, assume))
    table = table_of(chosen, source, lesions, reading_of(chosen, options), task.assumptions)
    task = replace(task, keep=kept_types(table))
    kept = KeptRejects(strict)
    found = tuple(chunks(table, engine_of(engine, chosen).batches(), kept))
    return TableResult(
        summary=kept.summary,
        rejected=kept.frame(table.source.columns),
        rejected_lesions=kept.frame(
            table.lesions.source.columns if table.lesions else [], of_lesions=True
        ),
        _task=task,
        _results=typed(pl.concat([empty(task), *(c.frame for c in found)])),
        _chunks=found,
    )


def classify_file(
    source: TableLike,
    output: str | Path,
    lesions: TableLike | None = None,
    engine: str = "compiled",
    *,
    format: str | None = None,
    therapies: str | Iterable[str] | None = None,
    rejects: str | Path | None = None,
    explain: bool = False,
    compact: bool = False,
    reasons: bool = False,
    strict: bool = False,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> Summary:
    """Classify a table of any size into a file, batch by batch, as `hcc-kg classify` does.

    `format` is csv, json, jsonl, parquet, ttl or table; by default the ending of `output`.
    `explain` adds every criterion (json, jsonl); `compact` gives one row per patient, and
    `reasons` the reason of each verdict in words (csv, parquet). Rejected rows go to `rejects`, by
    default STEM.rejected.csv beside the output, where STEM is its name without the ending;
    rejected lesions go to STEM.rejected.lesions.csv beside that file. The file appears whole or
    not at all.

    Raises:
        InputError: as `classify_table`, a file cannot be written, there is no such format, or
            the format has no room for what `explain` or `compact` asks for.
        ComponentError: as `classify_table`.
    """
    chosen, target = _chosen(guideline, edition), Path(output)
    asked = assumptions_of(chosen, assume)
    task = Task(chosen, chosen.chosen(therapies), explain, compact, reasons, asked)
    form = format or format_of(target)
    writer_of(form, task)
    beside = target.parent / f"{target.stem}.rejected.csv"
    bin_ = Rejects(Path(rejects) if rejects else beside, strict)
    named = [Path(table) for table in (source, lesions) if isinstance(table, str | Path)]
    modules = chosen.ontology.modules.values()
    check_apart([*modules, *named], [target, bin_.path, bin_.lesion_path])
    table = table_of(chosen, source, lesions, reading_of(chosen, options), task.assumptions)
    task = replace(task, keep=kept_types(table))
    write = writer_of(form, task)
    with bin_, whole_file(target) as path:
        run = engine_of(engine, chosen).batches(missing=tells_missing(form, task))
        write(task, chunks(table, run, bin_), path)
    return bin_.summary
