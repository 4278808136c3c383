"""The server's side of the guard: asks the worker process, and replaces it when it dies."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

from kg.errors import ComponentError, InputError
from kg.server import messages
from kg.server.limits import Limits
from kg.server.process import WorkerProcess, start
from kg.server.queue import BusyError, Queue
from kg.server.refusals import RefusedError

_GRACE = 5.0  # seconds past the time limit after which the worker itself is in doubt
_CHUNK = 1 << 20
_BUSY = "too many queries at once; try again in a few seconds"
_ENDINGS = {
    messages.TIMED_OUT: (503, "the query was stopped after {} s, the time limit; ask for less"),
    messages.MADE_WAY: (503, "the query was stopped, because others wait; try again later"),
    messages.ENDED: (503, "the query needs more memory than a query may have; ask for less"),
    messages.CRASHED: (400, "the query is too deep to be evaluated; write it flatter"),
}
_LOST = (503, "the query was lost, because its process failed or could not start; try again")


class Guard:
    """A worker process with a store, that answers queries within limits and is replaced if it dies.

    The store is a folder or a file of RDF, or is held in memory alone: N-Quads as bytes.
    """

    def __init__(self, where: Path | bytes, limits: Limits) -> None:
        self.limits = limits
        self._where = where
        self._queue = Queue(limits, self._make_room)
        self._replacing: asyncio.Task[None] | None = None
        self._worker = start(where, limits)

    @property
    def graphs(self) -> frozenset[str]:
        """The names of the graphs that the store holds."""
        return self._worker.graphs

    async def ask(self, job: messages.Job) -> messages.Answer:
        """Answer a query.

        Raises:
            RefusedError: with 503 at a limit, with 400 where the query crashed its process.
        """
        try:
            async with self._queue.turn():
                return await self.ask_at_once(job)
        except BusyError as error:
            raise RefusedError(503, _BUSY) from error

    async def ask_at_once(self, job: messages.Job) -> messages.Answer:
        """Answer a query past the queue: for the server's own, which are short.

        Raises:
            RefusedError: as `ask` does.
        """
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

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self._worker.close()

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
        worker = self._worker
        if not worker.is_alive:
            worker = await self._replaced(worker)
        try:
            worker.hand_over(theirs)
        except BlockingIOError as error:
            raise RefusedError(503, _BUSY) from error
        except OSError:
            worker = await self._replaced(worker)
            with suppress(OSError):
                worker.hand_over(theirs)

    def _make_room(self) -> None:
        self._worker.make_room()

    async def _replaced(self, dead: WorkerProcess) -> WorkerProcess:
        """Return a worker in place of a dead one; all who want one wait for the same.

        It is started in a task of its own, which goes on where a client that waits hangs up.
        """
        if self._worker is dead:
            if self._replacing is None:
                self._replacing = asyncio.create_task(self._replace(dead))
            try:
                await asyncio.shield(self._replacing)
            except (ComponentError, InputError) as error:
                raise RefusedError(503, str(error)) from error
        return self._worker

    async def _replace(self, dead: WorkerProcess) -> None:
        try:
            await asyncio.to_thread(dead.close)
            self._worker = await asyncio.to_thread(start, self._where, self.limits)
        finally:
            self._replacing = None
