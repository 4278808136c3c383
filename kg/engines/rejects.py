"""Rejected rows of a run: counted, kept in memory, or collected in a file beside the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from filecmp import cmp
from itertools import count, takewhile
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from kg.engines.summary import Summary
from kg.errors import InputError
from kg.keys import PROBLEM, REASON, ROW
from kg.output import full_disk_told, is_device, whole_file
from kg.patients.columns import as_text
from kg.readers import Source

_LONGEST = 400


class RejectCounter:
    """Counts rejected rows and lesions; with `strict`, the first of them is an error.

    `summary` says what the run comes to.
    """

    def __init__(self, strict: bool = False) -> None:
        self.summary = Summary()
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
        first = f"{source.path}, {source.row_words(frame[ROW][0])}: {frame[REASON][0]}"
        self.summary.first_reason = self.summary.first_reason or first
        if self._strict:
            raise InputError(f"{shortened(first)}; no result was written, as the run is strict")
        self._keep(source, frame, of_lesions)

    def _keep(self, source: Source, frame: pl.DataFrame, of_lesions: bool) -> None:
        """Keep rejected rows; here they are only counted."""


class Rejects(RejectCounter):
    """Collects rejected rows in a CSV file, and rejected lesions in another beside it.

    The files appear when the block ends without error, and only where there are such rows. A
    file that is there already is never replaced, since it may have been corrected by hand: the
    new one gets a number, unless they hold the same. `path` and `lesion_path` tell what they are
    called in the end.
    """

    def __init__(self, path: Path, strict: bool = False) -> None:
        super().__init__(strict)
        self.path = path
        self.lesion_path = file_for_lesions(path)
        self._stack = ExitStack()
        self._parts: dict[Path, Path] = {}
        self._targets: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)
        if kind is None:
            self.path = self._ended(self.path, "rows")
            self.lesion_path = self._ended(self.lesion_path, "lesions")
            self.summary.rejects = (self.path, self.lesion_path)

    def _ended(self, path: Path, what: str) -> Path:
        """Return the file that holds what was kept; one that repeats an older file is removed."""
        if path not in self._parts:
            if path.is_file():
                told = f"{path} is from an earlier run: no {what} were rejected in this one"
                self.summary.notes = (*self.summary.notes, told)
            return path
        new = self._targets[path]
        for older in takewhile(lambda each: each != new, _numbered(path)):
            if cmp(older, new, shallow=False):
                new.unlink()
                return older
        return new

    def _keep(self, source: Source, frame: pl.DataFrame, of_lesions: bool) -> None:
        path = self.lesion_path if of_lesions else self.path
        new = path not in self._parts
        if new:
            within = source.path if isinstance(source.path, Path) else None
            self._parts[path] = self._opened(path, within)
        with full_disk_told(path), self._parts[path].open("ab") as file:
            as_told(frame).write_csv(file, include_header=new, separator=source.separator)

    def _opened(self, path: Path, within: Path | None) -> Path:
        free = path if is_device(path) else next(f for f in _numbered(path) if not f.exists())
        self._targets[path] = free
        try:
            within = within if within is not None and within.is_file() else None
            return self._stack.enter_context(whole_file(free, within))
        except InputError as error:
            raise InputError(
                f"{shortened(self.summary.first_reason)}. "
                f"Rejected rows are kept in a file, and {error} with --rejects"
            ) from error


class KeptRejects(RejectCounter):
    """Keeps rejected rows and rejected lesions in memory."""

    def __init__(self, strict: bool = False) -> None:
        super().__init__(strict)
        self._kept: dict[bool, list[pl.DataFrame]] = {False: [], True: []}

    def frame(self, columns: Sequence[str], of_lesions: bool = False) -> pl.DataFrame:
        """Return all of them; `columns` are those of the table that they come from."""
        texts = dict.fromkeys(columns, pl.String())
        empty = pl.DataFrame(schema={**texts, ROW: pl.UInt64(), REASON: pl.String()})
        return pl.concat([empty, *self._kept[of_lesions]])

    def _keep(self, source: Source, frame: pl.DataFrame, of_lesions: bool) -> None:
        self._kept[of_lesions].append(as_told(frame))


def file_for_lesions(place: Path) -> Path:
    """Return the file for rejected lesions, beside that for rejected rows.

    Raises:
        InputError: `place` is the name of no file, such as `.`.
    """
    if not place.name:
        raise InputError(f"{place} is a folder; name a file to write to with --rejects")
    return place.with_name(place.stem + ".lesions" + (place.suffix or ".csv"))


def _numbered(path: Path) -> Iterator[Path]:
    """Yield the names that a file may go by: its own, then with numbers from 2."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}.{number}{path.suffix}")


def as_told(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rejected rows as they are given back: texts, the row number and the reason."""
    cells = [as_text(frame[n]) for n in frame.columns if n not in (ROW, REASON, PROBLEM)]
    return pl.DataFrame([*cells, frame[ROW], frame[REASON]])


def shortened(text: str) -> str:
    """Return a message at a length that a terminal can show; the file of rejects has it all."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
