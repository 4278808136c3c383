"""Places that Spark reaches: on this machine, or somewhere remote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


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
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Remote:
        """The folder that it is in."""
        return Remote(self.address.rstrip("/").rpartition("/")[0])

    def __truediv__(self, name: str) -> Remote:
        return Remote(f"{self.address}/{name}")

    def with_name(self, name: str) -> Remote:
        """Return what stands beside it under another name."""
        return self.parent / name


def located(text: str) -> Path | Remote:
    """Return a path of this machine, or a remote address where the text has a URI scheme."""
    return Remote(text) if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) else Path(text)
