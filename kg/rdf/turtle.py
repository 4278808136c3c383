"""Turtle and TriG that every parser reads: no local name holds a colon or needs an escape.

`hcc:patient\\/ann` is valid, and the OWL API refuses it: it then takes the file for another
format and reads next to nothing of it; rdflib refuses `patient:a\\.`. Such names become full IRIs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO, cast

import pyoxigraph as ox

# A string, an IRI (both stay as they are), or a name by its prefix with an escape or a colon.
_NAME = re.compile(
    rb'"(?:[^"\\]|\\.)*"|<[^>]*>|\b([a-z]+):((?:[^\s\\%:]|\\.)*(?:\\.|[%:])(?:[^\s\\]|\\.)*)'
)
_ESCAPES = re.compile(rb"[\\%]|[a-z]:[^\s:]*:")
_ESCAPED = re.compile(rb"\\(.)")


def write(
    items: Iterable[ox.Triple] | Iterable[ox.Quad],
    file: IO[bytes],
    prefixes: Mapping[str, str],
    form: ox.RdfFormat = ox.RdfFormat.TURTLE,
) -> None:
    """Write triples as Turtle, or quads as TriG."""
    whole = _Whole(file, prefixes)
    ox.serialize(items, cast("IO[bytes]", whole), format=form, prefixes=dict(prefixes))
    whole.end()


class _Whole:
    """A file that gets lines with full IRIs in the place of such names."""

    def __init__(self, file: IO[bytes], prefixes: Mapping[str, str]) -> None:
        self._file, self._rest = file, b""
        self._namespaces = {name.encode(): iri.encode() for name, iri in prefixes.items()}

    def write(self, data: bytes) -> int:
        """Take bytes; what follows the last line break waits for more."""
        came = bytes(data)
        lines, end, self._rest = (self._rest + came).rpartition(b"\n")
        self._put(lines + end)
        return len(came)

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()

    def end(self) -> None:
        """Write what still waits."""
        self._put(self._rest)
        self._rest = b""

    def _put(self, lines: bytes) -> None:
        self._file.write(_NAME.sub(self._full, lines) if _ESCAPES.search(lines) else lines)

    def _full(self, match: re.Match[bytes]) -> bytes:
        if match[1] not in self._namespaces:
            return match[0]
        return b"<" + self._namespaces[match[1]] + _ESCAPED.sub(rb"\1", match[2]) + b">"
