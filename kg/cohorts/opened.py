"""A cohort that is held open: its results in memory, to look into and to open patients from.

Nothing is written to disk. A patient takes about 300 bytes for the results and as many for the
cells, whatever the format of the table.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl

from kg.cohorts.expressions import open_sets
from kg.cohorts.model import CohortReport
from kg.cohorts.report import report_of
from kg.engines.classification import as_kept, chunks, typed
from kg.engines.registry import engine_of
from kg.engines.rejects import KeptRejects
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, PROBLEM, ROW
from kg.paths import example_cohort, example_lesions
from kg.patients.assumptions import Assume, assumptions_of
from kg.patients.columns import as_text
from kg.patients.drafts import Draft, draft_of
from kg.patients.reading import PLAIN, Reading
from kg.patients.tables import PatientTable, patient_head
from kg.readers import Source, open_source
from kg.readers.uploads import File, Upload
from kg.reasoning.results import KEEP_, VERDICT_, Chunk, packed, schema
from kg.reasoning.verdicts import ELIGIBLES, VERDICTS
from kg.texts import hint
from kg.writers import Task
from kg.writers.json import objects
from kg.writers.rows import joined_rows, rows

LARGEST = 500_000
STEP = 50_000
DOWNLOADS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "jsonl": "text/plain"}
_ELIGIBLE = [VERDICTS.index(word) for word in ELIGIBLES]

Progress = Callable[[int, int], object]
"""Told after each step how many patients are done, of how many."""


class _Kept(Source):
    """A table that has been read, compact: texts as numbers of the distinct ones.

    Raises:
        InputError: it has more rows than can be held, or is broken.
    """

    def __init__(self, source: Source) -> None:
        self.told_as(source)
        self.columns = source.columns
        frames: list[pl.DataFrame] = []
        for frame in source.batches():
            texts = pl.col(pl.String).exclude(ID, PROBLEM)
            frames.append(frame.with_columns(texts.cast(pl.Categorical())))
            if sum(map(len, frames)) > LARGEST:
                raise InputError(
                    f"{self.path} has more than {LARGEST:,} rows, which is what can be held "
                    "in memory; cut the table, or classify it with 'hcc-kg classify'"
                )
        none = pl.DataFrame(schema=dict.fromkeys([*self.columns, PROBLEM], pl.String()))
        self.frame = pl.concat(frames) if frames else none.with_row_index(ROW)

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows in small steps, so that progress can be shown."""
        yield from self.frame.select(ROW, *kept, PROBLEM).iter_slices(STEP)


