"""Tables that Spark reads: Parquet wherever it is, and local text files by way of Parquet.

Rows are numbered over all files of a table, in the order of the files' addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import PROBLEM, ROW, TOLD
from kg.readers import Source, open_source
from kg.spark.files import Remote
from kg.writers.parquet import write_parquet

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FILE, _START = "_file", "_start"
_CELLS = re.compile(
    r"string|boolean|void|float|double|(tiny|small|big)?int|(decimal|varchar|char)\("
)
_GLOB = re.compile(r"([\\*?\[\]{}])")


class SparkSource(Source):
    """A table that Spark reads; `frame` has its columns as `c0`, `c1`, … and `_row`, `_problem`.

    Raises:
        InputError: the table cannot be read.
    """

    def __init__(
        self,
        path: Path | Remote | str,
        read: DataFrame,
        like: Source | None = None,
        of_files: bool = True,
    ) -> None:
        self.path = path
        if like is not None:
            self.told_as(like)
        self.columns = [name for name in read.columns if name not in TOLD]
        self._types = {field.name: field.dataType.simpleString() for field in read.schema.fields}
        self.height: int | None = None
        if of_files:
            self.frame, self.height = _numbered(read, self.columns, like is not None)
        else:
            self.frame = _told_apart(read, self.columns)

    def check_cells(self, names: list[str]) -> None:
        """Check that the values of columns can be cells.

        Raises:
            InputError: a column holds dates, lists or the like.
        """
        for name in names:
            if not _CELLS.match(self._types[name]):
                raise InputError(
                    f"{self.path}, column {name}: values of type {self._types[name]} are not "
                    "cells; store numbers, booleans or text"
                )

    def column(self, name: str) -> Any:
        """Return a column of `frame` by its name in the table."""
        return self.frame[f"c{self.columns.index(name)}"]

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        """Bring all rows to this machine, as one frame; for small tables."""
        chosen = [self.column(name) for name in kept]
        table = self.frame.select(ROW, *chosen, PROBLEM).orderBy(ROW).toArrow()
        rows = pl.from_arrow(table)
        assert isinstance(rows, pl.DataFrame)  # noqa: S101 - a table has columns
        rows.columns = [ROW, *kept, PROBLEM]
        yield rows.with_columns(pl.col(ROW).cast(pl.UInt64))


def open_table(
    spark: SparkSession,
    guideline: Guideline,
    path: Path | Remote,
    scratch: Path,
    sheet: str | None = None,
) -> SparkSource:
    """Open a table for Spark; `scratch` is a folder for what is made of a text file.

    Raises:
        InputError: there is no such table, it is not Parquet where it has to be, or it is
            broken as a whole.
    """
    if isinstance(path, Remote):
        if path.suffix.lower() in (".csv", ".jsonl", ".ndjson", ".json", ".tsv"):
            raise InputError(
                f"{path}: remote tables are read from Parquet only, since Spark reads text in "
                "another way than the other engines; convert it to Parquet"
            )
        return SparkSource(path, spark.read.parquet(str(path)))
    if path.is_dir():
        return SparkSource(path, spark.read.parquet(_local(path)))
    source = open_source(path, guideline, sheet)
    if path.suffix.lower() == ".parquet":
        if path.name.startswith(("_", ".")):
            raise InputError(f"{path}: Spark reads no file whose name begins so; rename it")
        return SparkSource(path, spark.read.parquet(_local(path)))
    if not spark.sparkContext.master.startswith("local"):
        raise InputError(
            f"{path}: a cluster cannot read a text file of this machine; "
            "convert it to Parquet, where all its machines can read it"
        )
    cells = scratch / f"{path.stem}-{path.suffix[1:]}.cells.parquet"
    _write_cells(source, cells)
    return SparkSource(path, spark.read.parquet(_local(cells)), source)


def _local(path: Path) -> str:
    return "file://" + _GLOB.sub(r"\\\1", str(path.absolute()))


def _write_cells(source: Source, path: Path) -> None:
    """Write the cells of a text file as Parquet."""
    schema = pl.Schema(dict.fromkeys([*source.columns, PROBLEM], pl.String()))
    frames = (frame.select(*source.columns, PROBLEM) for frame in source.batches())
    write_parquet(frames, schema, path, row_group_size=50_000)


def _named(read: DataFrame, name: str) -> Any:
    return read["`" + name.replace("`", "``") + "`"]


def _told_apart(read: DataFrame, columns: list[str]) -> DataFrame:
    """Return a frame whose rows, which have no order, have numbers that tell them apart."""
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    return read.select(
        *(_named(read, name).alias(f"c{i}") for i, name in enumerate(columns)),
        f.lit(None).cast("string").alias(PROBLEM),
        (f.monotonically_increasing_id() + 1).alias(ROW),
    )


def _numbered(read: DataFrame, columns: list[str], problems: bool) -> tuple[DataFrame, int]:
    """Return the frame with the numbers of its rows, and how many rows it has."""
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    metadata = read.metadataColumn("_metadata")
    raw = read.select(
        *(_named(read, name).alias(f"c{i}") for i, name in enumerate(columns)),
        (_named(read, PROBLEM) if problems else f.lit(None).cast("string")).alias(PROBLEM),
        metadata.getField("file_path").alias(_FILE),
        (metadata.getField("row_index") + 1).alias(ROW),
    )
    heights = dict(sorted(tuple(row) for row in raw.groupBy(_FILE).count().collect()))
    starts = dict(zip(heights, accumulate(heights.values(), initial=0), strict=False))
    if len(starts) < 2:
        return raw.drop(_FILE), sum(heights.values())
    spark = read.sparkSession
    offsets = f.broadcast(
        spark.createDataFrame(list(starts.items()), f"{_FILE} string, {_START} long")
    )
    numbered = raw.join(offsets, _FILE).withColumn(ROW, f.col(ROW) + f.col(_START))
    return numbered.drop(_FILE, _START), sum(heights.values())
