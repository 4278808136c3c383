"""A query in a process of its own: what it is asked, what it may use, and what it answers.

1. The process takes from itself what a query does not need (`confine`): files, sockets, programs.
2. It is asked in a line of JSON, and answers in a frame: its lengths, then JSON, then the body.
3. Screening, parsing and evaluation all happen there (`evaluate`); the server passes bytes on.
"""

from __future__ import annotations

import ctypes
import io
import json
import math
import os
import platform
import resource
import signal
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyoxigraph as ox

from kg.server.screening import RefusedError, screen
from kg.stores.faults import syntax_error
from kg.stores.formats import write_csv

KB, MB = 1024, 1024 * 1024
TIMED_OUT = "the query was stopped after {:g} s, the time limit; ask for less"
LOST = (503, "the query was lost, because its process failed or could not start; try again")
NO_MEMORY = (503, "the query needs more memory than a query may have; ask for less")
_LENGTHS = struct.Struct("!II")
_FORMATS = {
    **dict.fromkeys(("bindings", "boolean"), "application/sparql-results+json"),
    "graph": "application/n-triples",
}


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


@dataclass(frozen=True)
class QueryJob:
    """A query to evaluate, over which dataset, and the format of its answer by kind of result.

    `formats` are media types by kind of result: "bindings", "boolean", "graph"; a kind that is
    not there is refused with `unfit`. `added` are N-Quads that the store holds for this query
    alone: only its process sees them, and `graphs` are then the only ones.
    """

    query: str
    union: bool  # the default graph is the union of all graphs
    formats: Mapping[str, str] = field(default_factory=lambda: dict(_FORMATS))
    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()
    base: str | None = None  # what relative IRIs start from, where the query declares no BASE
    added: str = ""
    graphs: Sequence[str] | None = None
    unfit: str = ""
    seconds: float | None = None  # that it may take, where that is not the limit of any query

    def line(self) -> bytes:
        """Return the job as bytes; `json.loads` gives its fields again."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True)
class JobAnswer:
    """What a query came to: an HTTP status, a kind of result, and a body.

    Where the query is not valid, `place` is the line and the column of the fault, if known.
    """

    status: int
    kind: str
    body: bytes
    place: tuple[int, int] | None = None

    def frame(self, last: bool) -> bytes:
        """Return the answer as bytes, with whether its process takes no more, and what it used."""
        used = time.process_time()
        head = json.dumps([self.status, self.kind, self.place, last, used]).encode()
        return _LENGTHS.pack(len(head), len(self.body)) + head + self.body


def read_answer(sent: bytes | bytearray) -> tuple[JobAnswer, bool, float] | None:
    """Return the answer, whether it is the last, and what is used; None while it is not whole."""
    if len(sent) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack_from(sent)
    start = _LENGTHS.size + head
    if len(sent) < start + body:
        return None
    status, kind, place, last, used = json.loads(sent[_LENGTHS.size : start])
    found = bytes(sent[start : start + body])
    return JobAnswer(status, kind, found, tuple(place) if place else None), last, used


class _Bounded(io.BytesIO):
    """A buffer that refuses to grow past a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(data) > self._limit:
            words = (
                f"the answer is larger than {self._limit:,} bytes; ask for less, or with a LIMIT"
            )
            raise RefusedError(503, words)
        return super().write(data)


def evaluate(store: ox.Store, graphs: frozenset[str], job: QueryJob, largest: int) -> JobAnswer:
    """Answer a query, or say what is wrong with it; the body is whole when this returns."""
    place = None
    try:
        return _answered(store, graphs, job, _Bounded(largest))
    except RefusedError as error:
        status, words = error.status, error.message
    except SyntaxError as error:
        fault = syntax_error(job.query, error.msg)
        status, words = 400, str(fault)
        place = (fault.line, fault.column) if fault.line and fault.column else None
    except MemoryError:
        status, words = NO_MEMORY
    except OSError as error:  # nothing can be opened here: the query wanted to
        status, words = 403, f"the query wants something from outside, which is refused: {error}"
    except (ValueError, RuntimeError) as error:
        status, words = 400, f"the query cannot be evaluated: {error}"
    return JobAnswer(status, "message", words.encode(), place)


def _answered(store: ox.Store, graphs: frozenset[str], job: QueryJob, body: _Bounded) -> JobAnswer:
    own = job.graphs or ()
    named = screen(job.query, graphs if job.graphs is None else own)
    if job.added:
        store.extend(ox.parse(job.added, format=ox.RdfFormat.N_QUADS))
    default, others = job.default_graphs, job.named_graphs
    if not (named or default or others):
        default = others = own
    if default or others:
        found = store.query(
            job.query,
            base_iri=job.base,
            default_graph=[ox.NamedNode(name) for name in default],
            named_graphs=[ox.NamedNode(name) for name in others],
        )
    else:
        union = job.union and not named
        found = store.query(job.query, base_iri=job.base, use_default_graph_as_union=union)
    return JobAnswer(200, _write(found, job, body), body.getvalue())


def _write(
    found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, job: QueryJob, body: _Bounded
) -> str:
    """Write a result in the format for its kind; return the kind."""
    rows = "boolean" if isinstance(found, ox.QueryBoolean) else "bindings"
    kind = "graph" if isinstance(found, ox.QueryTriples) else rows
    if kind not in job.formats:
        raise RefusedError(406, job.unfit)
    media = job.formats[kind]
    if isinstance(found, ox.QueryTriples):
        found.serialize(body, format=ox.RdfFormat.from_media_type(media))
    elif isinstance(found, ox.QuerySolutions) and media == "text/csv":
        write_csv(body, [variable.value for variable in found.variables], found)
    else:
        found.serialize(body, format=ox.QueryResultsFormat.from_media_type(media))
    return kind


def confine(limits: Limits, opens_files: bool) -> None:
    """Take from this process what a query does not need: files, sockets, programs, memory.

    What is open already stays usable. Nothing can be opened afterwards, not even to import; only
    a store on disk opens its files as it needs them (`opens_files`), for reading.
    """
    end_with_parent()
    with suppress(OSError):  # where the machine runs out of memory, this process is the first to go
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    forbid_calls()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if sys.platform == "linux":  # elsewhere the address space cannot be limited
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        _limit(resource.RLIMIT_AS, pages * os.sysconf("SC_PAGE_SIZE") + limits.memory)
    if not opens_files:
        _limit(resource.RLIMIT_NOFILE, 0)


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (most, most))


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
    code = b"".join(struct.pack("@HBBI", *step) for step in _filter(*known))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = _libc()
    barred = int(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    return barred == 0 and int(libc.prctl(_SET_SECCOMP, 2, program, 0, 0)) == 0


def _filter(machine: int, opening: int, calls: str) -> list[tuple[int, int, int, int]]:
    """Return the instructions: each has a code, how far to skip if true and if false, a value."""
    refused = [int(number) for number in calls.split()]
    count = len(refused)
    return [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 0, count + 5, machine),  # another machine's calls: refuse
        (_LOAD, 0, 0, _NUMBER),
        *((_EQUAL, count - place + 3, 0, number) for place, number in enumerate(refused)),
        (_EQUAL, 0, 2, opening),
        (_LOAD, 0, 0, _THIRD),
        (_ANY_BIT, 1, 0, _WRITES),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
