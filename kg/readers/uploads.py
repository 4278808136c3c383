"""Files in memory, such as uploads: they are read as files on disk are, and never written."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeAlias


@dataclass(frozen=True)
class Held:
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


File: TypeAlias = Path | Held


def scannable(file: File) -> Path | BytesIO:
    """Return what Polars and other parsers read a file from."""
    return BytesIO(file.content) if isinstance(file, Held) else file
