"""Files as people have them: from standard input, packed by gzip, of any ending."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

from kg.errors import InputError
from kg.readers.uploads import File, Held

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


def unpacked(file: File) -> File:
    """Return a file that is not packed: standard input for `-`, and what a .gz holds.

    Raises:
        InputError: what is packed is broken, or comes to more than memory should hold.
    """
    if str(file) == STANDARD_INPUT:
        content = sys.stdin.buffer.read()
        file = Held("standard input", content, _beginning(content))
    if file.suffix.lower() != ".gz":
        return file
    content = _gunzipped(file)
    inner = Path(file.stem).suffix.lower()
    return Held(str(file), content, inner or _beginning(content))


def _beginning(content: bytes) -> str:
    if content.startswith(b"\x1f\x8b"):
        return ".gz"
    begins = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((ending for sign, ending in _BEGINNINGS if begins.startswith(sign)), ".csv")


def _gunzipped(file: File) -> bytes:
    parts, size = list[bytes](), 0
    machine = zlib.decompressobj(wbits=31)
    try:
        with file.open("rb") as packed:
            rest: bytes = packed.read(_CHUNK)
            while rest:
                part = machine.decompress(rest, _CHUNK)
                size += len(part)
                parts.append(part)
                if size > LARGEST:
                    raise InputError(
                        f"{file} unpacks to more than {LARGEST >> 20:,} MiB; unpack it first"
                    )
                rest = machine.unconsumed_tail or machine.unused_data
                if machine.eof:
                    machine = zlib.decompressobj(wbits=31)
                rest = rest or packed.read(_CHUNK)
    except (zlib.error, OSError) as error:
        raise InputError(f"{file} is not a gzip file that can be read: {error}") from error
    return b"".join(parts)
