"""The worker: a process with one thread that holds the store and forks for each query.

1. The server hands it a socket by the control channel; it forks.
2. The child confines itself, reads the query, answers whole and ends.
3. The worker ends a child that is past its time, whose server end has been closed, or, where the
   server asks for room, the one that has used most of the processor, if more than its share.
4. When a child has ended, the worker writes how, and closes the socket. Where the answer has
   filled the socket to the brim, it first waits until the server has fetched some of it.

Run as a module, never by fork: a process with threads (a server, a JVM) must not be copied.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox

from kg.server import messages
from kg.server.evaluation import evaluate
from kg.server.limits import Limits, confine, raise_open_files

_LOOK = 0.25  # seconds between looks at what a query has used; past its share it makes way
_SAVED = 15  # niceness
_NO_MEMORY, _FAILED = 1, 2  # statuses with which a child ends


@dataclass
class _Child:
    pid: int
    connection: socket.socket
    since: float
    deadline: float
    courtesy: float
    killed: bytes = b""


class Worker:
    """Holds a store and the processes of the queries on it."""

    def __init__(self, store: ox.Store, control: socket.socket, limits: Limits) -> None:
        self._store, self._control, self._limits = store, control, limits
        self._children: dict[int, _Child] = {}  # by the descriptor of their connection
        self._endings: dict[int, tuple[socket.socket, bytes]] = {}  # that wait for room
        self._silence = os.open(os.devnull, os.O_WRONLY)
        self._woken, waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    def run(self) -> None:
        """Serve until the server closes the control channel."""
        while True:
            for descriptor, _ in self._poll.poll(self._patience()):
                if descriptor == self._control.fileno():
                    if not self._accept():
                        return
                elif descriptor in self._children:  # the server has hung up
                    self._kill(self._children[descriptor], messages.DONE)
                elif descriptor in self._endings:
                    self._poll.unregister(descriptor)
                    self._finish(*self._endings.pop(descriptor))
            self._drain()
            self._watch_clock()
            self._reap()

    def stop(self) -> None:
        """End all queries."""
        for child in self._children.values():
            self._kill(child, messages.CRASHED)

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if not message:
            return False
        if message == messages.MAKE_ROOM:
            self._make_room()
        for descriptor in descriptors:
            self._fork(socket.socket(fileno=descriptor))
        return True

    def _fork(self, connection: socket.socket) -> None:
        now = time.monotonic()
        try:
            pid = os.fork()
        except OSError:  # no process to be had: an empty answer says so
            connection.close()
            return
        if pid == 0:
            self._serve(connection)
        deadline = now + self._limits.seconds
        child = _Child(pid, connection, now, deadline, now + _LOOK)
        self._children[connection.fileno()] = child
        self._poll.register(connection, 0)  # hang-ups are always reported

    def _serve(self, connection: socket.socket) -> NoReturn:
        """Answer one query in the child, and end it."""
        status = _FAILED
        try:
            signal.set_wakeup_fd(-1)
            os.dup2(self._silence, 2)
            self._control.close()
            for other in self._children.values():
                other.connection.close()
            for unfinished, _ in self._endings.values():
                unfinished.close()
            confine(self._limits)
            answer = evaluate(self._store, messages.read_job(connection), self._limits.result)
            connection.sendall(messages.answer_frame(answer))
            status = 0
        except MemoryError:
            status = _NO_MEMORY
        finally:
            os._exit(status)

    def _make_room(self) -> None:
        """End the child that has used most of the processor, if that is more than its share."""
        used = [(_used(child), child.pid, child) for child in self._children.values()]
        used = [entry for entry in used if not entry[2].killed and entry[0] > self._limits.share]
        if used:
            self._kill(max(used)[2], messages.MADE_WAY)

    def _patience(self) -> int | None:
        """Return the milliseconds until a child is due for something."""
        times = [min(c.deadline, c.courtesy) for c in self._children.values() if not c.killed]
        return max(0, int((min(times) - time.monotonic()) * 1000) + 1) if times else None

    def _watch_clock(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if now >= child.deadline and not child.killed:
                self._kill(child, messages.TIMED_OUT)
            elif now >= child.courtesy:
                self._look(child, now)

    def _look(self, child: _Child, now: float) -> None:
        """Put a child behind the others, if it has used its share; else look again later."""
        if _used(child) < self._limits.share:
            child.courtesy = now + _LOOK
            return
        child.courtesy = float("inf")
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _SAVED)

    def _kill(self, child: _Child, why: bytes) -> None:
        """End a child that has not been reaped, so that its number is still its own."""
        if not child.killed:
            child.killed = why
            self._poll.unregister(child.connection)
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def _reap(self) -> None:
        for descriptor, child in list(self._children.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid == 0:
                continue
            if not child.killed:
                self._poll.unregister(child.connection)
            del self._children[descriptor]
            child.connection.setblocking(False)
            self._finish(child.connection, child.killed or _ending(status))

    def _finish(self, connection: socket.socket, ending: bytes) -> None:
        """Write how a child ended and close its connection, as soon as there is room."""
        try:
            connection.send(ending)
        except BlockingIOError:
            self._endings[connection.fileno()] = (connection, ending)
            self._poll.register(connection, select.POLLOUT)
            return
        except OSError:  # the server has hung up
            pass
        connection.close()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)


def _used(child: _Child) -> float:
    """Return the seconds of processor that a child has used; where that is not told, of the clock.

    proc(5): utime and stime are the 14th and 15th field, counted in clock ticks.
    """
    try:
        text = Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return time.monotonic() - child.since
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _ending(status: int) -> bytes:
    """Return in one byte how a process ended."""
    code = os.waitstatus_to_exitcode(status)
    known = {0: messages.DONE, -signal.SIGXCPU: messages.TIMED_OUT, _FAILED: messages.LOST}
    known |= dict.fromkeys((_NO_MEMORY, -signal.SIGABRT, -signal.SIGKILL), messages.ENDED)
    return known.get(code, messages.CRASHED)


def open_store(where: Path | None) -> ox.Store:
    """Open a folder for reading only, or load RDF into memory: a file, or N-Quads that are piped.

    What is piped in is never on a disk.
    """
    if where is None:
        store = ox.Store()
        store.bulk_load(sys.stdin.buffer, format=ox.RdfFormat.N_QUADS)
        return store
    if where.is_dir():
        return ox.Store.read_only(str(where))
    store = ox.Store()
    store.bulk_load(path=str(where))
    return store


def main() -> None:
    """Open the store, tell the server which graphs it has, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("control", type=int)
    parser.add_argument("limits", type=json.loads)
    parser.add_argument("where", type=Path, nargs="?")
    given = parser.parse_args()
    control = socket.socket(fileno=given.control)
    raise_open_files()  # a store on disk keeps its files open; children can open none
    try:
        store = open_store(given.where)
    except (OSError, SyntaxError, ValueError) as error:
        control.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        return
    graphs = sorted(g.value for g in store.named_graphs() if isinstance(g, ox.NamedNode))
    gc.freeze()  # so that children do not copy the pages of what lives on
    worker = Worker(store, control, Limits(**given.limits))
    control.sendall(json.dumps({"graphs": graphs}).encode() + b"\n")
    try:
        worker.run()
    finally:
        worker.stop()


if __name__ == "__main__":
    main()
