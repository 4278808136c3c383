"""Text files: which characters their bytes stand for, before any row is read.

1. What is valid UTF-8 is UTF-8; a mark of UTF-16 at the beginning is believed. Where most
   characters are of UTF-8, it is UTF-8 that is broken, and an error.
2. Otherwise the runs of bytes above ASCII decide, and only where they can mean one thing: in
   Chinese text (GBK) characters are pairs of such bytes, in Western text (Windows-1252) such
   bytes stand mostly alone, within words of ASCII letters. What may be either is an error.
"""

from __future__ import annotations

import codecs
import re

from kg.errors import InputError
from kg.readers.uploads import File, Upload, beginning

_CHUNK = 1 << 22
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_RUN = re.compile(rb"[\x80-\xff]+")
_WITHIN = re.compile(rb"[A-Za-z][\x80-\xff]+|[\x80-\xff]+[A-Za-z]")
_NEITHER = "its bytes are neither UTF-8 nor, for sure, another encoding; save the file as UTF-8"


class NotUtf8Error(InputError):
    """A text is not UTF-8; the message tells the line."""


def readable(file: File) -> tuple[File, tuple[str, ...]]:
    """Return a text file as UTF-8, and notes on what it was where it was something else.

    Raises:
        InputError: it is empty or binary, or its encoding cannot be told.
    """
    try:
        check_text(file)
    except NotUtf8Error as error:
        with file.open("rb") as opened:
            content = opened.read()
        encoding, name = _encoding(file, content, error)
        text = content.decode(encoding)
        held = Upload(str(file), text.encode(), file.suffix)
        return held, (f"{file}: read as {name}",)
    return file, ()


def check_text(path: File) -> None:
    """Check that a file is UTF-8 text and not empty.

    Raises:
        InputError: it is empty or binary.
        NotUtf8Error: it has bytes that are not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = line = 0
    try:
        with path.open("rb") as file:
            chunk = file.read(_CHUNK)
            while chunk:
                if offset == 0 and chunk.startswith(_UTF16):
                    raise NotUtf8Error(f"{path} is UTF-16; save it as UTF-8 and try again")
                nul = chunk.find(b"\0")
                if nul >= 0:
                    like = beginning(chunk) if offset == 0 else ".csv"
                    advice = (
                        f"It begins as a {like} file does: if it is one, name it so"
                        if like in (".parquet", ".xlsx")
                        else "Save it as UTF-8 text"
                    )
                    told = f"{path} is not text: it has a zero byte at byte {offset + nul}"
                    raise InputError(f"{told}. {advice}")
                following = file.read(_CHUNK)
                try:
                    decoder.decode(chunk, final=not following)
                except UnicodeDecodeError as error:
                    at = line + chunk.count(b"\n", 0, max(error.start, 0)) + 1
                    raise NotUtf8Error(
                        f"{path}, line {at}: a byte that is not UTF-8; save the file as UTF-8"
                    ) from error
                offset += len(chunk)
                line += chunk.count(b"\n")
                chunk = following
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if offset == 0:
        raise InputError(f"{path} is empty; it needs a header row or records")


def _encoding(file: File, content: bytes, error: NotUtf8Error) -> tuple[str, str]:
    """Return the codec of a text that is not UTF-8, and what it is called."""
    if content.startswith(_UTF16):
        return _decodes(file, content, "utf-16", "UTF-16")
    runs = [match.group() for match in _RUN.finditer(content)]
    longer = [run for run in runs if len(run) > 1]
    whole = sum(_can_be(run, "utf-8") for run in longer)
    if whole > len(longer) / 2 or any(len(r) > 2 and _can_be(r, "utf-8") for r in longer):
        raise InputError(str(error)) from error
    odd = sum(len(run) % 2 for run in runs)
    within = sum(1 for _ in _WITHIN.finditer(content))
    if _can_be(content, "gb2312"):
        signs = any(min(run) < 0xC0 for run in runs)  # in Windows-1252 these are no letters
        in_words = within >= len(runs) / 2
        if signs or (not in_words and any(len(run) > 2 for run in runs)):
            return "gb2312", "GBK"
        if not in_words:
            raise InputError(f"{file}: {_NEITHER}")
    elif odd < len(runs) / 10 and _can_be(content, "gbk"):
        return "gbk", "GBK"
    if any(len(run) > 2 for run in runs):
        raise InputError(str(error)) from error
    return _decodes(file, content, "cp1252", "Windows-1252")


def _can_be(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decodes(file: File, content: bytes, encoding: str, name: str) -> tuple[str, str]:
    if not _can_be(content, encoding):
        raise InputError(f"{file}: {_NEITHER}")
    return encoding, name
