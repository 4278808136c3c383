"""JSON Lines tables: one object per line; numbers keep the digits they are written with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import polars as pl

from kg.errors import InputError
from kg.keys import TOLD
from kg.readers.source import Source, of_text
from kg.readers.text import check_text
from kg.readers.uploads import File

_PROBLEMS: dict[type[Exception], str] = {
    json.JSONDecodeError: "the line is not a JSON object",
    UnicodeEncodeError: "the line has half of a surrogate pair, which is not a character",
    RecursionError: "the line nests too deeply",
}


_LONGEST = 200  # characters of a line that messages show


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the line names {key!r} twice")
            seen.add(key)
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_Number
)


class JsonlSource(Source):
    """A file of JSON objects, one a line, each a row; absent keys are unknown."""

    path: File

    def __init__(self, path: File) -> None:
        self.path = path
        check_text(path)
        names: dict[str, None] = {}
        objects = 0
        wrong = None
        for _, row, problem in self._objects():
            wrong = wrong or problem
            if row is not None:
                objects += 1
                names.update(dict.fromkeys(row))
        if not objects:
            told = f": {wrong[:_LONGEST]}" if wrong else ""
            raise InputError(
                f"{path} holds no JSON object{told}; write one object per line, or in .json an "
                "array of objects"
            )
        self.columns = [name for name in names if name not in TOLD]
        self._judged = set(self.columns)

    def check_cells(self, names: list[str]) -> None:
        """Judge the values of these columns only; those of others may be lists and objects."""
        self._judged = set(names)

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | None, str | None]]:
        """Yield the number of each row, its object, and what is wrong where it has none."""
        number = 0
        with self.path.open(encoding="utf-8-sig", newline="\n") as file:
            for line in file:
                text = line.strip()
                if not text:
                    continue
                number += 1
                row = problem = None
                try:
                    row = _row(text)
                except (ValueError, RecursionError) as error:
                    problem = f"{_PROBLEMS.get(type(error), error)}; it is {text}"
                yield number, row, problem

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        rows = (
            (number, *cells, broken or problem)
            for number, row, broken in self._objects()
            for cells, problem in [_cells(row or {}, kept, self._judged)]
        )
        return of_text(kept, rows)


class JsonSource(JsonlSource):
    """A file with one JSON array of objects, each a row."""

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | None, str | None]]:
        for number, row in enumerate(self._array, start=1):
            is_row = isinstance(row, dict)
            problem = None if is_row else f"the element is not a JSON object; it is {_text(row)}"
            yield number, row if is_row else None, problem

    @cached_property
    def _array(self) -> list[Any]:
        with self.path.open(encoding="utf-8-sig") as file:
            text = file.read()
        try:
            found = _DECODER.decode(text)
            _text(found).encode()
        except RecursionError:
            raise InputError(f"{self.path}: the text nests too deeply") from None
        except UnicodeEncodeError:
            raise InputError(f"{self.path} has half of a surrogate pair, no character") from None
        except json.JSONDecodeError as error:
            place = f"{self.path}, line {error.lineno}"
            raise InputError(f"{place}: not valid JSON: {error.msg}") from error
        except ValueError as error:
            raise InputError(
                f"{self.path}: {str(error).replace('the line', 'an object')}"
            ) from None
        return found if isinstance(found, list) else [found]


def json_source(path: File) -> JsonlSource:
    """Return a .json file as a table: an array of objects, or one object a line."""
    with path.open("rb") as file:
        begins = file.read(200).removeprefix(b"\xef\xbb\xbf").lstrip()
    is_long = begins.partition(b"\n")[0].strip() == b"{"  # one object, over several lines
    return JsonSource(path) if begins.startswith(b"[") or is_long else JsonlSource(path)


def _row(text: str) -> dict[str, Any]:
    """Return the object that a line holds, or raise what is wrong with it."""
    row = _DECODER.decode(text)
    if not isinstance(row, dict):
        raise ValueError("the line is not a JSON object")
    if "\\ud" in text.lower():
        _text(row).encode()  # half of an escaped pair is not a character
    return row


def _cells(
    row: dict[str, Any], kept: list[str], judged: set[str]
) -> tuple[list[str | None], str | None]:
    cells: list[str | None] = []
    problem = None
    for name in kept:
        value = row.get(name)
        if isinstance(value, dict | list) and name in judged:
            problem = f"column {name}: a list or an object is not a cell"
        cells.append(value if value is None or isinstance(value, str) else _text(value))
    return cells, problem


def _text(value: Any) -> str:
    """Return a JSON value as text, numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(k)}: {_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
