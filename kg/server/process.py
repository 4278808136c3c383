"""The worker process as the server sees it: started, handed sockets, asked for room, ended."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from kg.errors import ComponentError, InputError
from kg.server import messages
from kg.server.limits import Limits


@dataclass(frozen=True, eq=False)
class WorkerProcess:
    """A worker whose store is open; `graphs` are those that it holds.

    Its control channel never blocks: the event loop of the server writes to it.
    """

    graphs: frozenset[str]
    process: subprocess.Popen[bytes]
    control: socket.socket

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def hand_over(self, connection: socket.socket) -> None:
        """Give the worker a query by its socket.

        Raises:
            BlockingIOError: it has not taken those before.
            OSError: it has died.
        """
        socket.send_fds(self.control, [messages.QUERY], [connection.fileno()])

    def make_room(self) -> None:
        """Have the worker end a query that has had its share."""
        with suppress(OSError):  # it has died, or has yet to read earlier calls
            self.control.send(messages.MAKE_ROOM)

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(where: Path | bytes, limits: Limits) -> WorkerProcess:
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
            command.append(str(where))
        process = subprocess.Popen(  # noqa: S603 - our own module, by its full name
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL if isinstance(where, Path) else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
        )
    if process.stdin is not None and isinstance(where, bytes):
        with suppress(BrokenPipeError), process.stdin as pipe:  # `_told` finds out
            pipe.write(where)
    told = _told(control)
    started = WorkerProcess(frozenset(told.get("graphs", ())), process, control)
    if "graphs" not in told:
        started.close()
        if "error" in told:
            name = where if isinstance(where, Path) else "the data"
            raise InputError(f"{name}: cannot be opened as a store: {told['error']}")
        raise ComponentError("the process that holds the store did not start")
    control.setblocking(False)
    return started


def _told(control: socket.socket) -> dict[str, list[str]]:
    with control.makefile("rb") as lines:
        line = lines.readline()
    return json.loads(line) if line else {}
