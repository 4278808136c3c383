"""Parquet tables: columns keep their types, as far as a cell can be of that type.

How deep the columns nest is read from the footer, before a parser falls over it. The footer is a
struct of Thrift's compact protocol. Its field 2 is the schema: a list of elements in depth-first
order, each with the number of its children in field 5; the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from kg.errors import InputError
from kg.keys import TOLD
from kg.nesting import DEEPEST
from kg.readers.source import BATCH, Source, first_line, numbered
from kg.readers.uploads import File, scannable

# Some broken files make Polars panic, which is no child of its errors.
_BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_MAGIC = b"PAR1"
_SCHEMA, _CHILDREN = 2, 5
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY = 0, 1, 2, 3, 7, 8
_SIZES = {_TRUE: 0, _FALSE: 0, _BYTE: 1, _DOUBLE: 8}
_LIST, _SET, _MAP, _STRUCT = 9, 10, 11, 12
_TALL = 20  # levels of the footer itself; it has about ten


class ParquetSource(Source):
    """A Parquet file."""

    path: File

    def __init__(self, path: File) -> None:
        self.path = path
        check_depth(path)
        try:
            self.schema = dict(pl.scan_parquet(scannable(path), glob=False).collect_schema())
        except (*_BROKEN, OSError) as error:
            told = f"{path} is not a Parquet file that can be read: {first_line(error)}"
            raise InputError(told) from error
        self.columns = [name for name in self.schema if name not in TOLD]

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        rows = numbered(pl.scan_parquet(scannable(self.path), glob=False), kept)
        try:
            yield from rows.collect_batches(chunk_size=BATCH, maintain_order=True)
        except _BROKEN as error:
            told = f"{self.path}: the Parquet file is damaged: {first_line(error)}"
            raise InputError(told) from error


def check_depth(file: File) -> None:
    """Check that the columns of a Parquet file nest no deeper than its parser can take.

    Raises:
        InputError: they do. A footer that cannot be read is left to the parser to tell.
    """
    try:
        with file.open("rb") as opened:
            opened.seek(-8, 2)
            tail = opened.read(8)
            opened.seek(-8 - int.from_bytes(tail[:4], "little"), 2)
            children = _Footer(opened.read()).children() if tail[4:] == _MAGIC else []
    except (ValueError, IndexError, OSError):
        return
    if _depth(children) > DEEPEST:
        raise InputError(f"{file} nests too deeply; at most {DEEPEST} levels of columns are read")


def _depth(children: list[int]) -> int:
    """Return the depth of a tree whose nodes tell their children in depth-first order."""
    deepest, open_ = 0, list[int]()
    for count in children:
        while open_ and not open_[-1]:
            open_.pop()
        if open_:
            open_[-1] -= 1
        open_.append(count)
        deepest = max(deepest, len(open_))
    return deepest


class _Footer:
    """Reads the compact protocol, as far as the schema needs it."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def children(self) -> list[int]:
        """Return the number of children of each element of the schema."""
        for field, kind in self._fields():
            if field == _SCHEMA and kind == _LIST:
                return [self._element() for _ in range(self._head()[0])]
            self._pass(kind)
        return []

    def _element(self) -> int:
        count = 0
        for field, kind in self._fields():
            if field == _CHILDREN:
                count = self._varint() >> 1  # zigzag; a number of children is not negative
            else:
                self._pass(kind)
        return count

    def _fields(self) -> Iterator[tuple[int, int]]:
        field = 0
        while (head := self._byte()) != _STOP:
            step, kind = head >> 4, head & 15
            field = field + step if step else self._varint() >> 1
            yield field, kind

    def _head(self) -> tuple[int, int]:
        """Return the size of a list, and the kind of its elements."""
        head = self._byte()
        size = head >> 4
        return (self._varint() if size == 15 else size), head & 15

    def _pass(self, kind: int, level: int = 0) -> None:
        if level > _TALL or self._at > len(self._data):
            raise ValueError("this is no footer of Parquet")
        if kind in _SIZES:
            self._at += _SIZES[kind]
        elif kind == _BINARY:
            size = self._varint()
            self._at += size
        elif kind in (_LIST, _SET):
            size, inner = self._head()
            for _ in range(size):
                self._pass(_BYTE if inner in (_TRUE, _FALSE) else inner, level + 1)
        elif kind == _MAP:
            size = self._varint()
            kinds = self._byte() if size else 0
            for _ in range(size):
                self._pass(kinds >> 4, level + 1)
                self._pass(kinds & 15, level + 1)
        elif kind == _STRUCT:
            for _, inner in self._fields():
                self._pass(inner, level + 1)
        else:
            self._varint()

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift
