"""Files that appear whole or not at all: written beside their name, then renamed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; it takes the name `path` when the block ends without error.

    Raises:
        InputError: the folder is not there or cannot be written to.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file to write to")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        os.chmod(part, 0o666 & ~_umask())  # noqa: PTH101 - a temporary file is private
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def whole_output(path: Path | None) -> Iterator[Path]:
    """Give a path to write to, for a file or for standard output where there is no path.

    Standard output too gets the result only when the block ends without error.
    """
    if path is not None:
        with whole_file(path) as part:
            yield part
        return
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "output"
        part.touch()
        yield part
        sys.stdout.flush()
        with part.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
