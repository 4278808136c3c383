"""CSV and Parquet: one row per patient and therapy, or one compact row per patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import polars as pl

from kg.explanation.tables import reasons_frame
from kg.keys import ID
from kg.patients.column_records import CONFLICTS
from kg.readers.source import Made, ahead
from kg.reasoning.coded import LISTS, Coded, answers, interleaved
from kg.reasoning.results import (
    KEEP_,
    STATE_,
    VERDICT_,
    VERDICT_RECORDED_,
    Chunk,
    flags,
    schema,
    unpack,
)
from kg.reasoning.verdicts import VERDICTS
from kg.writers import parquet
from kg.writers.task import Task

ASSUMED = "assumed"
_GROUP = 9


def write_csv(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write CSV; lists are joined by semicolons."""
    with path.open("wb") as file:
        file.write((",".join(_columns(task)) + "\n").encode())

        def write(chunk: Chunk) -> None:
            _joined(task, chunk).write_csv(file, include_header=False)

        for _ in _beside(task, write, chunks):
            pass


def write_parquet(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write Parquet; lists are list columns."""
    made = _beside(task, partial(_made, task), chunks)
    parquet.write_parquet(made, _empty(task).schema, path)


def _beside(task: Task, make: Callable[[Chunk], Made], chunks: Iterator[Chunk]) -> Iterator[Made]:
    """Yield what is made of each chunk; reasons where records are read: both add to diagrams."""
    return map(make, chunks) if task.reasons else ahead(make, chunks)


def _columns(task: Task) -> list[str]:
    return _empty(task).columns


def empty(task: Task) -> pl.DataFrame:
    """Return a result frame without rows."""
    kept = {KEEP_ + name: dtype for name, dtype in task.keep.items()}
    return pl.DataFrame(schema={**schema(task.guideline, task.assumptions), **kept})


def _empty(task: Task) -> pl.DataFrame:
    return _made(task, Chunk(empty(task), lambda: iter(())))


def _made(task: Task, chunk: Chunk) -> pl.DataFrame:
    """Return the rows of the form that a task asks for."""
    if task.reasons:
        reasons = reasons_frame(task.guideline, task.therapies, chunk, task.assumptions)
        return _with_kept(chunk.frame, reasons, len(task.therapies))
    return (compact_rows if task.compact else rows)(task, chunk.frame)


def _joined(task: Task, chunk: Chunk) -> pl.DataFrame:
    """Return the same with lists as texts; an empty list is null."""
    if task.reasons:
        lists = pl.selectors.list()
        return _made(task, chunk).with_columns(lists.list.join("; ").replace("", None))
    return compact_rows(task, chunk.frame) if task.compact else joined_rows(task, chunk.frame)


def rows(task: Task, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per patient and therapy, the therapies of a patient together."""
    return _with_kept(
        frame,
        _rows(task, frame, answers(task.guideline, task.therapies, frame)),
        len(task.therapies),
    )


def joined_rows(task: Task, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the same rows with lists as texts, joined by semicolons; an empty list is null."""
    told = [
        {key: _text(one[key]) if key in (*LISTS, ASSUMED) else one[key] for key in one}
        for one in answers(task.guideline, task.therapies, frame)
    ]
    return _with_kept(frame, _rows(task, frame, told), len(told))


def _text(lists: Coded) -> Coded:
    joined = lists.joined(";")
    return Coded(joined.table.replace("", None), joined.places)


def _with_kept(frame: pl.DataFrame, made: pl.DataFrame, width: int) -> pl.DataFrame:
    """Return rows with the columns of the table that travel along, `width` rows a patient.

    One whose name the result has itself is called `table_` and its name.
    """
    row = pl.int_range(len(made), eager=True) // width
    kept = []
    for column in frame.select(pl.col(f"^{KEEP_}.*$")):
        name = column.name.removeprefix(KEEP_)
        kept.append(column.gather(row).alias(f"table_{name}" if name in made.columns else name))
    return made.hstack(kept)


def _rows(task: Task, frame: pl.DataFrame, told: list[dict[str, Coded]]) -> pl.DataFrame:
    therapies = pl.Series("therapy", task.therapies, dtype=pl.Enum(task.therapies))
    # Each patient with each therapy.
    keys = frame.select(ID).join(therapies.to_frame(), how="cross", maintain_order="left_right")
    with ThreadPoolExecutor() as pool:
        columns = pool.map(
            lambda key: interleaved([one[key] for one in told]).alias(key),
            ("verdict", *LISTS, *(("verdict_recorded", ASSUMED) if task.assumptions else ())),
        )
        return keys.hstack(list(columns))


def compact_rows(task: Task, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per patient: verdicts in words, states as numbers, and conflicts.

    A state is 1 (excluded), 2 (met) or 3 (unknown); lists are left out.
    """
    words = pl.Series(VERDICTS, dtype=pl.Enum(VERDICTS))
    verdicts = [words.gather(frame[VERDICT_ + name]).alias(name) for name in task.therapies]
    classes = [*task.guideline.criteria, *task.guideline.recommendations, *task.guideline.responses]
    states = [pl.col(STATE_ + name).alias(name) for name in classes]
    if task.assumptions is not None:
        verdicts += [
            words.gather(frame[VERDICT_RECORDED_ + name]).alias(f"{name}_recorded")
            for name in task.therapies
        ]
        verdicts.append(_assumed(list(task.assumptions.cells), frame))
    made = frame.select(ID).hstack(verdicts).hstack(frame.select(*states, CONFLICTS))
    return _with_kept(frame, made, 1)


def _assumed(names: list[str], frame: pl.DataFrame) -> pl.Series:
    """Return the names of what was assumed, joined; a few at a time, by a table of all sets."""
    groups = [tuple(names[first : first + _GROUP]) for first in range(0, len(names), _GROUP)]
    parts = [_joined_sets(group).gather(frame.select(flags(group))["assumed"]) for group in groups]
    joined = pl.concat_str(pl.all(), separator=";", ignore_nulls=True)
    return pl.DataFrame(parts).select(joined.alias(ASSUMED)).to_series()


@lru_cache(100)
def _joined_sets(names: tuple[str, ...]) -> pl.Series:
    """Return the texts of all sets of some names; the empty set is null."""
    texts = [";".join(unpack(names, bits)) or None for bits in range(1 << len(names))]
    return pl.Series(names[0], texts, pl.String)
