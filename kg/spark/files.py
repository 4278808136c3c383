"""Files and folders at remote addresses, which appear whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kg.errors import InputError
from kg.output import scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Remote:
    """The address of a file or a folder that Spark reaches, as `s3a://bucket/cohort.parquet`."""

    address: str

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rstrip("/").rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    def with_name(self, name: str) -> Remote:
        """Return what stands beside it under another name."""
        return Remote(f"{self.address.rstrip('/').rpartition('/')[0]}/{name}")


def located(text: str) -> Path | Remote:
    """Return a path of this machine, or a remote address where the text has a URI scheme."""
    return Remote(text) if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) else Path(text)


@contextmanager
def remote_file(spark: SparkSession, place: Remote) -> Iterator[Path]:
    """Give a path of this machine for a remote file.

    When the block ends without error, what it wrote there goes to the address, and what it
    wrote beside it goes beside the address.
    """
    with scratch() as folder:
        yield folder / place.name
        for path in sorted(folder.iterdir()):
            _put(spark, path, place.with_name(path.name))


@contextmanager
def new_folder(spark: SparkSession, place: Remote) -> Iterator[None]:
    """Keep a remote folder that the block writes only where it ends without error.

    Raises:
        InputError: there is something of that name.
    """
    check_new(spark, place)
    path, files = _hadoop(spark, place)
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            files.delete(path, True)


def check_new(spark: SparkSession, place: Remote) -> None:
    """Check that nothing has a name.

    Raises:
        InputError: there is something of that name.
    """
    path, files = _hadoop(spark, place)
    if files.exists(path):
        raise InputError(
            f"{place} already exists; Spark writes to a new folder: choose another name"
        )


def _put(spark: SparkSession, path: Path, place: Remote) -> None:
    part, files = _hadoop(spark, place.with_name(f".{place.name}.part"))
    whole, _ = _hadoop(spark, place)
    local, _ = _hadoop(spark, Remote(f"file://{path}"))
    try:
        files.copyFromLocalFile(False, True, local, part)
        files.delete(whole, False)
        files.rename(part, whole)
    finally:
        files.delete(part, False)


def _hadoop(spark: SparkSession, place: Remote) -> tuple[Any, Any]:
    """Return an address as Hadoop knows it, and the file system that it is in."""
    context: Any = spark.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(str(place))
    return path, path.getFileSystem(context._jsc.hadoopConfiguration())
