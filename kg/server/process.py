"""The worker and the processes of queries as the server sees them: started, watched, ended."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg.errors import ComponentError, InputError
from kg.server.limits import Limits
from kg.server.worker import FORK, PID_BYTES
from kg.stores.oxigraph import REBUILD

_SAVED = 15  # niceness of a query that has used its share
_LONGEST = 8  # bytes that are told on a line
_NOT_STARTED = "the process that holds the store did not start"


@dataclass(frozen=True, eq=False)
class WorkerProcess:
    """A worker whose store is open; `graphs` are those that it holds, in memory or on disk.

    Its control channel never blocks: the event loop of the server writes to it.
    """

    graphs: frozenset[str]
    on_disk: bool
    process: subprocess.Popen[bytes]
    control: socket.socket

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def fork(self, *sockets: socket.socket) -> None:
        """Have the worker fork a process that takes these sockets.

        Raises:
            BlockingIOError: it has not taken those before.
            OSError: it has died.
        """
        socket.send_fds(self.control, [FORK], [each.fileno() for each in sockets])

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(eq=False)
class Child:
    """A process that answers queries: its socket, and the line by which it is ended."""

    connection: socket.socket
    line: socket.socket
    fresh: bool = True
    tired: bool = False  # it is to answer no more
    stopped: str = ""  # why it was ended within a query
    used: float = 0.0  # seconds of processor, before the query that it is at
    since: float = 0.0  # when that query began

    heard: bytes = b""  # on the line: its number, then how it ended

    @property
    def pid(self) -> int:
        """Its number, or 0 where the worker has not told."""
        with suppress(OSError):
            self.heard += self.line.recv(_LONGEST)
        return int.from_bytes(self.heard[:PID_BYTES])

    @property
    def ending(self) -> bytes:
        """How it ended, in a byte, where the worker has told."""
        return self.heard[PID_BYTES:]

    async def hear_ending(self) -> None:
        """Wait until the worker has told how it ended, or is gone."""
        loop = asyncio.get_running_loop()
        while not self.ending and (part := await loop.sock_recv(self.line, _LONGEST)):
            self.heard += part

    def end(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.line.close()

    def stop(self, why: str) -> None:
        """End the process within its query, whose reader then finds out."""
        self.stopped = self.stopped or why
        self.line.close()

    def save(self) -> None:
        """Put the process behind the others."""
        self.tired = True
        if self.pid and not self.stopped:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, _SAVED)

    def spent(self) -> float:
        """Return the seconds of processor of its query; where that is not told, of the clock."""
        used = _used(self.pid) if self.pid else None
        return time.monotonic() - self.since if used is None else used - self.used


def start(where: Path | bytes, limits: Limits, on_disk: bool = False) -> WorkerProcess:
    """Start a worker on a store, and wait until the store is open.

    Raises:
        InputError: the store cannot be opened.
        ComponentError: the process did not start.
    """
    control, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-P", "-m", "kg.server.worker", str(theirs.fileno())]
        command.append(json.dumps(asdict(limits)))
        if isinstance(where, Path):
            command += [str(where), *(["--on-disk"] if on_disk else [])]
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module, by its full name
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL if isinstance(where, Path) else subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
            )
        except OSError as error:
            control.close()
            raise ComponentError(f"{_NOT_STARTED}: {error.strerror}") from error
    if process.stdin is not None and isinstance(where, bytes):
        with suppress(BrokenPipeError), process.stdin as pipe:  # `_told` finds out
            pipe.write(where)
    told = _told(control)
    graphs = frozenset(told.get("graphs", ()))
    started = WorkerProcess(graphs, bool(told.get("on_disk")), process, control)
    if "graphs" not in told:
        started.close()
        if "error" in told:
            name = where if isinstance(where, Path) else "the data"
            raise InputError(f"{name}: cannot be opened as a store: {told['error']}; {REBUILD}")
        raise ComponentError(_NOT_STARTED)
    control.setblocking(False)
    return started


def _told(control: socket.socket) -> dict[str, Any]:
    with control.makefile("rb") as lines:
        line = lines.readline()
    return json.loads(line) if line else {}


def _used(pid: int) -> float | None:
    """Return the seconds of processor that a process has used, where the system tells (Linux).

    proc(5): utime and stime are the 14th and 15th field, counted in clock ticks.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
