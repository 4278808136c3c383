"""CSV tables: every cell is text; rows of the wrong length are told, not guessed at.

A file in which no cell is quoted and every line has as many separators as the header is read by
Polars, in parallel. Any other file is read row by row by the csv module of Python, which
knows quotes and can say what is wrong with a row. Both give the same cells.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Collection, Iterator
from functools import cached_property

import polars as pl

from kg.errors import InputError
from kg.keys import ID, LESION_ID, PROBLEM, ROW
from kg.readers.source import BATCH, Source, of_text
from kg.readers.text import readable
from kg.readers.uploads import File, scannable
from kg.texts import counted

_CHUNK = 1 << 22
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAID = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)  # a line for Excel, before the header


class CsvSource(Source):
    """A text file with a header row, whose cells are separated as the header shows.

    `known` are names that a header may have; where signs are as many, they decide.
    """

    path: File

    def __init__(self, path: File, known: Collection[str] = (ID, LESION_ID)) -> None:
        self.path = path
        self._file, self.notes = readable(path)
        # A cell may be as long as it likes; the default limit would end the run.
        csv.field_size_limit(sys.maxsize)
        with self._file.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            said = _SAID.fullmatch(head)
            self._skipped = 1 if said else 0
            self.separator = said[1] if said else _separator(head, known)
        if self.separator != ",":
            name = _SEPARATORS.get(self.separator, repr(self.separator))
            self.notes += (f"{path}: cells are separated by {name}",)
        try:
            header = next(self._rows(), [])
        except csv.Error as error:
            line = 1 + self._skipped
            raise InputError(f"{path}, line {line}: not valid CSV: {error}") from error
        if not any(map(str.strip, header)):
            raise InputError(f"{path} has no header row; its first line should name the columns")
        self._header = self.name_columns(header)

    @cached_property
    def _is_plain(self) -> bool:
        """Whether lines and commas alone make the rows."""
        signs = len(self._header) - 1
        if not signs or len(self.separator.encode()) > 1 or self._skipped:
            return False  # Polars would take a blank line for a row
        with self._file.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if b'"' in chunk or b"\r" in chunk:
                    return False
        found = pl.col("line").str.count_matches(self.separator, literal=True) == signs
        lines = pl.scan_lines(scannable(self._file), glob=False)
        return bool(lines.select(found.all()).collect(engine="streaming").item())

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        return self._fast(kept) if self._is_plain else of_text(kept, self._slow(kept))

    def _fast(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        frames = pl.scan_csv(
            scannable(self._file),
            separator=self.separator,
            glob=False,
            has_header=False,
            skip_lines=1,
            schema={str(i): pl.String() for i in range(len(self._header))},
            quote_char=None,
            row_index_name=ROW,
            row_index_offset=1,
        )
        cells = [pl.col(str(self._header.index(name))).alias(name) for name in kept]
        columns = [pl.col(ROW).cast(pl.UInt64), *cells]
        rows = frames.select(*columns, pl.lit(None, pl.String).alias(PROBLEM))
        yield from rows.collect_batches(chunk_size=BATCH, maintain_order=True)

    def _rows(self) -> Iterator[list[str]]:
        with self._file.open(encoding="utf-8-sig", newline="") as file:
            for _ in range(self._skipped):
                file.readline()
            yield from csv.reader(file, strict=True, delimiter=self.separator)

    def _slow(self, kept: list[str]) -> Iterator[tuple[int | str | None, ...]]:
        """Yield the rows below the header: their numbers, cells, and what is wrong with them."""
        width, number = len(self._header), 0
        positions = [self._header.index(name) for name in kept]
        rows = self._rows()
        next(rows)
        try:
            for number, cells in enumerate(filter(None, rows), start=1):  # a blank line is no row
                problem = None if len(cells) == width else _misfit(cells, width)
                every = [*cells, *[""] * (width - len(cells))]
                told = (every[position] or None for position in positions)  # as the fast way has it
                yield number, *told, problem
        except csv.Error as error:
            raise InputError(
                f"{self.path}, data row {number + 1}: not valid CSV: {error}; "
                "check the quotes of that row"
            ) from error


def _misfit(cells: list[str], width: int) -> str | None:
    """Say what is wrong with a row of another length than the header; empty ends are not."""
    extra = [repr(cell) for cell in cells[width:]]
    if not any(map(str.strip, cells[width:] if len(cells) > width else cells)):
        return None
    problem = f"the row has {counted(len(cells), 'cell')} where the header names {width}"
    if extra:
        are = "cell is" if len(extra) == 1 else "cells are"
        problem += f"; the extra {are} {', '.join(extra)}"
    return problem


def _separator(head: str, known: Collection[str]) -> str:
    """Return what separates the names of a header: what gives most names that are known, or most.

    What is quoted separates nothing; without any such sign there is one column.
    """
    best, most = ",", (0, 1)
    for sign in _SEPARATORS:
        try:
            names = next(csv.reader([head], delimiter=sign), [])
        except csv.Error:
            continue
        found = (sum(name.strip() in known for name in names), len(names))
        if found > most:
            best, most = sign, found
    return best
