"""Readers of tables: one module a format; all yield the same frames of cells.

A source yields data frames in which each column is one column of the table (as text, or in
its own type where the format has types), with `_row`, the number of the data row from 1,
and `_problem`, why a row cannot be read as cells (null where it can).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import LESION_ID
from kg.readers.source import BATCH, Source
from kg.readers.uploads import STANDARD_INPUT, File, Upload, unpacked

__all__ = ["BATCH", "FORMATS", "Source", "lesions_beside", "open_lesions", "open_source"]


def open_source(table: File | Source, guideline: Guideline, sheet: str | None = None) -> Source:
    """Open a table by the ending of its name; a source that is open passes.

    `-` is standard input. Patients in RDF are judged by the shapes of the guideline; `sheet`
    is that of a workbook.

    Raises:
        InputError: there is no such file, it is of no known format, or it is broken as a
            whole.
    """
    if not isinstance(table, Path | Upload):
        return table
    if isinstance(table, Path) and str(table) != STANDARD_INPUT:
        if table.is_dir():
            raise InputError(f"{table} is a folder; name a table in it: {', '.join(FORMATS)}")
        if not table.exists():
            raise InputError(f"{table}: no such file; check the path")
        if not table.is_file():
            raise InputError(f"{table} is no file but a pipe or device; read it with - instead")
    path = unpacked(table)
    ending = path.suffix.lower()
    if sheet is not None and ending != ".xlsx":
        raise InputError(f"{path} is no workbook: it has no sheet {sheet!r}; leave --sheet out")
    return _opened(path, ending, guideline, sheet)


def open_lesions(
    table: File | Source, guideline: Guideline, columns: Mapping[str, str] | None = None
) -> Source:
    """Open a table of lesions: of a workbook with several sheets, that which has lesion_id.

    `columns` are what those of a table are called here, where a mapping says so.
    """
    source = open_source(table, guideline)
    names = {there for there, here in (columns or {}).items() if here == LESION_ID} | {LESION_ID}
    if len(source.sheets) > 1 and isinstance(table, Path | Upload):
        from kg.readers.sheet import sheet_with

        sheet = sheet_with(unpacked(table), names)
        return source if sheet is None else open_source(table, guideline, sheet)
    return source


def lesions_beside(patients: Source, lesions: File | Source | None) -> File | Source | None:
    """Return the lesions of a table: those named, or those that the table itself brings along.

    Raises:
        InputError: there are both.
    """
    if patients.lesions is not None and lesions is not None:
        raise InputError(f"{patients.path} holds lesions itself; name no other table of them")
    return lesions if patients.lesions is None else patients.lesions


def _opened(path: File, ending: str, guideline: Guideline, sheet: str | None) -> Source:
    """Return a table of one of the formats; only what is asked for is loaded."""
    # ruff: noqa: PLC0415
    match ending:
        case ".csv" | ".tsv" | ".txt":
            from kg.readers.csv import CsvSource

            return CsvSource(path, {*guideline.variables, *guideline.lesion_columns, LESION_ID})
        case ".xlsx":
            from kg.readers.sheet import SheetSource

            return SheetSource(path, sheet)
        case ".json":
            from kg.readers.jsonl import json_source

            return json_source(path)
        case ".jsonl" | ".ndjson":
            from kg.readers.jsonl import JsonlSource

            return JsonlSource(path)
        case ".parquet":
            from kg.readers.parquet import ParquetSource

            return ParquetSource(path)
        case ".ttl" | ".nt" | ".jsonld":
            from kg.readers.rdf import RdfSource

            return RdfSource(path, guideline)
    strange = f"{path.suffix} is not a known format" if path.suffix else "no file extension"
    known = f"tables are read from {', '.join(FORMATS)}"
    raise InputError(f"{path}: {strange}; {_STATISTICS.get(ending, known)}")


FORMATS = (
    *(".csv", ".gz", ".json", ".jsonl", ".jsonld", ".ndjson", ".nt", ".parquet", ".tsv", ".ttl"),
    *(".txt", ".xlsx"),
)
_SAVE = "; save the table there as CSV, with values and not with their labels"
_STATISTICS = {
    **dict.fromkeys((".xls", ".xlsb", ".xlsm", ".ods"), "save the workbook as .xlsx"),
    ".zip": "unpack it first",
    ".dta": f"it is of Stata{_SAVE}: export delimited using FILE.csv, nolabel",
    ".sav": f"it is of SPSS{_SAVE}: SAVE TRANSLATE OUTFILE='FILE.csv' /TYPE=CSV /FIELDNAMES",
    ".sas7bdat": f"it is of SAS{_SAVE}: PROC EXPORT OUTFILE='FILE.csv' DBMS=CSV",
    ".rds": f"it is of R{_SAVE}: write.csv(table, 'FILE.csv', row.names = FALSE, na = '')",
}
