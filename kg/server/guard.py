"""The server's side of the guard: starts the worker process, and asks it one query at a time."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from kg.errors import ComponentError, InputError
from kg.server import messages
from kg.server.limits import Limits
from kg.server.queue import BusyError, Places
from kg.server.screening import RefusedError

_GRACE = 5.0  # seconds past the time limit after which the worker itself is in doubt
_CHUNK = 1 << 20
_BUSY = "too many queries at once; try again in a few seconds"
_ENDINGS = {
    messages.TIMED_OUT: (503, "the query was stopped after {} s, the time limit; ask for less"),
    messages.MADE_WAY: (503, "the query was stopped, because others wait; try again later"),
    messages.ENDED: (503, "the query needs more memory than a query may have; ask for less"),
    messages.CRASHED: (400, "the query is too deep to be evaluated; write it flatter"),
}
_LOST = (503, "the query was lost, because its process could not be started or was stopped")


class Guard:
    """A worker process with a store, that answers queries within limits and is replaced if it dies.

    The store is a folder or a file of RDF, or is held in memory alone: N-Quads as bytes.
    `graphs` are the names of the graphs that the store holds.
    """

    def __init__(self, where: Path | bytes, limits: Limits) -> None:
        self.limits = limits
        self._where = where
        self._places = Places(limits, self._make_room)
        self._restart = asyncio.Lock()
        self.graphs = self._start()

    async def ask(self, job: messages.Job) -> messages.Answer:
        """Answer a query.

        Raises:
            RefusedError: with 503 at a limit, with 400 where the query crashed its process.
        """
        try:
            async with self._places.place():
                return await self._asked(job)
        except BusyError as error:
            raise RefusedError(503, _BUSY) from error

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def _asked(self, job: messages.Job) -> messages.Answer:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=ours, limit=_CHUNK)
            try:
                await self._hand_over(theirs)
                theirs.close()
                sent = await self._exchange(job, reader, writer)
            finally:
                writer.transport.abort()  # where the query still runs, the worker ends it
        answer, how = messages.read_answer(sent)
        if answer is None:
            status, words = _ENDINGS.get(how, _LOST)
            raise RefusedError(status, words.format(f"{self.limits.seconds:g}"))
        return answer

    async def _exchange(
        self, job: messages.Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        """Send a job and return all that comes back, also where the job was not read."""
        sent = bytearray()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self.limits.seconds + _GRACE):
                writer.write(messages.job_frame(job))
                while part := await reader.read(_CHUNK):
                    sent += part
        return bytes(sent)

    async def _hand_over(self, theirs: socket.socket) -> None:
        """Give the worker a socket; where it has died, a new one."""
        if self._process.poll() is not None:
            await self._replace()
        try:
            socket.send_fds(self._control, [messages.QUERY], [theirs.fileno()])
        except OSError:
            await self._replace()
            with suppress(OSError):
                socket.send_fds(self._control, [messages.QUERY], [theirs.fileno()])

    def _make_room(self) -> None:
        """Have the worker end a query that has had its share."""
        with suppress(OSError):  # it has died: nothing runs
            self._control.send(messages.MAKE_ROOM)

    async def _replace(self) -> None:
        async with self._restart:
            if self._process.poll() is None:
                return
            self._control.close()
            try:
                self.graphs = await asyncio.to_thread(self._start)
            except (ComponentError, InputError) as error:
                raise RefusedError(503, str(error)) from error

    def _start(self) -> frozenset[str]:
        """Start a worker, wait until its store is open, and return its graphs."""
        self._control, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "kg.server.worker", str(theirs.fileno())]
            command.append(json.dumps(asdict(self.limits)))
            if isinstance(self._where, Path):
                command.append(str(self._where))
            self._process = subprocess.Popen(  # noqa: S603 - our own module, by its full name
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL if isinstance(self._where, Path) else subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
            )
        self._pipe_in()
        told = self._told()
        if "graphs" not in told:
            self.close()
            if "error" in told:
                name = self._where if isinstance(self._where, Path) else "the data"
                raise InputError(f"{name}: cannot be opened as a store: {told['error']}")
            raise ComponentError("the process that holds the store did not start")
        return frozenset(told["graphs"])

    def _pipe_in(self) -> None:
        """Give the worker what it is to hold in memory; if it dies of that, `_told` finds out."""
        if self._process.stdin is not None and isinstance(self._where, bytes):
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(self._where)

    def _told(self) -> dict[str, list[str]]:
        with self._control.makefile("rb") as lines:
            line = lines.readline()
        return json.loads(line) if line else {}
