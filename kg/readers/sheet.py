"""Workbooks: the cells of one sheet as texts; a title above the header is passed over."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import fastexcel
import polars as pl

from kg.errors import InputError
from kg.readers.source import Source, first_line, held
from kg.readers.uploads import LARGEST, File, scannable

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')
_DAY = r"^(\d{4}-\d\d-\d\d) 00:00:00$"  # what a date is read as
_LONGEST_CELL = len(b' r="XFD1048576"')
_MOST_CELLS = 1 << 27  # of the rectangle that a sheet spans


class SheetSource(Source):
    """A sheet of an Excel workbook: that of a name, or the first.

    `separator` is what fits in a text file of these cells: no comma where they have commas.
    """

    def __init__(self, path: File, sheet: str | None = None) -> None:
        self.path = path
        _check_size(path)
        try:
            book = _book(path)
            name = _chosen(path, book.sheet_names, sheet)
            cells = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
        except (fastexcel.FastExcelError, OSError) as error:
            told = f"{path} is not a workbook that can be read: {first_line(error)}"
            raise InputError(told) from error
        self.sheets = [repr(each) for each in book.sheet_names if sheet is None]
        if len(book.sheet_names) > 1:
            self.notes += (f"{path}: sheet {name!r} is read",)
        cells = cells.with_columns(pl.all().str.replace(_DAY, "$1"))
        full = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
        if not len(full):
            raise InputError(f"{path}: sheet {name!r} is empty; it needs a header row")
        head = _header(cells, full.to_list())
        if head != full[0]:
            self.notes += (f"{path}: the header is row {head + 1}; what is above is a title",)
        names = self.name_columns(text or "" for text in cells.row(head))
        self.first_row = head + 2
        self._cells = cells[head + 1 :]
        self._cells.columns = names
        commas = pl.any_horizontal(pl.all().str.contains("[0-9],[0-9]"))
        self.separator = ";" if self._cells.select(commas.any()).item() else ","

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        return held(self._cells, kept)


def sheets_of(file: File) -> list[str]:
    """Return the names of the sheets of a workbook; none where it is no workbook to be read."""
    try:
        _check_size(file)
        return _book(file).sheet_names if zipfile.is_zipfile(scannable(file)) else []
    except (fastexcel.FastExcelError, OSError, InputError):
        return []  # what is wrong is told where it is read


def _book(file: File) -> fastexcel.ExcelReader:
    where = scannable(file)
    return fastexcel.read_excel(where if isinstance(where, Path) else where.getvalue())


def _header(cells: pl.DataFrame, full: list[int]) -> int:
    """Return the row of the header: the first that has more than one cell, where some has."""
    counts = cells.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    return next((row for row in full if counts[row] > 1), full[0])


def _chosen(path: File, names: list[str], sheet: str | None) -> str:
    if not names:
        raise InputError(f"{path} has no sheet; it needs one with a header row")
    if sheet is not None and sheet not in names:
        raise InputError(f"{path} has no sheet {sheet!r}; it has {', '.join(names)}")
    return names[0] if sheet is None else sheet


def _check_size(path: File) -> None:
    """Check what a workbook unpacks to, and how far its cells reach, before it is read.

    The reader takes memory for the whole rectangle of a sheet, so that one stray cell far out
    would end the process. What is no zip file is an older format, not packed.
    """
    if not zipfile.is_zipfile(scannable(path)):
        return
    try:
        with zipfile.ZipFile(scannable(path)) as packed:
            size = sum(part.file_size for part in packed.infolist())
            if size > LARGEST:
                raise InputError(
                    f"{path} unpacks to more than {LARGEST >> 20:,} MiB; save it as CSV"
                )
            for name in packed.namelist():
                if _SHEET.fullmatch(name.lower()):
                    with packed.open(name) as part:
                        _check_reach(path, part)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{path} is not a workbook that can be read: {error}") from error


def _check_reach(path: File, part: IO[bytes]) -> None:
    rows = columns = 0
    tail = b""
    while chunk := part.read(1 << 20):
        for letters, digits in _CELL.findall(tail + chunk):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            rows, columns = max(rows, int(digits)), max(columns, column)
        tail = chunk[-_LONGEST_CELL:]
    if rows * columns > _MOST_CELLS:
        raise InputError(
            f"{path}: a sheet has a cell as far out as row {rows:,}, column {columns:,}; delete "
            "what stands beyond the table, or save it as CSV"
        )
