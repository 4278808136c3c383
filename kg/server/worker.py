"""The worker: a process with one thread that holds the store, and forks to have queries answered.

1. The server hands it a socket by the control channel; it forks. The child tells its number on the
   socket, confines itself, and answers query after query. After one that was not answered well,
   that changed its copy of the store, or that left much memory taken, it answers no more.
2. The worker keeps the socket, too. Where the server closes it, the worker ends the child; where
   the child ends, the worker says how as the last thing on the socket.
3. All end with the worker, and it ends when the server closes the control channel.

Run as a module, never by fork: a process with threads (a server, a JVM) must not be copied.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox

from kg.server.jobs import (
    LOST,
    MB,
    NO_MEMORY,
    TIMED_OUT,
    Limits,
    QueryJob,
    confine,
    evaluate,
    forbid_calls,
    limit_time,
    raise_open_files,
)
from kg.server.screening import RefusedError

FORK = b"f"  # on the control channel; it comes with the socket
PID_BYTES = 4  # in which a child tells its number, first of all
_ENDED = b"\0ended:"  # what comes before the words of how a child ended, last of all
_DONE = (200, "")  # it ended of itself, after the queries that it was asked
_SHORT_OF_MEMORY = (b"memory allocation of", b"bad_alloc")  # what libraries say as they abort
_TOO_DEEP = (400, "the query is too deep to be evaluated; write it flatter")
_OUT_OF_MEMORY, _FAILED = 1, 2  # statuses with which a child ends
_KEPT = 64 * MB  # that a child may have taken over its queries, and still answer another
_SHARE_OF_MEMORY = 0.5  # of what is free that a store may take to be held in memory
_GROWTH = 2.5  # the memory that a store takes, to its size on disk


@dataclass(frozen=True)
class OpenStore:
    """A store, the names of its graphs, and whether its quads stay on disk."""

    store: ox.Store
    graphs: frozenset[str]
    on_disk: bool


class Worker:
    """Holds a store and the processes that answer queries on it."""

    def __init__(self, held: OpenStore, control: socket.socket, limits: Limits) -> None:
        self._held, self._control, self._limits = held, control, limits
        self._children: dict[int, socket.socket] = {}  # by number; those that are not reaped
        self._woken, waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    def run(self) -> None:
        """Serve until the server closes the control channel; end all children then."""
        try:
            while self._served():
                pass
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def _served(self) -> bool:
        """Do what there is to do; tell whether the server is still there."""
        for descriptor, _ in self._poll.poll():
            if descriptor == self._control.fileno() and not self._accept():
                return False
            for pid, connection in self._children.items():
                if connection.fileno() == descriptor:  # the server wants it ended
                    self._poll.unregister(descriptor)
                    os.kill(pid, signal.SIGKILL)
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)
        with suppress(ChildProcessError):  # there is none
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._reap(*ended)
        return True

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        for descriptor in descriptors:
            self._fork(socket.socket(fileno=descriptor))
        return bool(message)

    def _fork(self, connection: socket.socket) -> None:
        try:
            pid = os.fork()
        except OSError:  # no process to be had: a socket that is closed says so
            connection.close()
            return
        if pid == 0:
            self._serve(connection)
        self._children[pid] = connection
        self._poll.register(connection, 0)  # hang-ups are always reported

    def _serve(self, connection: socket.socket) -> NoReturn:
        """Answer queries in the child, and end it."""
        status = _FAILED
        try:
            signal.set_wakeup_fd(-1)
            os.dup2(connection.fileno(), 2)  # what a library says as it aborts tells why
            self._control.close()
            for other in self._children.values():
                other.close()
            connection.sendall(os.getpid().to_bytes(PID_BYTES))
            confine(self._limits, self._held.on_disk)
            self._answer(connection)
            status = 0
        except MemoryError:
            status = _OUT_OF_MEMORY
        finally:
            os._exit(status)

    def _answer(self, connection: socket.socket) -> None:
        before, last = _peak(), False
        with connection.makefile("rb") as received:
            while not last and (line := received.readline()):
                job = QueryJob(**json.loads(line))
                limit_time(job.seconds or self._limits.seconds)
                answer = evaluate(self._held.store, self._held.graphs, job, self._limits.result)
                changed = bool(job.added) or answer.status >= 500
                last = changed or _peak() - before > _KEPT
                connection.sendall(answer.frame(last))

    def _reap(self, pid: int, status: int) -> None:
        connection = self._children.pop(pid)
        with suppress(KeyError):  # it was ended by us
            self._poll.unregister(connection)
        with suppress(OSError):  # the server has closed it
            connection.send(ending(status, self._limits), socket.MSG_DONTWAIT)
        connection.close()


def _peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def ending(status: int, limits: Limits) -> bytes:
    """Return what is told of how a process ended: an HTTP status, and words."""
    known = {
        0: _DONE,
        _OUT_OF_MEMORY: NO_MEMORY,
        _FAILED: LOST,
        -signal.SIGXCPU: (503, TIMED_OUT.format(limits.seconds)),
        -signal.SIGKILL: NO_MEMORY,  # by the kernel: of those that we end nobody hears
        -signal.SIGABRT: LOST,
    }
    told = known.get(os.waitstatus_to_exitcode(status), _TOO_DEEP)
    return _ENDED + json.dumps(told).encode()


def check_ending(sent: bytes | bytearray) -> None:
    """Pass where a process had ended before it was asked, or its worker has died.

    Raises:
        RefusedError: with what is told of how a process ended that had been asked.
    """
    _, marked, told = sent.rpartition(_ENDED)
    status, words = json.loads(told) if marked else _DONE
    if (status, words) == LOST and any(said in sent for said in _SHORT_OF_MEMORY):
        status, words = NO_MEMORY
    if (status, words) != _DONE:
        raise RefusedError(status, words)


def open_store(where: Path | None, on_disk: bool = False) -> OpenStore:
    """Open what is to be served.

    What is piped in is never on a disk. A folder is read into memory where it fits well, unless it
    should stay `on_disk`: queries are then answered some four times as fast, and no process of a
    query opens a file.

    Raises:
        OSError: it does not fit, and this system cannot confine a process that opens files.
    """
    store = ox.Store()
    if where is None:
        store.bulk_load(sys.stdin.buffer, format=ox.RdfFormat.N_QUADS)
    elif not where.is_dir():
        store.bulk_load(path=str(where))
    elif not on_disk and _fits(where):
        _copy(ox.Store.read_only(str(where)), store)
    elif _in_child(lambda: None if forbid_calls() else os._exit(1)):
        return _held(ox.Store.read_only(str(where)), on_disk=True)
    else:
        raise OSError(
            "it does not fit into the memory that is free, and this system has no seccomp"
        )
    return _held(store, on_disk=False)


def _held(store: ox.Store, *, on_disk: bool) -> OpenStore:
    graphs = (g.value for g in store.named_graphs() if isinstance(g, ox.NamedNode))
    return OpenStore(store, frozenset(graphs), on_disk)


def _copy(disk: ox.Store, store: ox.Store) -> None:
    """Read a store on disk into one in memory, through a pipe from a process of its own."""
    reading, writing = os.pipe()

    def dump() -> None:
        os.close(reading)
        with os.fdopen(writing, "wb", MB) as pipe:
            disk.dump(pipe, format=ox.RdfFormat.N_QUADS)

    pid = _forked(dump)
    os.close(writing)
    with os.fdopen(reading, "rb", MB) as pipe:
        store.bulk_load(pipe, format=ox.RdfFormat.N_QUADS)
    if os.waitpid(pid, 0)[1] != 0:
        raise OSError("it could not be read to its end")


def _in_child(work: Callable[[], object]) -> bool:
    """Try something in a process of its own; tell whether it went well."""
    return os.waitpid(_forked(work), 0)[1] == 0


def _forked(work: Callable[[], object]) -> int:
    """Do something in a process of its own, which ends with 0 where it went well."""
    pid = os.fork()
    if pid:
        return pid
    status = _FAILED
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def _fits(folder: Path) -> bool:
    """Return whether a store on disk can be held in memory; yes where the system does not tell."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return True
    free = next(int(line.split()[1]) for line in told.splitlines() if "MemAvailable" in line)
    return size * _GROWTH < free * 1024 * _SHARE_OF_MEMORY


def main() -> None:
    """Open the store, tell the server which graphs it has, and serve."""
    number, limits, where, on_disk = json.loads(sys.argv[1])
    control = socket.socket(fileno=number)
    raise_open_files()  # a store on disk keeps its files open
    try:
        held = open_store(None if where is None else Path(where), on_disk)
    except (OSError, SyntaxError, ValueError, RuntimeError) as error:
        control.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        return
    gc.freeze()  # so that children do not copy the pages of what lives on
    worker = Worker(held, control, Limits(**limits))
    told = {"graphs": sorted(held.graphs), "on_disk": held.on_disk}
    control.sendall(json.dumps(told).encode() + b"\n")
    worker.run()


if __name__ == "__main__":
    main()
