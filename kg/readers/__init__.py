"""Readers of tables: one module a format; all yield the same frames of cells.

A source yields data frames in which each column is one column of the table (as text, or in
its own type where the format has types), with `_row`, the number of the data row from 1,
and `_problem`, why a row cannot be read as cells (null where it can).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import LESION_ID
from kg.readers.packed import STANDARD_INPUT, unpacked
from kg.readers.source import BATCH, Source
from kg.readers.uploads import File, Held

__all__ = [
    "BATCH",
    "FORMATS",
    "Source",
    "lesions_beside",
    "open_source",
]


def open_source(table: File | Source, guideline: Guideline, sheet: str | None = None) -> Source:
    """Open a table by the ending of its name; a source that is open passes.

    `-` is standard input. Patients in RDF are judged by the shapes of the guideline; `sheet`
    is that of a workbook.

    Raises:
        InputError: there is no such file, it is of no known format, or it is broken as a
            whole.
    """
    if not isinstance(table, Path | Held):
        return table
    if isinstance(table, Path) and str(table) != STANDARD_INPUT:
        _check_there(table)
    path = unpacked(table)
    ending = path.suffix.lower()
    if sheet is not None and ending not in SHEETS:
        raise InputError(f"{path} is no workbook: it has no sheet {sheet!r}; leave --sheet out")
    if ending in SHEETS:
        from kg.readers.sheet import SheetSource  # noqa: PLC0415

        return SheetSource(path, sheet)
    opener = _OPENERS.get(ending)
    if opener is None:
        raise InputError(
            f"{path}: {f'{path.suffix} is not a known format' if path.suffix else _NO_ENDING}; "
            + _STATISTICS.get(ending, f"tables are read from {', '.join(FORMATS)}")
        )
    return opener(path, guideline)


def _check_there(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a table in it: {', '.join(sorted(FORMATS))}")
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")


def lesions_beside(patients: Source, lesions: File | Source | None) -> File | Source | None:
    """Return the lesions of a table: those named, or those that the table itself brings along.

    Raises:
        InputError: there are both.
    """
    own: Source | None = getattr(patients, "lesions", None)
    if own is not None and lesions is not None:
        raise InputError(f"{patients.path} holds lesions itself; name no other table of them")
    return lesions if own is None else own


def _csv(path: File, guideline: Guideline) -> Source:
    from kg.readers.csv import CsvSource  # noqa: PLC0415 - only what is asked for is loaded

    return CsvSource(path, {*guideline.variables, *guideline.lesion_columns, LESION_ID})


def _json(path: File, _: Guideline) -> Source:
    from kg.readers.jsonl import json_source  # noqa: PLC0415

    return json_source(path)


def _jsonl(path: File, _: Guideline) -> Source:
    from kg.readers.jsonl import JsonlSource  # noqa: PLC0415

    return JsonlSource(path)


def _parquet(path: File, _: Guideline) -> Source:
    from kg.readers.parquet import ParquetSource  # noqa: PLC0415

    return ParquetSource(path)


def _rdf(path: File, guideline: Guideline) -> Source:
    from kg.readers.rdf import RdfSource  # noqa: PLC0415

    return RdfSource(path, guideline)


_NO_ENDING = "no file extension"
SHEETS = (".xlsx",)
_OPENERS: dict[str, Callable[[File, Guideline], Source]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".jsonld": _rdf,
    ".ndjson": _jsonl,
    ".nt": _rdf,
    ".parquet": _parquet,
    ".tsv": _csv,
    ".ttl": _rdf,
    ".txt": _csv,
}
FORMATS = tuple(sorted((*_OPENERS, *SHEETS, ".gz")))
_SAVE = "; save the table there as CSV, with values and not with their labels"
_STATISTICS = {
    **dict.fromkeys((".xls", ".xlsb", ".ods"), "save the workbook as .xlsx"),
    ".dta": f"it is of Stata{_SAVE}: export delimited using FILE.csv, nolabel",
    ".sav": f"it is of SPSS{_SAVE}: SAVE TRANSLATE OUTFILE='FILE.csv' /TYPE=CSV /FIELDNAMES",
    ".sas7bdat": f"it is of SAS{_SAVE}: PROC EXPORT OUTFILE='FILE.csv' DBMS=CSV",
    ".rds": f"it is of R{_SAVE}: write.csv(table, 'FILE.csv', row.names = FALSE, na = '')",
}
