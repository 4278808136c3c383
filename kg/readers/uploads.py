"""Files as people have them: on disk, in memory as uploads are, from standard input, or packed.

What is in memory is read as files on disk are, and never written.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO, TextIOWrapper
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeAlias

from kg.errors import InputError

STANDARD_INPUT = "-"
LARGEST = 1 << 30  # bytes that a packed file may come to in memory
_CHUNK = 1 << 20
_BEGINNINGS = (  # what a content is by how it begins
    (b"PAR1", ".parquet"),
    (b"PK\x03\x04", ".xlsx"),
    (b"{", ".jsonl"),
    (b"[", ".json"),
    (b"@prefix", ".ttl"),
    (b"PREFIX", ".ttl"),
    (b"<http", ".nt"),
)


@dataclass(frozen=True)
class Upload:
    """The name and the content of a file; in messages it goes by its name.

    `ending` is what the content is, where the name does not tell.
    """

    name: str
    content: bytes = field(repr=False)
    ending: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot, or what the content is."""
        return self.ending or PurePosixPath(self.name).suffix

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.name).stem

    def open(
        self, mode: str = "r", *, encoding: str | None = None, newline: str | None = None
    ) -> IO[Any]:
        """Open the content for reading, as `Path.open` does."""
        content = BytesIO(self.content)
        return content if "b" in mode else TextIOWrapper(content, encoding, newline=newline)


File: TypeAlias = Path | Upload


def scannable(file: File) -> Path | BytesIO:
    """Return what Polars and other parsers read a file from."""
    return BytesIO(file.content) if isinstance(file, Upload) else file


def unpacked(file: File) -> File:
    """Return a file that is not packed: standard input for `-`, and what a .gz holds.

    Raises:
        InputError: what is packed is broken, or comes to more than memory should hold.
    """
    if str(file) == STANDARD_INPUT:
        content = sys.stdin.buffer.read()
        file = Upload("standard input", content, beginning(content))
    if file.suffix.lower() != ".gz":
        return file
    content = _gunzipped(file)
    inner = Path(file.stem).suffix.lower()
    return Upload(str(file), content, inner or beginning(content))


def beginning(content: bytes) -> str:
    """Return the ending of a file that begins as this content does."""
    if content.startswith(b"\x1f\x8b"):
        return ".gz"
    begins = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((ending for sign, ending in _BEGINNINGS if begins.startswith(sign)), ".csv")


def _gunzipped(file: File) -> bytes:
    try:
        with file.open("rb") as packed, gzip.open(packed) as opened:
            parts = iter(partial(opened.read, _CHUNK), b"")
            content = b"".join(islice(parts, LARGEST // _CHUNK + 1))
    except (zlib.error, OSError, EOFError) as error:
        raise InputError(f"{file} is not a gzip file that can be read: {error}") from error
    if len(content) > LARGEST:
        raise InputError(f"{file} unpacks to more than {LARGEST >> 20:,} MiB; unpack it first")
    return content
