"""What runs in Spark's executors: the compiled plan over Arrow batches of rows.

Rows go in as columns `c0`, `c1`, … with `_row` and `_problem`. A row comes out for each run
of rows that follow one another in the table: the number of the first, and as bytes of Arrow
files its result frame, its rejected rows and, where they are asked for, the good rows.
"""

from __future__ import annotations

import copyreg
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from kg.engines.registry import BatchEngine, engine_of
from kg.engines.rejects import as_told
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.keys import ID, ROW, TOLD
from kg.ontology import Ontology
from kg.paths import edition_names
from kg.patients.columns import identifiers
from kg.patients.headers import Head
from kg.patients.lesions import LesionTable
from kg.patients.tables import RowReader
from kg.readers import Source
from kg.writers import Task
from kg.writers.rows import compact_rows, rows

if TYPE_CHECKING:
    from pyspark import Broadcast

FIRST, RESULTS, REJECTED, GOOD = "first", "results", "rejected", "good"
RUNS = pa.schema(
    [(FIRST, pa.int64()), (RESULTS, pa.binary()), (REJECTED, pa.binary()), (GOOD, pa.binary())]
)
IDS = pa.schema([(ID, pa.string())])
COUNTS = pa.schema([("counts", pa.string())])
Modules = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SparkJob:
    """What an executor needs to know: the task, and the table; `columns` are `c0`, `c1`, …."""

    task: Task
    columns: tuple[str, ...]
    head: Head
    repeated: pl.Series
    lesions: pl.DataFrame | None
    lesion_head: Head | None  # for messages, as the first row of a sheet is
    lesion_row: int | None


class _Lesions(Source):
    """The lesions, held as the frame that a `LesionTable` makes of them."""

    def __init__(self, frame: pl.DataFrame, first_row: int | None) -> None:
        self.path, self.frame, self.first_row = Path("lesions"), frame, first_row
        self.columns = [name for name in frame.columns if name not in TOLD]

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        yield self.frame


def modules_of(guideline: Guideline) -> Modules:
    """Return the files of the ontology, by name, with their texts.

    Raises:
        InputError: they are not what they were when the guideline was loaded.
    """
    read = guideline.ontology
    if Ontology(read.folder, edition=read.edition).sha256 != read.sha256:
        raise InputError(f"{read.folder} has changed since it was read; start again")
    paths = sorted(set(read.modules.values()))
    names = [path.relative_to(read.folder).as_posix() for path in paths]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return tuple(zip(names, texts, strict=True))


@lru_cache(maxsize=2)
def guideline_of(modules: Modules) -> Guideline:
    """Load the guideline from the texts of its files, once a process."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in modules:
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load(Path(folder), *edition_names(Path(folder)))  # there is one


# A guideline goes to executors, with the task that has it, as the texts of its files.
copyreg.pickle(Guideline, lambda guideline: (guideline_of, (modules_of(guideline),)))


def id_texts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return identifiers as the texts that a table reads them as."""
    for batch in batches:
        frame = _frame(batch)
        yield from _batches(pl.DataFrame([identifiers(frame.to_series()).alias(ID)]), IDS)


def classify(
    shared: Broadcast[SparkJob], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Classify rows; the columns returned are those of `RUNS`."""
    job = shared.value
    task, guideline = job.task, job.task.guideline
    lesions = None
    if job.lesions is not None and job.lesion_head is not None:
        lesions = LesionTable(guideline, _Lesions(job.lesions, job.lesion_row))
        lesions.head = job.lesion_head
    reader = RowReader(guideline, job.head, job.repeated, lesions, task.assumptions)
    engine = engine_of("compiled", guideline).batches(missing=not task.compact)
    for batch in batches:
        for run in _runs(_named(job.columns, batch)):
            yield _run(reader, engine, run, task.needs_records)


def _named(columns: Sequence[str], batch: pa.RecordBatch) -> pl.DataFrame:
    """Return a batch as a source of rows yields it."""
    names = {f"c{i}": name for i, name in enumerate(columns)}
    return _frame(batch).rename(names).with_columns(pl.col(ROW).cast(pl.UInt64))


def _runs(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut a frame where its rows do not follow one another in the table."""
    numbers = frame[ROW].cast(pl.Int64)
    cuts = [0, *(numbers.diff() != 1).fill_null(False).arg_true(), len(frame)]
    for start, end in pairwise(cuts):
        if end > start:
            yield frame[start:end]


def _run(
    reader: RowReader, engine: BatchEngine, rows: pl.DataFrame, with_good: bool
) -> pa.RecordBatch:
    batch = reader.batch(rows)
    results = to_bytes(engine(reader, batch)) if len(batch.cells) else None
    rejected = to_bytes(batch.rejected) if len(batch.rejected) else None
    good = to_bytes(batch.cells) if with_good and results else None
    columns = {FIRST: [rows[ROW][0]], RESULTS: [results], REJECTED: [rejected], GOOD: [good]}
    return pa.RecordBatch.from_pydict(columns, schema=RUNS)


def write(
    shared: Broadcast[Task], joined: bool, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Return results as the rows that are written."""
    for results in _results(batches):
        frame = written(shared.value, joined, results)
        yield from _batches(frame, arrow_schema(frame))


def written(task: Task, joined: bool, results: pl.DataFrame) -> pl.DataFrame:
    """Return the rows to write, in types that Spark has; lists become texts where `joined`."""
    lists = pl.selectors.list()
    frame = (compact_rows if task.compact else rows)(task, results).with_columns(
        pl.selectors.unsigned_integer().cast(pl.Int16),
        pl.selectors.enum().cast(pl.String),
        lists.cast(pl.List(pl.String)),
    )
    return frame.with_columns(lists.list.join(";")) if joined else frame


def rejected(names: list[str], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return rejected rows as texts, with the reason."""
    for found in _results(batches):
        frame = as_told(found).select(names)
        yield from _batches(frame, arrow_schema(frame))


def count(shared: Broadcast[Task], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return for each run what its results come to, as the counts of a `Summary`."""
    therapies = shared.value.guideline.therapies
    for results in _results(batches):
        summary = Summary()
        summary.count(results, therapies)
        yield pa.RecordBatch.from_arrays([[summary.counts_json()]], schema=COUNTS)


def arrow_schema(frame: pl.DataFrame) -> pa.Schema:
    """Return the types of the rows that are written, as Spark knows them."""
    types = {
        pl.String(): pa.string(),
        pl.Int16(): pa.int16(),
        pl.List(pl.String()): pa.list_(pa.string()),
    }
    return pa.schema([(name, types[dtype]) for name, dtype in frame.schema.items()])


def to_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as the bytes of an Arrow file."""
    file = BytesIO()
    frame.write_ipc(file, compression="lz4")
    return file.getvalue()


def from_bytes(data: bytes | bytearray) -> pl.DataFrame:
    """Return the frame that `to_bytes` was given; Spark 4.0 hands over a bytearray."""
    return pl.read_ipc(bytes(data))


def _results(batches: Iterator[pa.RecordBatch]) -> Iterator[pl.DataFrame]:
    for batch in batches:
        for data in batch.column(0):
            yield from_bytes(data.as_py())


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a batch has columns
    return frame


def _batches(frame: pl.DataFrame, schema: pa.Schema) -> list[pa.RecordBatch]:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.cast(schema).combine_chunks().to_batches()  # type: ignore[no-any-return]
