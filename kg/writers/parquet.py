"""Parquet files written frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from kg.output import full_disk

STATISTICS = {"min": False, "max": False, "null_count": True}


def write_parquet(
    frames: Iterator[pl.DataFrame],
    schema: pl.Schema,
    path: Path,
    row_group_size: int | None = None,
) -> None:
    """Write frames as one Parquet file, one after another."""
    # A sink asks for everything: there is nothing to push down.
    rows = register_io_source(lambda *_: frames, schema=schema)
    try:
        # Least and greatest words of lists cost more than the rest of writing, and help nobody.
        rows.sink_parquet(path, row_group_size=row_group_size, statistics=STATISTICS)
    except pl.exceptions.ComputeError as error:
        if reason := full_disk(error):
            raise OSError(reason) from error
        raise
