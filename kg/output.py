"""Files that appear whole or not at all: written beside their name, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kg.errors import InputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; it takes the name `path` when the block ends without error.

    A link stays, and the file that it leads to is replaced. A device or a pipe is written to.

    Raises:
        InputError: the folder is not there or cannot be written to, or the disk is full.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file to write to")
    with _told(str(path)):
        if path.exists() and not path.is_file():
            with path.open("wb") as file, _copied(file) as part:
                yield part
            return
        with _replacing(path) as part:
            yield part


def check_apart(
    read: Iterable[Path | None], written: Iterable[Path | None], store: Path | None = None
) -> None:
    """Keep a run from writing over what it reads, into the folder of a store, or twice.

    Raises:
        InputError: a file is named for two things.
    """
    sources = {file.resolve() for file in read if file is not None and not _is_device(file)}
    taken: set[Path] = set()
    folder = None if store is None else store.resolve()
    for file in written:
        if file is None or _is_device(file):
            continue
        place = file.resolve()
        if place in sources:
            raise InputError(f"{file} is a file that is read; name another file for the result")
        if folder in (place, *place.parents):
            raise InputError(f"{file} is in the folder of the store; name a file elsewhere")
        if place in taken:
            raise InputError(f"{file} is named for two results; give each a file of its own")
        taken.add(place)


def _is_device(file: Path) -> bool:
    return file.exists() and not file.is_file()


@contextmanager
def whole_output(path: Path | None) -> Iterator[Path]:
    """Give a path to write to, for a file or for standard output where there is no path.

    Standard output too gets the result only when the block ends without error.
    """
    if path is not None:
        with whole_file(path) as part:
            yield part
        return
    with _told("standard output"), _copied(sys.stdout.buffer) as part:
        yield part


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {why_not(error, target.parent)}") from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        os.chmod(part, 0o666 & ~_umask())  # noqa: PTH101 - a temporary file is private
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def why_not(error: OSError, folder: Path, thing: str = "file") -> str:
    """Say why nothing new can be written in a folder, and what to do."""
    if not folder.is_dir():
        return f"there is no folder {folder}; make it, or name another {thing}"
    return f"{error.strerror} in {folder}; name another {thing}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _copied(into: BinaryIO) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "output"
        part.touch()
        yield part
        with part.open("rb") as file:
            shutil.copyfileobj(file, into)
        into.flush()


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn a full disk into an error of ours; other errors are not about the output."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise InputError(f"{name}: cannot be written: {error.strerror}; make room") from error
