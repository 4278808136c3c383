"""Parquet tables: columns keep their types, as far as a cell can be of that type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from kg.errors import InputError
from kg.keys import PROBLEM, ROW, TOLD
from kg.readers.footers import check_depth
from kg.readers.source import BATCH
from kg.readers.uploads import File, scannable

# Some broken files make Polars panic, which is no child of its errors.
_BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


class ParquetSource:
    """A Parquet file; `schema` maps its columns to their types."""

    def __init__(self, path: File) -> None:
        self.path = path
        check_depth(path)
        try:
            self.schema = dict(pl.scan_parquet(scannable(path), glob=False).collect_schema())
        except (*_BROKEN, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{path} is not a Parquet file that can be read: {reason}") from error
        self.columns = [name for name in self.schema if name not in TOLD]

    def check_cells(self, names: list[str]) -> None:
        """Check that the values of columns can be cells.

        Raises:
            InputError: a column holds dates, lists or the like.
        """
        check_types(self.path, {name: self.schema[name] for name in names})

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows as frames in the types of the file."""
        kept = self.columns if only is None else only
        rows = (
            pl.scan_parquet(scannable(self.path), glob=False)
            .select(kept)
            .with_row_index(ROW, offset=1)
        )
        rows = rows.with_columns(
            pl.col(ROW).cast(pl.UInt64), pl.lit(None, pl.String).alias(PROBLEM)
        )
        try:
            yield from rows.collect_batches(chunk_size=BATCH, maintain_order=True)
        except _BROKEN as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{self.path}: the Parquet file is damaged: {reason}") from error


def check_types(path: File, schema: Mapping[str, pl.DataType]) -> None:
    """Check that values of typed columns can be cells.

    Raises:
        InputError: a column holds dates, lists or the like.
    """
    for name, dtype in schema.items():
        if dtype.is_nested() or not _is_cell(dtype):
            raise InputError(
                f"{path}, column {name}: values of type {dtype} are not cells; "
                "store numbers, booleans or text"
            )


def _is_cell(dtype: pl.DataType) -> bool:
    texts = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null)
    return dtype.is_numeric() or isinstance(dtype, texts)
