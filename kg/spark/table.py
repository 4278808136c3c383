"""The Spark engine: the compiled plan on a cluster, for tables that one machine cannot hold.

1. Spark reads the table, numbers its rows and finds the ids that stand in more than one row.
2. Each task runs the same plan as the compiled engine over Arrow batches of its rows
   (`kg.spark.tasks`); what comes out is kept on the executors' disks.
3. The results of runs of rows come to this machine in order, for the same writers as ever;
   or the executors write them where the output is remote.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import polars as pl
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql.pandas.types import from_arrow_schema

from kg.engines.rejects import RejectCounter
from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, REASON
from kg.patients.assumptions import Assumptions
from kg.patients.headers import check_mapped
from kg.patients.lesions import LesionTable
from kg.patients.reading import PLAIN, Reading
from kg.patients.tables import Batch, RowReader, patient_head
from kg.readers import Source, lesions_beside
from kg.reasoning.results import Chunk, schema
from kg.spark import tasks
from kg.spark.files import Remote, new_folder
from kg.spark.sources import SparkSource
from kg.writers import Task

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

FOLDERS = ("csv", "parquet")  # formats that executors write


class SparkTable:
    """A table of patients that Spark classifies.

    Raises:
        InputError: a file cannot be read as a table, or its columns are not those of the
            guideline.
    """

    def __init__(
        self,
        spark: SparkSession,
        guideline: Guideline,
        patients: SparkSource,
        lesions: Source | None = None,
        reading: Reading = PLAIN,
        *,
        assumptions: Assumptions | None = None,
    ) -> None:
        if reading.keep:
            raise InputError("Spark carries no columns along; keep none, and join by patient_id")
        self.guideline = guideline
        self.source = patients
        self._spark = spark
        head = patient_head(guideline, patients, reading)
        second = lesions_beside(patients, lesions)
        table = LesionTable(guideline, second, reading) if second else None
        theirs = head.theirs(ID)
        if theirs is None:
            raise InputError(f"{patients.path}: Spark numbers no rows; give a column {ID}")
        check_mapped(reading, patients, *([table.source] if table else []))
        ids = self._ids(theirs)
        if table is not None:
            table.tell_strangers(self._known(ids, table.frame[ID]))
        self.lesions = table
        self.reader = RowReader(guideline, head, _repeated(ids), table, assumptions)

    def _ids(self, name: str) -> DataFrame:
        ids = self.source.frame.select(self.source.column(name).alias(ID))
        return ids.mapInArrow(tasks.id_texts, spark_types(tasks.IDS))

    def _known(self, ids: DataFrame, asked: pl.Series) -> pl.Series:
        """Return those of the ids asked that the table has."""
        distinct = [(text,) for text in asked.drop_nulls().unique(maintain_order=True)]
        some = self._spark.createDataFrame(distinct, spark_types(tasks.IDS))
        return _series(ids.join(some, ID, "leftsemi").distinct())

    def runs(self, task: Task) -> DataFrame:
        """Return the rows as runs that are classified, lazily."""
        reader, lesions = self.reader, self.lesions
        tasks.modules_of(self.guideline)  # what has changed is told before Spark would tell it
        columns = tuple(self.source.columns)
        of_lesions = lesions and (lesions.frame, lesions.head, lesions.source.first_row)
        parts = of_lesions or (None, None, None)
        job = tasks.SparkJob(task, columns, reader.head, reader.repeated, *parts)
        shared = self._spark.sparkContext.broadcast(job)
        return self.source.frame.mapInArrow(
            partial(tasks.classify, shared), spark_types(tasks.RUNS)
        )


class SparkResults:
    """The results of a table, on the executors' disks until the block ends."""

    def __init__(self, table: SparkTable, task: Task) -> None:
        self._table, self._task = table, task
        self._runs = table.runs(task).persist(StorageLevel.DISK_ONLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runs.unpersist()

    def chunks(self, rejects: RejectCounter) -> Iterator[Chunk]:
        """Yield the results in the order of the table; rejected rows go to `rejects`."""
        empty = pl.DataFrame(schema=schema(self._table.guideline, self._task.assumptions))
        for run in self._told(rejects, [tasks.RESULTS, tasks.GOOD]):
            if run[tasks.RESULTS] is not None:
                frame = tasks.from_bytes(run[tasks.RESULTS]).cast(empty.schema)
                rejects.summary.count(frame, self._table.guideline.therapies)
                yield Chunk(frame, partial(self._records, run[tasks.GOOD]))

    def _told(self, rejects: RejectCounter, columns: list[str]) -> Iterator[Any]:
        """Yield runs in order, once their rejected rows are told."""
        source, lesions = self._table.source, self._table.lesions
        runs = self._runs.select(tasks.FIRST, tasks.REJECTED, *columns).orderBy(tasks.FIRST)
        for run in runs.toLocalIterator(prefetchPartitions=True):
            if run[tasks.REJECTED] is not None:
                rejected = tasks.from_bytes(run[tasks.REJECTED])
                rejects.add(source, rejected)
                if lesions is not None:
                    ids = self._table.reader.head.ids(rejected)
                    told = lesions.rejected(ids, rejected[REASON])
                    rejects.add_lesions(lesions.source, told)
            yield run
        if lesions is not None:
            rejects.add_lesions(lesions.source, lesions.strangers)
        notes = self._table.reader.head.notes
        rejects.summary.notes = (*notes, *(lesions.notes if lesions else ()))

    def _records(self, good: bytes) -> Iterator[Any]:
        cells, lesions = tasks.from_bytes(good), self._table.lesions
        told = lesions.of(cells[ID])[0] if lesions else {}
        none = pl.DataFrame()
        return self._table.reader.records(Batch(cells, none, none, told, none, None))

    def write(self, form: str, output: Remote, rejects: RejectCounter) -> None:
        """Let the executors write a new folder of Parquet or CSV files.

        Raises:
            InputError: there is something of that name.
        """
        for _ in self._told(rejects, []):
            pass
        shared = self._runs.sparkSession.sparkContext.broadcast(self._task)
        counted = partial(tasks.count, shared)
        counts = results_of(self._runs).mapInArrow(counted, spark_types(tasks.COUNTS))
        for row in counts.collect():
            rejects.summary.add(row[0])
        rows = verdict_rows(self._runs, self._task, joined=form == "csv")
        with new_folder(rows.sparkSession, output):
            if form == "csv":
                options = {"header": True, "escape": '"', "emptyValue": ""}
                rows.write.mode("append").options(**options).csv(str(output))
            else:
                rows.write.mode("append").parquet(str(output))


def _repeated(ids: DataFrame) -> pl.Series:
    counted = ids.where(f"{ID} is not null").groupBy(ID).count()
    return _series(counted.where("count > 1").select(ID))


def _series(column: DataFrame) -> pl.Series:
    """Bring a column of texts to this machine."""
    return pl.Series(ID, pl.from_arrow(column.toArrow()[ID].combine_chunks()), pl.String)


def results_of(runs: DataFrame) -> DataFrame:
    """Return the results of runs that have any."""
    return runs.select(tasks.RESULTS).where(f"{tasks.RESULTS} is not null")


def verdict_rows(runs: DataFrame, task: Task, joined: bool) -> DataFrame:
    """Return runs as the rows that are written; lists become texts where `joined`."""
    empty = pl.DataFrame(schema=schema(task.guideline, task.assumptions))
    columns = spark_types(tasks.arrow_schema(tasks.written(task, joined, empty)))
    shared = runs.sparkSession.sparkContext.broadcast(task)
    return results_of(runs).mapInArrow(partial(tasks.write, shared, joined), columns)


def spark_types(schema: pa.Schema) -> StructType:
    """Return the types of columns as Spark knows them."""
    found: StructType = from_arrow_schema(schema)
    return found
