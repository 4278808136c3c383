"""Changes to a store on disk that happen as a whole or not at all.

1. The store is opened, which locks it, and copied beside itself: by hard links, so that the
   copy costs neither time nor room.
2. The copy is changed, then closed.
3. The copy takes the name of the store, whose old files are removed.

Whatever ends the work before the third step leaves the store as it was.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kg.errors import InputError
from kg.stores.oxigraph import OxigraphStore


@contextmanager
def staged(folder: Path) -> Iterator[OxigraphStore]:
    """Give a store to change; it takes the place of `folder` when the block ends without error.

    Raises:
        InputError: the folder holds something else, is locked, or cannot be written to.
    """
    target = folder.resolve()
    there = target.is_dir() and any(target.iterdir())
    if target.exists() and not target.is_dir():
        raise InputError(f"{folder} is a file; a store on disk is a folder")
    try:
        beside = Path(tempfile.mkdtemp(".part", f".{target.name}.", target.parent))
    except OSError as error:
        raise InputError(f"{folder}: no store can be made here: {error.strerror}") from error
    try:
        new, old = beside / "new", beside / "old"
        if there:
            with closing(OxigraphStore(folder)) as original:
                original.dataset.backup(str(new))
                yield from _changed(new)
            target.replace(old)
        else:
            yield from _changed(new)
        new.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _changed(folder: Path) -> Iterator[OxigraphStore]:
    with closing(OxigraphStore(folder)) as store:
        yield store
