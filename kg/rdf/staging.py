"""Changes to a store on disk that happen as a whole or not at all.

1. A folder beside the store is taken, by one build at a time. What a build that was killed has
   left in it is put back or removed.
2. The store is opened, which locks it, and copied into that folder: by hard links, so that the
   copy costs neither time nor room.
3. The copy is changed, then closed.
4. The copy takes the name of the store, whose old files are removed.

Whatever ends the work before the fourth step leaves the store as it was. Where it is killed
between the two renamings of the fourth step, the next build puts the old store back.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from kg.errors import InputError
from kg.output import full_disk_told, why_not
from kg.stores.oxigraph import LockedError, OxigraphStore

if sys.platform != "win32":
    import fcntl

_NEW, _OLD = "new", "old"


@contextmanager
def staged(folder: Path, anew: bool = False) -> Iterator[OxigraphStore]:
    """Give a store to change; it takes the place of `folder` when the block ends without error.

    It holds what `folder` does, or, `anew`, nothing: then what is there may be broken.

    Raises:
        InputError: the folder holds something else, is locked, or cannot be written to.
    """
    target = folder.resolve()
    if target.exists() and not target.is_dir():
        raise InputError(f"{folder} is a file; a store on disk is a folder")
    with _beside(folder, target) as beside, full_disk_told(folder):
        new = beside / _NEW
        there = target.is_dir() and any(target.iterdir())
        with ExitStack() as kept:
            if there and anew:
                _check_replaceable(folder)
            elif there:
                original = kept.enter_context(closing(OxigraphStore(folder)))
                original.dataset.backup(str(new))
            store = kept.enter_context(closing(OxigraphStore(new)))
            yield store
            store.dataset.optimize()  # merges its files, which halves the time of queries
        if there:
            target.replace(beside / _OLD)
        new.replace(target)


def _check_replaceable(folder: Path) -> None:
    """Refuse to replace what is no store, or one that another program has open.

    Raises:
        InputError: the folder is such.
    """
    if not (folder / "CURRENT").is_file() and not any(folder.glob("*.sst")):
        raise InputError(f"{folder} holds other files and is not a store; name another folder")
    try:
        OxigraphStore(folder).close()
    except LockedError:
        raise
    except InputError:  # it is broken, and gives way
        pass


@contextmanager
def _beside(folder: Path, target: Path) -> Iterator[Path]:
    """Give an empty folder beside a store; it is gone at the end."""
    beside = target.with_name(f".{target.name}.part")
    try:
        beside.mkdir(exist_ok=True)
    except OSError as error:
        why = why_not(error, target.parent, "folder")
        raise InputError(f"{folder}: no store can be made here: {why}") from error
    with _locked(folder, beside):
        _put_back(target, beside)
        shutil.rmtree(beside / _NEW, ignore_errors=True)
        try:
            yield beside
        finally:
            _put_back(target, beside)
            shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _locked(folder: Path, beside: Path) -> Iterator[None]:
    """Keep other builds away; the lock of a process that is killed is gone with it."""
    if sys.platform == "win32":  # a folder cannot be locked there
        yield
        return
    with ExitStack() as kept:
        try:
            place = os.open(beside, os.O_RDONLY)
            kept.callback(os.close, place)
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError) as error:
            raise InputError(f"{folder}: another build works on it; wait for its end") from error
        yield


def _put_back(target: Path, beside: Path) -> None:
    """Give the old store its name again where no new one took it, else remove it."""
    old = beside / _OLD
    if old.exists() and not target.exists():
        old.replace(target)
    shutil.rmtree(old, ignore_errors=True)
