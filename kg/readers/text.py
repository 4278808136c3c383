"""Text files: the checks that CSV and JSON Lines share before any row is read."""

from __future__ import annotations

import codecs

from kg.errors import InputError
from kg.readers.uploads import File

_CHUNK = 1 << 22
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_text(path: File) -> None:
    """Check that a file is UTF-8 text and not empty.

    Raises:
        InputError: it is empty, UTF-16, binary, or has bytes that are not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = line = 0
    try:
        with path.open("rb") as file:
            chunk = file.read(_CHUNK)
            while chunk:
                if offset == 0 and chunk.startswith(_UTF16):
                    raise InputError(f"{path} is UTF-16; save it as UTF-8 and try again")
                nul = chunk.find(b"\0")
                if nul >= 0:
                    raise InputError(
                        f"{path} is not text: it has a zero byte at byte {offset + nul}. "
                        "Save it as UTF-8 text, or name a Parquet file .parquet"
                    )
                following = file.read(_CHUNK)
                try:
                    decoder.decode(chunk, final=not following)
                except UnicodeDecodeError as error:
                    at = line + chunk.count(b"\n", 0, max(error.start, 0)) + 1
                    raise InputError(
                        f"{path}, line {at}: a byte that is not UTF-8; save the file as UTF-8"
                    ) from error
                offset += len(chunk)
                line += chunk.count(b"\n")
                chunk = following
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if offset == 0:
        raise InputError(f"{path} is empty; it needs a header row or records")
