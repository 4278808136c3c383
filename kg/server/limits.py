"""The limits of the endpoint, and how a process takes on those of one query."""

from __future__ import annotations

import math
import os
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one query may use, and how many may be at it."""

    seconds: float = 10.0  # wall clock, from when its process starts
    memory: int = 512 * MB  # beyond what the store itself takes
    result: int = 64 * MB  # of the serialised answer
    held: int = 512 * MB  # of answers that clients have not taken yet
    request: int = 64 * 1024  # of the URL or body
    running: int = 8  # queries at a time
    waiting: int = 64  # queries that queue
    patience: float = 30.0  # seconds that one queues
    share: float = 1.0  # seconds of processor that a query has for sure while others wait


def confine(limits: Limits) -> None:
    """Take from this process what a query does not need: files, sockets, memory, time.

    What is open already stays usable. Nothing can be opened afterwards, not even to import.
    """
    _first_to_go()
    seconds = math.ceil(limits.seconds) + 1
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if sys.platform == "linux":  # elsewhere the address space cannot be limited
        _limit(resource.RLIMIT_AS, _address_space() + limits.memory)
    _limit(resource.RLIMIT_NOFILE, 0)


def raise_open_files() -> None:
    """Allow this process as many connections as the system lets it have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    with suppress(ValueError, OSError):  # macOS has a lower one of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (most, most))


def _first_to_go() -> None:
    """Where the machine runs out of memory, the kernel ends this process before any other."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")
