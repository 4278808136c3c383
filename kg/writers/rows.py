"""CSV and Parquet: one row a patient and therapy, or one compact row a patient."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from kg.column_records import CONFLICTS
from kg.results import STATE_, TherapyColumns, schema
from kg.tables import ID
from kg.verdicts import VERDICTS
from kg.writers import Chunk, Task

_LISTS = ("met", "missing", "unchecked")


def write_csv(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write CSV; lists are joined by semicolons."""
    with path.open("wb") as file:
        file.write((",".join(_columns(task)) + "\n").encode())
        for chunk in chunks:
            frame = compact_rows(task, chunk.frame) if task.compact else rows(task, chunk.frame)
            joined = [
                pl.col(name).list.join(";").replace("", None)
                for name in _LISTS
                if name in frame.columns
            ]
            frame.with_columns(joined).write_csv(file, include_header=False)


def write_parquet(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write Parquet; lists are list columns."""
    make = compact_rows if task.compact else rows
    columns = make(task, pl.DataFrame(schema=schema(task.guideline))).schema

    def frames(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        for chunk in chunks:
            yield make(task, chunk.frame)

    register_io_source(frames, schema=columns).sink_parquet(path)


def _columns(task: Task) -> list[str]:
    empty = pl.DataFrame(schema=schema(task.guideline))
    return (compact_rows if task.compact else rows)(task, empty).columns


def rows(task: Task, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row a patient and therapy, the therapies of a patient together."""
    frames = []
    for name in task.therapies:
        therapy = task.guideline.therapies[name]
        words, places = TherapyColumns(task.guideline, therapy).spread(frame)
        distinct = pl.DataFrame(
            words,
            schema={"verdict": pl.String(), **dict.fromkeys(_LISTS, pl.List(pl.String))},
        )
        answers = distinct[places] if len(distinct) else distinct
        told = frame.select(pl.col(ID), pl.lit(name).alias("therapy"))
        frames.append(told.hstack(answers.get_columns()))
    height = len(frame)
    order = pl.select(
        (pl.int_range(height * len(frames)) % len(frames)) * height
        + pl.int_range(height * len(frames)) // len(frames)
    ).to_series()
    return pl.concat(frames)[order] if height else frames[0]


def compact_rows(task: Task, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row a patient: verdicts in words, states as numbers, and conflicts.

    A state is 1 (excluded), 2 (met) or 3 (unknown); lists are left out.
    """
    words = pl.Enum(VERDICTS)
    verdicts = [pl.col(f"verdict:{name}").cast(words).alias(name) for name in task.therapies]
    classes = [*task.guideline.criteria, *task.guideline.recommendations, *task.guideline.responses]
    states = [pl.col(STATE_ + name).alias(name) for name in classes]
    return frame.select(pl.col(ID), *verdicts, *states, pl.col(CONFLICTS))
