"""Files that appear whole or not at all: written beside their name, then renamed.

What a run that was killed has left, a hidden file beside the output or a folder among the
temporary ones, is removed by the next. Each run locks its own, so that none takes another's.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kg import signals
from kg.errors import InputError

if sys.platform != "win32":
    import fcntl

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PART, _SCRATCH = ".hcc-kg.part", "hcc-kg-"
_OLDER = ". The older one was not replaced"


@contextmanager
def whole_file(path: Path, within: Path | None = None) -> Iterator[Path]:
    """Give a path to write to; it takes the name `path` when the block ends without error.

    A link stays, and the file that it leads to is replaced. A device or a pipe is written to.
    The new file can be used by those who could use the old one; a new name by those who can
    use new files, and of them by those who can use the file `within`.

    Raises:
        InputError: the folder is not there or cannot be written to, or the disk is full.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file to write to")
    if is_device(path):
        with path.open("wb") as file, _copied(file, str(path)) as part:
            yield part
        return
    target = path.resolve()
    for leftover in target.parent.glob(f".*{_PART}"):
        _remove(leftover)
    with ExitStack() as kept:
        with signals.held():  # or what is new would stay
            part = _new(path, target, kept)
        with full_disk_told(path):
            yield part
            part.chmod(_mode(target, within))  # a temporary file is private
            part.replace(target)


def copy_folder(source: Path, folder: Path) -> list[str]:
    """Copy a folder that ships into a new or empty one; return the names of its files.

    Raises:
        InputError: the folder holds something, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is no empty folder; name another")
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error}; name another folder") from error
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(map(str, files))


def check_apart(
    read: Iterable[Path | None], written: Iterable[Path | None], store: Path | None = None
) -> None:
    """Keep a run from writing over what it reads, into the folder of a store, or twice.

    Raises:
        InputError: a file is named for two things.
    """
    sources = {file.resolve() for file in read if file is not None and not is_device(file)}
    taken: set[Path] = set()
    folder = None if store is None else store.resolve()
    for file in written:
        if file is None or is_device(file):
            continue
        place = file.resolve()
        if place in sources:
            raise InputError(f"{file} is a file that is read; name another file for the result")
        if folder in (place, *place.parents):
            raise InputError(f"{file} is in the folder of the store; name a file elsewhere")
        if place in taken:
            raise InputError(f"{file} is named for two results; give each a file of its own")
        taken.add(place)


def is_device(file: Path) -> bool:
    """Return whether what is written there goes somewhere else than to a file."""
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
    with _copied(sys.stdout.buffer, "standard output") as part:
        yield part


def _new(path: Path, target: Path, kept: ExitStack) -> Path:
    """Make a hidden file, which is gone and unlocked when the stack unwinds."""
    try:
        handle, name = tempfile.mkstemp(_PART, f".{target.name}.", target.parent)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {why_not(error, target.parent)}") from error
    if sys.platform == "win32":  # no file that is open can be renamed there
        os.close(handle)
    elif not _locked(handle):
        os.close(handle)
        return _new(path, target, kept)
    else:
        kept.callback(os.close, handle)
    kept.callback(Path(name).unlink, missing_ok=True)
    return Path(name)


def _mode(target: Path, within: Path | None) -> int:
    """Return the mode of a file: that of the older one, or of a new one."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    return 0o666 & ~_umask() & (stat.S_IMODE(within.stat().st_mode) if within else 0o666)


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
def _copied(into: BinaryIO, name: str) -> Iterator[Path]:
    with scratch() as folder:
        part = folder / "output"
        with full_disk_told(f"the temporary folder {folder.parent}"):
            part.touch()
            yield part
        with part.open("rb") as file, full_disk_told(name):
            try:
                shutil.copyfileobj(file, into)
                into.flush()
            except OSError:
                if into is sys.stdout.buffer:  # or Python would try again as it ends
                    signals.give_up_output()
                raise


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a private folder among the temporary ones; it is gone when the block ends."""
    remove_leftovers()
    ended = False
    while not ended:
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, ignore_cleanup_errors=True) as name:
            if sys.platform == "win32":  # no folder can be locked there
                yield Path(name)
                return
            lock = os.open(name, os.O_RDONLY)
            try:
                if ended := _locked(lock):
                    yield Path(name)
            finally:
                os.close(lock)


def remove_leftovers() -> None:
    """Remove the temporary folders of runs that were killed."""
    for leftover in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        _remove(leftover)


def _locked(handle: int) -> bool:
    """Lock what is in use, unless another run has just taken it for a leftover and removed it.

    The lock of a process that is killed is gone with it.
    """
    if sys.platform == "win32":
        return True
    fcntl.flock(handle, fcntl.LOCK_EX)
    return os.fstat(handle).st_nlink > 0


def _remove(leftover: Path) -> None:
    """Remove what a run of this user has left, unless that run still goes on."""
    if sys.platform == "win32":  # no locks there: nobody can tell
        return
    with suppress(OSError):
        handle = os.open(leftover, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if os.fstat(handle).st_uid == os.geteuid():
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        finally:
            os.close(handle)


@contextmanager
def full_disk_told(place: Path | str) -> Iterator[None]:
    """Turn a full disk into an error of ours; other errors are not about the place.

    Of a path it is said where something older has its name.
    """
    older = _OLDER if isinstance(place, Path) and place.exists() else ""
    try:
        yield
    except OSError as error:
        if reason := full_disk(error):
            raise InputError(f"{place}: cannot be written: {reason}; make room{older}") from error
        raise


def full_disk(error: Exception) -> str:
    """Return what an error says of a disk that takes no more, or nothing.

    Polars and the store say so in words, without a number.
    """
    number = getattr(error, "errno", None)
    found = (os.strerror(n) for n in _FULL if n == number or os.strerror(n) in str(error))
    return next(found, "")
