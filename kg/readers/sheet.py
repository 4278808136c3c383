"""Workbooks: the cells of one sheet as texts; a title above the header is passed over.

Errors of formulas (`#REF!`), and formulas that have no value yet, are texts as well: the parser
would leave such cells empty, and empty means unknown.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO

import fastexcel
import polars as pl

from kg.errors import InputError
from kg.keys import ID
from kg.readers.source import Source, held, separator_of
from kg.readers.uploads import LARGEST, File, Upload, scannable

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')
_DAY = r"^(\d{4}-\d\d-\d\d) 00:00:00$"  # what a date is read as
_LONGEST_CELL = len(b' r="XFD1048576"')
_MOST_CELLS = 1 << 27  # of the rectangle that a sheet spans
_HEAD = 20  # rows among which a header is looked for
_OLD = b"\xd0\xcf\x11\xe0"  # what an older format begins with, and a workbook with a password
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_ERROR = re.compile(rb'(<(?:\w+:)?c\s[^>]*?\bt=)"e"')
_NO_VALUE = re.compile(  # a cell with a formula, and neither a value nor one that is a text
    rb'<((?:\w+:)?c)((?:\s(?!t=)[\w:]+="[^"]*")*)(?:\st="n")?((?:\s(?!t=)[\w:]+="[^"]*")*)>'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*?>([^<]*)</(?:\w+:)?f>)"
    rb"(?:<(\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)


class SheetSource(Source):
    """A sheet of an Excel workbook: that of a name, or the first.

    `separator` is what fits in a text file of these cells: no comma where they have commas.
    """

    def __init__(self, path: File, sheet: str | None = None) -> None:
        self.path = path
        computed = _check_size(path)
        try:
            book = _book(_with_errors(path, computed) if computed else path)
            name = _chosen(path, book.sheet_names, sheet)
            cells = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
        except (fastexcel.FastExcelError, OSError) as error:
            raise _broken(path) from error
        self.sheets = [each for each in book.sheet_names if sheet is None]
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
        formulas = pl.any_horizontal(pl.all().str.starts_with("=")).any()
        if computed and self._cells.select(formulas).item():
            self.notes += (
                f"{path}: some formulas have no value yet, and stand as they are written; open the "
                "workbook in Excel, and save it",
            )
        self.separator = separator_of(self._cells)

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        return held(self._cells, kept)


def sheets_of(file: File) -> list[str]:
    """Return the names of the sheets of a workbook; none where it is no workbook to be read."""
    try:
        _check_size(file)
        return _book(file).sheet_names if zipfile.is_zipfile(scannable(file)) else []
    except (fastexcel.FastExcelError, OSError, InputError):
        return []  # what is wrong is told where it is read


def sheet_with(file: File, names: Collection[str]) -> str | None:
    """Return the sheet of a workbook that has a column of one of some names, if only one has."""
    book, found = _book(file), list[str]()
    for name in book.sheet_names:
        head = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=_HEAD, dtypes="string")
        cells = {(cell or "").strip() for row in head.to_polars().iter_rows() for cell in row}
        found += [] if cells.isdisjoint(names) else [name]
    return found[0] if len(found) == 1 else None


def _book(file: File) -> fastexcel.ExcelReader:
    where = scannable(file)
    return fastexcel.read_excel(where if isinstance(where, Path) else where.getvalue())


def _header(cells: pl.DataFrame, full: list[int]) -> int:
    """Return the row of the header: that with our key, or the first with more than one cell."""
    ours = next((row for row in full[:_HEAD] if ID in cells.row(row)), None)
    if ours is not None:
        return ours
    counts = cells.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    return next((row for row in full if counts[row] > 1), full[0])


def _chosen(path: File, names: list[str], sheet: str | None) -> str:
    if not names:
        raise InputError(f"{path} has no sheet; it needs one with a header row")
    if sheet is not None and sheet not in names:
        raise InputError(f"{path} has no sheet {sheet!r}; it has {', '.join(names)}")
    return names[0] if sheet is None else sheet


def _broken(file: File) -> InputError:
    """Return what is said of a workbook that cannot be read."""
    with file.open("rb") as opened:
        begins = opened.read(len(_OLD))
    if begins == _OLD:
        why = "it has a password, or is of an older format"
    elif begins and begins[:2] != b"PK":
        why = "it is of another format, whatever its name says"
    else:
        why = "it is damaged" if begins else "it is empty"
    saved = "save it in Excel as .xlsx, without a password"
    return InputError(f"{file} is not a workbook that can be read: {why}; {saved}")


def _with_errors(file: File, parts: Collection[str]) -> Upload:
    """Return a workbook in which errors, and formulas without a value, are texts."""
    held = BytesIO()
    with zipfile.ZipFile(scannable(file)) as packed, zipfile.ZipFile(held, "w") as written:
        for name in packed.namelist():
            content = packed.read(name)
            if name in parts:
                content = _ERROR.sub(rb'\1"str"', content)
                content = _NO_VALUE.sub(rb'<\1\2\3 t="str"><\5v>=\4</\5v></\1>', content)
            written.writestr(name, content)
    return Upload(str(file), held.getvalue())


def _check_size(path: File) -> list[str]:
    """Check what a workbook unpacks to, and how far its cells reach, before it is read.

    Return the sheets that have formulas or errors. The reader takes memory for the whole rectangle
    of a sheet, so that one stray cell far out would end the process. What is no zip file is no
    workbook, and told where it is read.
    """
    if not zipfile.is_zipfile(scannable(path)):
        return []
    computed = []
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
                        computed += [name] if _check_reach(path, part) else []
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError) as error:
        raise _broken(path) from error
    return computed


def _check_reach(path: File, part: IO[bytes]) -> bool:
    """Check how far the cells of a sheet reach; return whether it has formulas or errors."""
    rows = columns = 0
    tail, computed = b"", False
    while chunk := part.read(1 << 20):
        text = tail + chunk
        computed = computed or b't="e"' in text or _FORMULA.search(text) is not None
        for letters, digits in _CELL.findall(text):
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
    return computed
