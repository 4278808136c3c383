"""The server's side of the guard: who has a turn, which process answers, and when it is ended.

1. Some queries run, some wait, the rest is sent away. While one waits, the query that has used
   most of the processor is ended, if that is more than its share.
2. A query goes to a process that has been forked and confined ahead of it, or to a new one.
3. A process that is past its time, or whose client hangs up, is ended: its line is closed.
4. A worker that has died is replaced.
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack, suppress
from functools import partial
from operator import itemgetter
from pathlib import Path

from kg.errors import ComponentError, InputError
from kg.server import worker
from kg.server.jobs import JobAnswer, QueryJob, job_frame, read_answer
from kg.server.limits import Limits
from kg.server.process import Child, WorkerProcess, start
from kg.server.screening import RefusedError

_CHUNK = 1 << 20
_GRACE = 2.0  # seconds in which the worker tells how a process ended
_LOOK = 0.05  # seconds between looks for a query that has had its share
_BUSY = "too many queries at once; try again in a few seconds"
_TIMED_OUT = "the query was stopped after {:g} s, the time limit; ask for less"
_MADE_WAY = "the query was stopped, because others wait; try again later"
_MEMORY = (503, "the query needs more memory than a query may have; ask for less")
_ENDINGS = {
    worker.TIMED_OUT: (503, _TIMED_OUT),
    worker.NO_MEMORY: _MEMORY,
    worker.CRASHED: (400, "the query is too deep to be evaluated; write it flatter"),
}
_NO_FILES = "this machine has no file descriptors or processes left; try again later"
_TRIES = 3  # with processes that turn out to have ended
_LOST = (503, "the query was lost, because its process failed or could not start; try again")
_SHORT_OF_MEMORY = (b"memory allocation of", b"bad_alloc")  # what libraries say as they abort


class _GoneError(Exception):
    """A process had ended before it was asked."""


class QueryGuard:
    """A worker process with a store, that answers queries within limits and is replaced if it dies.

    The store is a folder or a file of RDF, or is held in memory alone: N-Quads as bytes. A folder
    is read into memory where it fits, unless it is to be left `on_disk`.
    """

    def __init__(self, where: Path | bytes, limits: Limits, on_disk: bool = False) -> None:
        self.limits = limits
        self._start = partial(start, where, limits, on_disk)
        self._free = asyncio.Semaphore(limits.running)
        self._waiting = 0
        self._calling = False
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._replacing: asyncio.Task[None] | None = None
        self._worker = self._start()
        self._fork_ahead()

    @property
    def graphs(self) -> frozenset[str]:
        """The names of the graphs that the store holds."""
        return self._worker.graphs

    @property
    def on_disk(self) -> bool:
        """Whether the quads stay on disk."""
        return self._worker.on_disk

    async def ask(self, job: QueryJob) -> JobAnswer:
        """Answer a query.

        Raises:
            RefusedError: with 503 at a limit, with 400 where the query crashed its process.
        """
        await self._turn()
        try:
            return await self.ask_at_once(job)
        finally:
            self._free.release()

    async def ask_at_once(self, job: QueryJob) -> JobAnswer:
        """Answer a query past the queue: for the server's own, which are short.

        Raises:
            RefusedError: as `ask` does.
        """
        for _ in range(_TRIES):
            child = self._idle.pop() if self._idle else await self._forked()
            with suppress(_GoneError):
                return await self._asked(child, job)
        raise RefusedError(*_LOST)

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self._worker.close()
        self._end_idle()

    async def _asked(self, child: Child, job: QueryJob) -> JobAnswer:
        """Ask a process; afterwards it is idle, or ended and another forked ahead."""
        self._busy.add(child)
        answer: JobAnswer | None = None
        try:
            answer = await self._exchange(child, job)
            return answer
        finally:
            done = answer is None or child.tired or child.stopped
            if done or len(self._idle) >= self.limits.running:
                child.end()
                self._fork_ahead()
            else:
                self._idle.append(child)

    async def _exchange(self, child: Child, job: QueryJob) -> JobAnswer:
        loop = asyncio.get_running_loop()
        seconds, child.since = job.seconds or self.limits.seconds, time.monotonic()
        timers = (
            loop.call_later(self.limits.share, child.save),
            loop.call_later(seconds, child.stop, _TIMED_OUT.format(seconds)),
        )
        sent, found = bytearray(), None
        try:
            async with asyncio.timeout(seconds + _GRACE):
                with suppress(ConnectionError):
                    await loop.sock_sendall(child.connection, job_frame(job))
                    while part := await loop.sock_recv(child.connection, _CHUNK):
                        sent += part
                        if found := read_answer(sent):
                            break
        except TimeoutError as error:
            raise RefusedError(503, _TIMED_OUT.format(seconds)) from error
        finally:
            self._busy.discard(child)
            for timer in timers:
                timer.cancel()
        if found is None:
            raise await self._failure(child, sent)
        answer, last, child.used = found
        child.tired, child.fresh = child.tired or last, False
        return answer

    async def _failure(self, child: Child, sent: bytearray) -> Exception:
        """Return what became of a query whose process ended before it had answered."""
        if child.stopped:
            return RefusedError(503, child.stopped)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await child.hear_ending()
        if not child.ending:  # the worker has died, and all with it; or could not fork
            self._end_idle()
            return _GoneError()
        if child.ending == worker.DONE and not child.fresh:
            return _GoneError()
        if child.ending == worker.ABORTED and any(words in sent for words in _SHORT_OF_MEMORY):
            return RefusedError(*_MEMORY)
        status, words = _ENDINGS.get(child.ending, _LOST)
        return RefusedError(status, words.format(self.limits.seconds))

    async def _forked(self) -> Child:
        """Return a process that is new; where the worker has died, of a new worker."""
        if not self._worker.is_alive:
            await self._replaced(self._worker)
        try:
            return self._fork()
        except BlockingIOError as error:
            raise RefusedError(503, _BUSY) from error
        except OSError as error:
            if self._worker.is_alive:
                raise RefusedError(503, _NO_FILES) from error
            await self._replaced(self._worker)
            return self._fork()

    def _fork(self) -> Child:
        with ExitStack() as ours, ExitStack() as theirs:
            connection, its_connection = socket.socketpair()
            ours.enter_context(connection).setblocking(False)
            theirs.enter_context(its_connection)
            line, its_line = socket.socketpair()
            ours.enter_context(line).setblocking(False)
            theirs.enter_context(its_line)
            self._worker.fork(its_connection, its_line)
            ours.pop_all()
        return Child(connection, line)

    def _fork_ahead(self) -> None:
        """Have a process ready for the next query."""
        if len(self._idle) + len(self._busy) < self.limits.running:
            with suppress(OSError):
                self._idle.append(self._fork())

    def _end_idle(self) -> None:
        while self._idle:
            self._idle.pop().end()

    async def _turn(self) -> None:
        """Wait for a turn; call for room while somebody waits.

        A long query runs on for as long as nobody waits, and a few queries that never end cannot
        lock out those that take milliseconds.
        """
        if self._free.locked() and self._waiting >= self.limits.waiting:
            raise RefusedError(503, _BUSY)
        self._waiting += 1
        if self._free.locked() and not self._calling:
            self._make_room()
        try:
            async with asyncio.timeout(self.limits.patience):
                await self._free.acquire()
        except TimeoutError as error:
            raise RefusedError(503, _BUSY) from error
        finally:
            self._waiting -= 1

    def _make_room(self) -> None:
        """End the query that has used most, if more than its share, until nobody waits."""
        self._calling = self._waiting > 0
        if not self._calling:
            return
        spent = [(child.spent(), child) for child in self._busy if not child.stopped]
        most, child = max(spent, key=itemgetter(0), default=(0.0, None))
        if child is not None and most > self.limits.share:
            child.stop(_MADE_WAY)
        asyncio.get_running_loop().call_later(_LOOK, self._make_room)

    async def _replaced(self, dead: WorkerProcess) -> None:
        """Have a new worker in place of a dead one; all who want one wait for the same.

        It is started in a task of its own, which goes on where a client that waits hangs up.
        """
        if self._worker is dead:
            if self._replacing is None:
                self._end_idle()
                self._replacing = asyncio.create_task(self._replace(dead))
            try:
                await asyncio.shield(self._replacing)
            except (ComponentError, InputError, OSError) as error:
                raise RefusedError(503, str(error)) from error

    async def _replace(self, dead: WorkerProcess) -> None:
        try:
            await asyncio.to_thread(dead.close)
            self._worker = await asyncio.to_thread(self._start)
        finally:
            self._replacing = None
