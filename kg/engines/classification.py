"""From a table to results: batches of records through an engine, rejected rows aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from kg.engines.compiled import ColumnPlan
from kg.errors import InputError
from kg.guideline import Guideline
from kg.output import whole_file
from kg.patients.column_records import CONFLICTS, derived_columns
from kg.patients.columns import as_text
from kg.patients.headers import ID, REASON
from kg.patients.tables import Batch, PatientTable, RowReader
from kg.readers import PROBLEM, ROW, Source
from kg.reasoning.results import MISSING_, STATE_, VERDICT_, to_frame
from kg.reasoning.verdicts import VERDICTS
from kg.writers import Chunk

BatchEngine = Callable[[RowReader, Batch], pl.DataFrame]
ENGINES = ("compiled", "hermit", "spark")
_LONGEST = 400


@dataclass
class Summary:
    """What a run came to: `verdicts` counts (therapy, verdict) by their numbers."""

    classified: int = 0
    rejected: int = 0
    rejected_lesions: int = 0
    conflicting: int = 0
    formulas: int = 0
    first_reason: str = ""
    verdicts: Counter[tuple[str, int]] = field(default_factory=Counter)

    def of(self, therapy: str) -> dict[str, int]:
        """Return how many patients got each verdict on a therapy."""
        return {word: self.verdicts[therapy, number] for number, word in enumerate(VERDICTS)}

    def count(self, frame: pl.DataFrame, therapies: Iterator[str] | list[str]) -> None:
        """Add a result frame."""
        self.classified += len(frame)
        self.conflicting += int((frame[CONFLICTS] != "[]").sum())
        self.formulas += int(frame[ID].str.contains(r"^[=+@\-]").sum())
        for therapy in therapies:
            counts = frame[VERDICT_ + therapy].value_counts()
            for number, count in counts.iter_rows():
                self.verdicts[therapy, number] += count


@cache
def _plan(guideline: Guideline) -> ColumnPlan:
    return ColumnPlan(guideline)


def compiled_engine(guideline: Guideline, missing: bool = True) -> BatchEngine:
    """Return the compiled engine for batches; `missing` variables cost the most and can wait."""
    plan = _plan(guideline)

    def classify(table: RowReader, batch: Batch) -> pl.DataFrame:
        known = derived_columns(table, batch)
        states = plan.states(known)
        open_ = plan.missing(known) if missing else plan.nothing_missing(len(known))
        return pl.DataFrame(
            [
                batch.cells[ID],
                batch.cells[ROW],
                known[CONFLICTS],
                *(column.alias(STATE_ + column.name) for column in states),
                *(column.alias(VERDICT_ + column.name) for column in plan.verdicts(states)),
                *(column.alias(MISSING_ + column.name) for column in open_),
            ]
        )

    return classify


def engine_of(
    name: str,
    guideline: Guideline,
    advance: Callable[[], object] = lambda: None,
    missing: bool = True,
) -> BatchEngine:
    """Return an engine of this process for batches; `advance` is called after each patient.

    Only HermiT goes patient by patient. `missing` variables may be left out.

    Raises:
        InputError: there is no such engine in this process.
        ComponentError: HermiT was asked for and there is no usable Java.
    """
    if name == "compiled":
        return compiled_engine(guideline, missing)
    if name == "hermit":
        return hermit_engine(guideline, advance)
    raise no_engine(name)


def no_engine(name: str) -> InputError:
    """Return the error for a name that is no engine of this process."""
    return InputError(f"{name!r} is no engine of this process; these are compiled and hermit")


def hermit_engine(guideline: Guideline, advance: Callable[[], object]) -> BatchEngine:
    """Return HermiT for batches: one record after another; `advance` is called after each.

    Raises:
        ComponentError: there is no usable Java.
    """
    from kg.engines.hermit import Hermit  # noqa: PLC0415 - starts a Java virtual machine

    hermit = Hermit(guideline)

    def classify(table: RowReader, batch: Batch) -> pl.DataFrame:
        results = []
        for record in table.records(batch):
            results.append(hermit.classify(record))
            advance()
        return to_frame(guideline, results, batch.cells[ROW].to_list())

    return classify


def classified(
    table: PatientTable, engine: BatchEngine, rejects: RejectCounter, summary: Summary
) -> Iterator[tuple[Batch, pl.DataFrame]]:
    """Yield the batches of a table with their result frames; rejected rows go to `rejects`."""
    for batch in table.batches():
        rejects.add(table.source, batch.rejected)
        if table.lesions is not None and batch.rejected_lesions is not None:
            rejects.add_lesions(table.lesions.source, batch.rejected_lesions)
        if len(batch.cells):
            frame = engine(table, batch)
            summary.count(frame, list(table.guideline.therapies))
            yield batch, frame
    if table.lesions is not None:
        rejects.add_lesions(table.lesions.source, table.lesions.strangers)


def chunks(
    table: PatientTable, engine: BatchEngine, rejects: RejectCounter, summary: Summary
) -> Iterator[Chunk]:
    """Yield the results of a table; rejected rows go to `rejects`."""
    for batch, frame in classified(table, engine, rejects, summary):
        yield Chunk(frame, lambda batch=batch: table.records(batch))  # type: ignore[misc]


class RejectCounter:
    """Counts rejected rows and lesions; with `strict`, the first of them is an error."""

    def __init__(self, summary: Summary, strict: bool = False) -> None:
        self.summary = summary
        self._strict = strict

    def add(self, source: Source, rows: pl.DataFrame) -> None:
        """Add rejected rows.

        Raises:
            InputError: the run is strict and there are such rows.
        """
        self.summary.rejected += len(rows)
        self._add(source, rows, of_lesions=False)

    def add_lesions(self, source: Source, lesions: pl.DataFrame) -> None:
        """Add rejected lesions.

        Raises:
            InputError: the run is strict and there are such lesions.
        """
        self.summary.rejected_lesions += len(lesions)
        self._add(source, lesions, of_lesions=True)

    def _add(self, source: Source, frame: pl.DataFrame, of_lesions: bool) -> None:
        if frame.is_empty():
            return
        first = f"{source.path}, row {frame[ROW][0]}: {frame[REASON][0]}"
        self.summary.first_reason = self.summary.first_reason or first
        if self._strict:
            raise InputError(f"{shortened(first)}; no result was written (--strict)")
        self._keep(frame, of_lesions)

    def _keep(self, frame: pl.DataFrame, of_lesions: bool) -> None:
        """Keep rejected rows; here they are only counted."""


class Rejects(RejectCounter):
    """Collects rejected rows in a CSV file, and rejected lesions in another beside it.

    The files appear when the block ends without error, and only where there are such rows.
    """

    def __init__(self, path: Path, summary: Summary, strict: bool = False) -> None:
        super().__init__(summary, strict)
        self.path = path
        self.lesion_path = path.with_name(path.stem + ".lesions" + (path.suffix or ".csv"))
        self._stack = ExitStack()
        self._parts: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _keep(self, frame: pl.DataFrame, of_lesions: bool) -> None:
        path = self.lesion_path if of_lesions else self.path
        new = path not in self._parts
        if new:
            self._parts[path] = self._stack.enter_context(whole_file(path))
        with self._parts[path].open("ab") as file:
            as_told(frame).write_csv(file, include_header=new)


class KeptRejects(RejectCounter):
    """Keeps rejected rows and rejected lesions in memory."""

    def __init__(self, summary: Summary, strict: bool = False) -> None:
        super().__init__(summary, strict)
        self._kept: dict[bool, list[pl.DataFrame]] = {False: [], True: []}

    def frame(self, columns: Sequence[str], of_lesions: bool = False) -> pl.DataFrame:
        """Return all of them; `columns` are those of the table that they come from."""
        texts = dict.fromkeys(columns, pl.String())
        empty = pl.DataFrame(schema={**texts, ROW: pl.UInt64(), REASON: pl.String()})
        return pl.concat([empty, *self._kept[of_lesions]])

    def _keep(self, frame: pl.DataFrame, of_lesions: bool) -> None:
        self._kept[of_lesions].append(as_told(frame))


def as_told(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rejected rows as they are given back: texts, the row number and the reason."""
    cells = [as_text(frame[n]) for n in frame.columns if n not in (ROW, REASON, PROBLEM)]
    return pl.DataFrame([*cells, frame[ROW], frame[REASON]])


def shortened(text: str) -> str:
    """Return a message at a length that a terminal can show; the file of rejects has it all."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
