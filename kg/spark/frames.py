"""Spark's own frames, from Python: a DataFrame of patients in, a DataFrame of verdicts out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Unpack

import polars as pl

from kg.engines.rejects import as_told
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.keys import REASON
from kg.patients.assumptions import Assume, assumptions_of
from kg.patients.given import TableLike, given, is_spark
from kg.patients.reading import Options, reading_of
from kg.readers import open_source
from kg.spark.session import check_components
from kg.writers import Task

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kg.spark.sources import SparkSource
    from kg.spark.table import SparkTable


@dataclass(frozen=True)
class SparkResult:
    """The results of a Spark DataFrame, still on the cluster; each is worked out when it is used.

    `rejected` has the rows that were not classified, as text, with `_reason`. Where both are used,
    or one of them twice, have Spark keep the frame of patients (`persist`).
    """

    _table: SparkTable
    _task: Task

    @cached_property
    def frame(self) -> DataFrame:
        """One row per patient and therapy; with `compact` one row per patient; in no order."""
        from kg.spark.table import verdict_rows  # noqa: PLC0415 - needs the extra

        return verdict_rows(self._table.runs(self._task), self._task, joined=False)

    @cached_property
    def rejected(self) -> DataFrame:
        """The rows that were not classified, with `_reason`."""
        from kg.spark import tasks  # noqa: PLC0415 - needs the extra
        from kg.spark.table import spark_types  # noqa: PLC0415

        names = [*self._table.source.columns, REASON]
        texts = tasks.arrow_schema(pl.DataFrame(schema=dict.fromkeys(names, pl.String)))
        runs = self._table.runs(self._task).select(tasks.REJECTED)
        found = runs.where(f"{tasks.REJECTED} is not null")
        return found.mapInArrow(partial(tasks.rejected, names), spark_types(texts))

    @cached_property
    def rejected_lesions(self) -> pl.DataFrame:
        """The lesions that were not read, with `_reason`, on this machine."""
        lesions = self._table.lesions
        if lesions is None:
            return pl.DataFrame()
        rows = pl.DataFrame(self.rejected.toArrow())
        found = lesions.rejected(self._table.reader.head.ids(rows), rows[REASON])
        return as_told(pl.concat([found, lesions.strangers]))


def classify_spark(
    frame: DataFrame,
    lesions: TableLike | DataFrame | None = None,
    *,
    therapies: str | Iterable[str] | None = None,
    compact: bool = False,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> SparkResult:
    """Classify a Spark DataFrame of patients where it is: nothing of it comes to this machine.

    Only identifiers that stand in more than one row are looked for at once, and come here, as the
    lesions do. The executors need the same version of hcc-kg, with its extra spark. The other
    arguments are those of `classify_table`.

    Raises:
        InputError: the columns are not those of the guideline, or there is no such therapy.
        ComponentError: the extra spark is not installed.
    """
    check_components()
    from kg.spark.table import SparkTable  # noqa: PLC0415 - needs the extra

    chosen = _chosen(guideline, edition)
    asked, reading, second = assumptions_of(chosen, assume), reading_of(chosen, options), None
    source, spark = _source(frame, "the frame"), frame.sparkSession
    if lesions is not None:
        told = _source(lesions) if is_spark(lesions) else given(lesions, "the frame of lesions")
        second = open_source(told, chosen)
    table = SparkTable(spark, chosen, source, second, reading, assumptions=asked)
    task = Task(chosen, chosen.chosen(therapies), compact=compact, assumptions=asked)
    return SparkResult(table, task)


def _source(frame: Any, name: str = "the frame of lesions") -> SparkSource:
    from kg.spark.sources import SparkSource  # noqa: PLC0415 - needs the extra

    return SparkSource(name, frame, of_files=False)