@dataclass(frozen=True, eq=False)
class OpenCohort:
    """A classified table: `results` is a result frame (`kg.reasoning.results`), a row per patient.

    `table` is open on `cells`, the whole table as it stands, with `_row` and `_problem`, and read
    as `reading` says; `summary` counts what came of it.
    `rejected` and `rejected_lesions` hold the rows that were set aside as texts, with `_row` and
    `_reason`.
    """

    name: str
    table: PatientTable
    reading: Reading
    results: pl.DataFrame
    summary: Summary
    rejected: pl.DataFrame
    rejected_lesions: pl.DataFrame
    is_example: bool = False

    @property
    def guideline(self) -> Guideline:
        """The guideline that the verdicts come from."""
        return self.table.guideline

    @property
    def cells(self) -> pl.DataFrame:
        """The whole table as it stands."""
        source = self.table.source
        return source.frame if isinstance(source, _Kept) else pl.DataFrame()

    @cached_property
    def report(self) -> CohortReport:
        """The report on the cohort, counted when it is asked for first."""
        steps = self.results.iter_slices(STEP)
        return report_of(self.guideline, steps, self.summary, self.table.assumptions)

    @cached_property
    def answers(self) -> dict[str, pl.DataFrame]:
        """What `kg.cohorts.one_answer` has found out, by therapies."""
        return {}

    def assuming(self, asked: Assume) -> OpenCohort:
        """Return the cohort judged anew, with assumptions where its records are silent."""
        table = self.read_by(self.guideline, asked)
        return _judged(table, self.name, self.reading, lambda *_: None, is_example=self.is_example)

    def read_by(self, guideline: Guideline, asked: Assume | None = None) -> PatientTable:
        """Return the table as an edition of the guideline reads it, with assumptions if asked."""
        source, lesions = self.table.source, self.table.lesions
        return PatientTable(
            guideline,
            source,
            None if lesions is None or source.lesions else lesions.source,
            self.reading,
            assumptions_of(guideline, asked),
        )

    @cached_property
    def eligible(self) -> pl.Series:
        """The set of therapies that each patient is eligible for: bit i for therapy i."""
        flags = [pl.col(VERDICT_ + name).is_in(_ELIGIBLE) for name in self.guideline.therapies]
        return self.results.select(packed(flags).alias("eligible")).to_series()

    def draft(self, row: int) -> Draft:
        """Return the record of a patient, by the number of its row in the table, as it stands.

        Raises:
            InputError: the table has no such row.
        """
        found = self.cells.filter(pl.col(ROW) == row)
        if found.is_empty():
            raise InputError(f"{self.name} has no row {row}")
        read = self.table.head.read(found)[0]
        cells = {name: as_text(read[name])[0] for name in (ID, *self.table.variables)}
        return draft_of(self.guideline, cells, self._lesions(cells[ID]))

    def _lesions(self, patient_id: str | None) -> list[dict[str, str | None]]:
        if self.table.lesions is None:
            return []
        return self.table.lesions.frame.filter(pl.col(ID) == patient_id).to_dicts()

    @property
    def columns(self) -> list[str]:
        """The columns of the table that may travel into a download."""
        return [name for name in self.cells.columns if not name.startswith("_")]

    def frame(self, keep: Sequence[str] = ()) -> pl.DataFrame:
        """Return the results, one row per patient and therapy, with columns of the table.

        Raises:
            InputError: the table has no such column.
        """
        return rows(self._task, typed(self._with(keep)))

    def download(self, format_: str, keep: Sequence[str] = ()) -> bytes:
        """Return the results as `hcc-kg classify` writes them: csv, parquet or jsonl.

        `keep` are columns of the table that travel along.
        """
        into = io.BytesIO()
        if format_ == "parquet":
            self.frame(keep).write_parquet(into)
        elif format_ == "jsonl":
            for text in objects(self._task, iter([Chunk(self._with(keep), lambda: iter(()))])):
                into.write(text.encode() + b"\n")
        else:
            joined_rows(self._task, self._with(keep)).write_csv(into)
        return into.getvalue()

    @property
    def _task(self) -> Task:
        return Task(self.guideline, list(self.guideline.therapies))

    def _with(self, keep: Sequence[str]) -> pl.DataFrame:
        """Return the results with columns of the table."""
        for name in keep:
            if name not in self.columns:
                raise InputError(f"{self.name} has no column {name!r}{hint(name, self.columns)}")
        kept = self.cells.select(ROW, *(as_kept(self.cells[n]).alias(KEEP_ + n) for n in keep))
        return self.results.join(kept, ROW, "left", maintain_order="left")


def open_cohort(
    guideline: Guideline,
    patients: File | Source,
    lesions: File | Source | None = None,
    *,
    reading: Reading = PLAIN,
    progress: Progress = lambda done, total: None,
    is_example: bool = False,
) -> OpenCohort:
    """Classify a table and hold what comes of it.

    Raises:
        InputError: the table cannot be read, its columns are not those of the guideline, or it
            has more patients than can be held.
    """
    source = open_source(patients, guideline, reading.sheet)
    patient_head(guideline, source, reading)  # what is not a table need not be read
    table = PatientTable(guideline, _Kept(source), lesions, reading)
    return _judged(table, str(source.path), reading, progress, is_example=is_example)


def _judged(
    table: PatientTable, name: str, reading: Reading, progress: Progress, *, is_example: bool
) -> OpenCohort:
    """Classify a table that is held, and hold what comes of it."""
    guideline, frames, kept = table.guideline, list[pl.DataFrame](), KeptRejects()
    for chunk in chunks(table, engine_of("compiled", guideline).batches(), kept):
        frames.append(open_sets(guideline, chunk.frame))
        progress(kept.summary.patients + kept.summary.rejected, table.height)
    lesion_columns = table.lesions.source.columns if table.lesions else []
    none = pl.DataFrame(schema=schema(guideline, table.assumptions))
    return OpenCohort(
        name=name,
        table=table,
        reading=reading,
        results=pl.concat([none, *frames], rechunk=True),
        summary=kept.summary,
        rejected=kept.frame(table.source.columns),
        rejected_lesions=kept.frame(lesion_columns, of_lesions=True),
        is_example=is_example,
    )


@lru_cache(maxsize=2)
def open_example(guideline: Guideline) -> OpenCohort:
    """Return the example cohort, opened once for all who look at it: nobody changes it.

    It is read from memory, so that it outlives an update.
    """
    patients = Upload("example.csv", example_cohort().read_bytes())
    lesions = Upload("example-lesions.csv", example_lesions().read_bytes())
    return open_cohort(guideline, patients, lesions, is_example=True)
