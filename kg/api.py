"""The Python API: load the guideline, classify one record or a table, explain, list what there is.

Everything here is also in `kg`. A record is a mapping of variables to Python values, in the
units of the variables (`Variable.unit`, UCUM); `kg.patients.mappings` says which values. Every
function takes `edition=`, such as "2026", or `guideline=` where another ontology than the one that
ships is meant. All errors are
children of `kg.errors.HccKgError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Unpack

import polars as pl

from kg.engines.classification import chunks, kept_types
from kg.engines.registry import engine_of
from kg.engines.rejects import KeptRejects, Rejects
from kg.engines.summary import Summary
from kg.explanation.explanations import PatientExplanation
from kg.explanation.reasons import explain as explanation_of
from kg.explanation.signs import verdict_table
from kg.explanation.tables import reasons_frame, reasons_schema
from kg.guideline import Criterion, Edition, Guideline, Therapy, load_all
from kg.guideline import chosen as _chosen
from kg.guideline import load as load_from
from kg.guideline.values import Variable
from kg.output import check_apart, whole_file
from kg.patients.assumptions import Assume, assumptions_of, made
from kg.patients.given import TableLike, table_of
from kg.patients.mappings import record_of
from kg.patients.options import Options, reading_of
from kg.reasoning.results import Chunk, patients
from kg.reasoning.verdicts import PatientResult, under_assumptions, verdicts_of
from kg.sources.draft import ImportedDraft, draft_of
from kg.writers import Task, format_of, writer_of
from kg.writers.rows import compact_rows, empty, rows


def load(folder: str | Path | None = None, edition: str | None = None) -> Guideline:
    """Load an edition of the guideline: as it ships, or that of a folder of Turtle modules.

    It is loaded once and then kept; all other functions load it by themselves. `editions` tells
    which there are; by default it is that of 2011.

    Raises:
        OntologyError: the ontology is broken or uses a construct that is not supported.
        InputError: there is no such edition.
    """
    return load_from(None if folder is None else Path(folder), edition)


def editions(folder: str | Path | None = None) -> list[Edition]:
    """Return the editions of the guideline: id, title, body, year, language, SHA-256 of the text.

    Raises:
        OntologyError: as `load`.
    """
    return [one.source for one in load_all(None if folder is None else Path(folder))]


def variables(*, guideline: Guideline | None = None, edition: str | None = None) -> list[Variable]:
    """Return the variables that the edition uses: type, range, unit, label and definition."""
    chosen = _chosen(guideline, edition)
    return [variable for variable in chosen.variables.values() if variable.name in chosen.used]


def criteria(*, guideline: Guideline | None = None, edition: str | None = None) -> list[Criterion]:
    """Return the criteria: identifier, kind, label, places in the guideline, reading, formula."""
    return list(_chosen(guideline, edition).criteria.values())


def therapies(*, guideline: Guideline | None = None, edition: str | None = None) -> list[Therapy]:
    """Return the therapies that get verdicts, each with the criteria of its row."""
    return list(_chosen(guideline, edition).therapies.values())


def classify(
    record: Mapping[str, object],
    lesions: Iterable[Mapping[str, object]] | None = None,
    engine: str = "compiled",
    *,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> PatientResult:
    """Return the verdicts on one patient.

    `lesions` has one mapping a lesion, by the columns of the lesion table, and is taken as
    complete. `engine` is "compiled", or "hermit" for the reasoner, which is much slower and
    gives the same answers. `assume` says what is assumed where the record is silent: "all", groups,
    variables or VARIABLE=CELL, in a list, or a mapping of cells; see `kg.patients.assumptions`.

    Raises:
        InputError: a name is not a variable, a value is none of its variable, there is no such
            engine, or what is to be assumed is unclear.
        ComponentError: HermiT was asked for and there is no usable Java.
    """
    chosen = _chosen(guideline, edition)
    asked = assumptions_of(chosen, assume)
    read = made(chosen, record_of(chosen, record, lesions), asked)
    found = engine_of(engine, chosen).classify(read)
    if asked is None or found.assumed is not None:
        return found
    return under_assumptions(chosen, found, {}, verdicts_of(found))


def explain(
    record: Mapping[str, object],
    lesions: Iterable[Mapping[str, object]] | None = None,
    engine: str = "compiled",
    *,
    therapies: str | Iterable[str] | None = None,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> PatientExplanation:
    """Return the verdicts on one patient with their reasons: criteria, facts, places, readings.

    `therapies` narrows the explanation to some therapies: an identifier, or several; None and
    an empty list leave all in.

    Raises:
        InputError: as `classify`, or there is no such therapy.
        ComponentError: as `classify`.
    """
    chosen = _chosen(guideline, edition)
    names = chosen.chosen(therapies)
    asked = assumptions_of(chosen, assume)
    read = made(chosen, record_of(chosen, record, lesions), asked)
    return explanation_of(chosen, read, engine_of(engine, chosen).classify(read).narrowed(names))


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
        return verdict_table(f"Verdicts: {self.summary.words}", counts)

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
            InputError: there is no such therapy.
        """
        guideline = self._task.guideline
        names = [n for n in guideline.chosen(therapies) if n in self._task.therapies]
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
        _results=pl.concat([empty(task), *(c.frame for c in found)]),
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
        run = engine_of(engine, chosen).batches(missing=not compact)
        write(task, chunks(table, run, bin_), path)
    return bin_.summary


def import_records(
    sources: Iterable[str | Path],
    as_of: date | None = None,
    *,
    rules: Iterable[str | Path] = (),
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> ImportedDraft:
    """Read FHIR files, or folders of FHIR or OMOP, as a draft of a patient table.

    `as_of` is the date for which values count; one patient may do without. `rules` are Turtle
    files with rules for codes of one's own. Nothing is classified: look at the `frame` of the
    draft, and at its `unread` for what was known and not read.

    Raises:
        InputError: a source is not there or holds nothing that is read, or the date is missing.
        OntologyError: a rule is at fault.
    """
    return draft_of(_chosen(guideline, edition), sources, as_of, rules)
