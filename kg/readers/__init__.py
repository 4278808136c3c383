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
from kg.readers.source import BATCH, Source
from kg.readers.uploads import File, Held

__all__ = [
    "BATCH",
    "FORMATS",
    "Source",
    "lesions_beside",
    "open_source",
]


def open_source(table: File | Source, guideline: Guideline) -> Source:
    """Open a table by the ending of its name; a source that is open passes.

    Patients in RDF are judged by the shapes of the guideline.

    Raises:
        InputError: there is no such file, it is of no known format, or it is broken as a
            whole.
    """
    if not isinstance(table, Path | Held):
        return table
    path = table
    if isinstance(path, Path):
        _check_there(path)
    opener = FORMATS.get(path.suffix.lower())
    if opener is None:
        raise InputError(
            f"{path}: {f'{path.suffix} is not a known format' if path.suffix else _NO_ENDING}; "
            f"tables are read from {', '.join(sorted(FORMATS))}"
            + ("; save the sheet as CSV" if path.suffix.lower() in _SHEETS else "")
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


def _csv(path: File, _: Guideline) -> Source:
    from kg.readers.csv import CsvSource  # noqa: PLC0415 - only what is asked for is loaded

    return CsvSource(path)


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
_SHEETS = (".xlsx", ".xls", ".ods")
FORMATS: dict[str, Callable[[File, Guideline], Source]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".jsonld": _rdf,
    ".ndjson": _jsonl,
    ".nt": _rdf,
    ".parquet": _parquet,
    ".ttl": _rdf,
}
