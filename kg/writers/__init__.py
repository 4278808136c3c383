"""Writers of results: each takes result frames, in order, and writes one whole file."""

from __future__ import annotations

from kg.errors import InputError
from kg.writers.task import Chunk, Task, Writer

__all__ = ["FORMATS", "Chunk", "Task", "Writer", "writer_of"]

FORMATS = ("table", "csv", "json", "jsonl", "ttl", "parquet")


def writer_of(name: str) -> Writer:
    """Return the writer of a format.

    Raises:
        InputError: there is no such format.
    """
    if name in ("json", "jsonl"):
        from kg.writers import json  # noqa: PLC0415 - only what is asked for is loaded

        return json.write_json if name == "json" else json.write_jsonl
    if name in ("csv", "parquet"):
        from kg.writers import rows  # noqa: PLC0415

        return rows.write_csv if name == "csv" else rows.write_parquet
    if name == "ttl":
        from kg.writers import turtle  # noqa: PLC0415

        return turtle.write_turtle
    if name == "table":
        from kg.writers import table  # noqa: PLC0415

        return table.write_table
    raise InputError(f"{name!r} is no format; the formats are {', '.join(FORMATS)}")
