"""Writers of results: each takes result frames, in order, and writes one whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, get_args

from kg.errors import InputError
from kg.writers.task import Task, Writer

__all__ = ["FORMATS", "FormatName", "Task", "Writer", "format_of", "tells_missing", "writer_of"]

FormatName: TypeAlias = Literal["table", "csv", "json", "jsonl", "ttl", "parquet", "fhir", "omop"]
FORMATS: tuple[FormatName, ...] = get_args(FormatName)
_UNCONDITIONAL = ("fhir", "omop")
_BY_NAME = ("table", "fhir", "omop")  # formats that no ending tells
EXPLAINED, FLAT = ("json", "jsonl"), ("csv", "parquet")


def format_of(output: str | Path) -> str:
    """Return the format that the ending of a file's name tells.

    Raises:
        InputError: the file is a folder, or its name has no ending.
    """
    path = Path(output)
    if path.is_dir():
        raise InputError(f"{output} is a folder; name a file to write to")
    if not path.suffix:
        endings = ", ".join(f".{name}" for name in FORMATS if name not in _BY_NAME)
        raise InputError(f"{output} has no extension; end it in one of {endings}, or give a format")
    return path.suffix.removeprefix(".").lower()


def tells_missing(name: str, task: Task) -> bool:
    """Return whether a file tells the missing variables, which take longest to find."""
    return not task.compact and name not in ("table", "omop")


def writer_of(name: str, task: Task) -> Writer:
    """Return the writer of a format, for a task that the format has room for.

    Raises:
        InputError: there is no such format, or it cannot hold what the task asks for.
    """
    if name not in FORMATS:
        raise InputError(f"{name!r} is not a format; the formats are {', '.join(FORMATS)}")
    if task.explain and name not in EXPLAINED:
        raise InputError(
            f"explain goes with format {' or '.join(EXPLAINED)}, not {name}; "
            "for one patient in words see 'hcc-kg explain'"
        )
    for asked, word in ((task.compact, "compact"), (task.reasons, "reasons")):
        if asked and name not in FLAT:
            raise InputError(f"{word} goes with format {' or '.join(FLAT)}, not {name}")
    if task.keep and name not in (*FLAT, *EXPLAINED):
        raise InputError(f"keep goes with format {', '.join((*FLAT, *EXPLAINED))}, not {name}")
    if task.compact and task.reasons:
        raise InputError("compact has no room for reasons; ask for one of them")
    if task.assumptions is not None and name in _UNCONDITIONAL:
        raise InputError(
            f"format {name} has no place for verdicts under assumptions; write them as json or csv"
        )
    if name in ("json", "jsonl"):
        from kg.writers import json  # noqa: PLC0415 - only what is asked for is loaded

        return json.write_json if name == "json" else json.write_jsonl
    if name in ("csv", "parquet"):
        from kg.writers import rows  # noqa: PLC0415

        return rows.write_csv if name == "csv" else rows.write_parquet
    if name in ("fhir", "omop"):
        from kg.writers import fhir, omop  # noqa: PLC0415

        return fhir.write_fhir if name == "fhir" else omop.write_omop
    if name == "ttl":
        from kg.writers import turtle  # noqa: PLC0415

        return turtle.write_turtle
    from kg.writers import table  # noqa: PLC0415

    return table.write_table
