"""JSON Lines tables: one object a line; numbers keep the digits they are written with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from kg.errors import InputError
from kg.readers import PROBLEM, REST, ROW, TOLD
from kg.readers.text import check_text

_BATCH = 20_000


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


class JsonlSource:
    """A file of JSON objects, one a line, each a row; absent keys are unknown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        check_text(path)
        names: dict[str, None] = {}
        objects = 0
        for _, row, _ in self._objects():
            if row is not None:
                objects += 1
                names.update(dict.fromkeys(row))
        if not objects:
            raise InputError(f"{path} holds no JSON object; write one object a line")
        self.columns = [name for name in names if name not in TOLD]

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
        """Yield the number of each row, its object (None where it is none), and its text."""
        number = 0
        with self.path.open(encoding="utf-8-sig", newline="\n") as file:
            for line in file:
                text = line.strip()
                if not text:
                    continue
                number += 1
                try:
                    row = _DECODER.decode(text)
                except (json.JSONDecodeError, RecursionError):
                    row = None
                yield number, row if isinstance(row, dict) else None, text

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows as frames of text."""
        kept = self.columns if only is None else only
        batch: list[tuple[Any, ...]] = []
        for number, row, text in self._objects():
            if row is None:
                cells: list[str | None] = [None] * len(kept)
                problem: str | None = "the line is no JSON object"
                rest: str | None = text
            else:
                cells, problem = _cells(row, kept)
                rest = None
            batch.append((number, *cells, problem, rest))
            if len(batch) == _BATCH:
                yield _frame(kept, batch)
                batch = []
        if batch:
            yield _frame(kept, batch)


def _cells(row: dict[str, Any], kept: list[str]) -> tuple[list[str | None], str | None]:
    cells: list[str | None] = []
    problem = None
    for name in kept:
        value = row.get(name)
        if isinstance(value, dict | list):
            problem = f"column {name}: a list or an object is no cell"
            value = json.dumps(value)
        cells.append({True: "true", False: "false"}[value] if isinstance(value, bool) else value)
    return cells, problem


def _frame(kept: list[str], batch: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {ROW: pl.UInt64(), **dict.fromkeys([*kept, PROBLEM, REST], pl.String())}
    return pl.DataFrame(batch, schema=schema, orient="row")
