"""The limits of the endpoint, and how a process takes on those of a query."""

from __future__ import annotations

import ctypes
import math
import os
import platform
import resource
import signal
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KB, MB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one query may use, and how many may be at it."""

    seconds: float = 10.0  # wall clock, from when its process starts
    saved: float = 6.0  # times the seconds that a saved question may take: it may be on 100,000
    memory: int = 512 * MB  # beyond what the store itself takes
    result: int = 64 * MB  # of the serialised answer
    held: int = 512 * MB  # of answers that clients have not taken yet
    request: int = 64 * 1024  # of the URL or body
    running: int = 8  # queries at a time
    waiting: int = 64  # queries that queue
    patience: float = 30.0  # seconds that one queues
    share: float = 1.0  # seconds of processor that a query has for sure while others wait


def confine(limits: Limits, opens_files: bool) -> None:
    """Take from this process what a query does not need: files, sockets, programs, memory.

    What is open already stays usable. Nothing can be opened afterwards, not even to import; only
    a store on disk opens its files as it needs them (`opens_files`), for reading.
    """
    end_with_parent()
    _first_to_go()
    forbid_calls()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if sys.platform == "linux":  # elsewhere the address space cannot be limited
        _limit(resource.RLIMIT_AS, _address_space() + limits.memory)
    if not opens_files:
        _limit(resource.RLIMIT_NOFILE, 0)


def limit_time(seconds: float) -> None:
    """Allow this process some seconds of processor from now on; the server's clock is first."""
    most = math.ceil(time.process_time() + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


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


# seccomp(2) and prctl(2) of Linux. By machine: its number for audits, then `openat`, which
# is refused for writing, then calls that are refused: sockets, programs, changes of files.
_SET_DEATH_SIGNAL, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 1, 22, 38
_MACHINES = {
    "x86_64": (
        0xC000003E,
        257,
        "2 41 42 43 49 50 53 59 76 82 83 85 86 87 88 90 101 258 259 263 264"
        " 265 266 268 288 316 322 425 437 452",
    ),
    "aarch64": (
        0xC00000B7,
        56,
        "33 34 35 36 37 38 45 53 117 198 199 200 201 202 203 221 242 276 281 425 437 452",
    ),
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # the latter with EPERM
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # instructions of the filter
_NUMBER, _MACHINE, _THIRD = 0, 4, 32  # where the filter finds what is called


def end_with_parent() -> None:
    """Where the process that this one was forked from is ended, so is this one (Linux)."""
    if sys.platform == "linux":
        parent = os.getppid()
        _libc().prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent or parent == 1:  # it went in between
            os._exit(1)


def forbid_calls() -> bool:
    """Refuse this process sockets, other programs and changes of files; tell whether it worked."""
    known = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    code = b"".join(_filter(*known))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = _libc()
    barred = int(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    return barred == 0 and int(libc.prctl(_SET_SECCOMP, 2, program, 0, 0)) == 0


def _filter(machine: int, opening: int, calls: str) -> Iterable[bytes]:
    """Yield the instructions: each has a code, how far to skip if true and if false, a value."""
    refused = [int(number) for number in calls.split()]
    count = len(refused)
    yield _instruction(_LOAD, 0, 0, _MACHINE)
    yield _instruction(_EQUAL, 0, count + 5, machine)  # another machine's calls: refuse
    yield _instruction(_LOAD, 0, 0, _NUMBER)
    for place, number in enumerate(refused):
        yield _instruction(_EQUAL, count - place + 3, 0, number)
    yield _instruction(_EQUAL, 0, 2, opening)
    yield _instruction(_LOAD, 0, 0, _THIRD)
    yield _instruction(_ANY_BIT, 1, 0, _WRITES)
    yield _instruction(_RETURN, 0, 0, _ALLOW)
    yield _instruction(_RETURN, 0, 0, _REFUSE)


def _instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("@HBBI", code, if_true, if_false, value)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
