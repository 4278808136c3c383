"""The server's side of the guard: who has a turn, which process answers, and when it is ended.

1. Some queries run, some wait, the rest is sent away. While one waits, the query that has used
   most of the processor is ended, if that is more than its share.
2. A query goes to a process that has been forked and confined ahead of it, or to a new one.
3. A process that is past its time, or whose client hangs up, is ended: its socket is closed.
4. A worker that has died is replaced.
"""

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
from functools import partial
from pathlib import Path

from kg.errors import ComponentError, InputError
from kg.server import worker
from kg.server.jobs import LOST, TIMED_OUT, JobAnswer, Limits, QueryJob, read_answer
from kg.server.screening import RefusedError
from kg.stores.oxigraph import REBUILD

_CHUNK = 1 << 20
_LOOK = 0.05  # seconds between looks for a query that has had its share
_SAVED = 15  # niceness of a query that has used its share
_TRIES = 3  # with processes that turn out to have ended
_BUSY = "too many queries at once; try again in a few seconds"
_MADE_WAY = "the query was stopped, because others wait; try again later"
_NO_FILES = "this machine has no file descriptors or processes left; try again later"
_NOT_STARTED = "the process that holds the store did not start"


@dataclass(eq=False)
class Child:
    """A process that answers queries, as the server sees it; to close its socket is to end it."""

    connection: socket.socket
    pid: int = 0  # which it tells first of all
    tired: bool = False  # it is to answer no more
    stopped: str = ""  # why it was ended within a query
    used: float = 0.0  # seconds of processor, before the query that it is at
    since: float = 0.0  # when that query began

    def stop(self, why: str) -> None:
        """End the process within its query, whose reader then finds out."""
        self.stopped = self.stopped or why
        with suppress(OSError):  # it has ended
            self.connection.shutdown(socket.SHUT_RDWR)

    def save(self) -> None:
        """Put the process behind the others."""
        self.tired = True
        if self.pid and not self.stopped:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, _SAVED)

    def spent(self) -> float:
        """Return the seconds of processor of its query; where that is not told, of the clock."""
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return time.monotonic() - self.since
        user, system = text.rpartition(")")[2].split()[11:13]  # proc(5): utime, stime, in ticks
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") - self.used


class WorkerProcess:
    """A worker whose store is open; `graphs` are those that it holds, in memory or on disk.

    Raises:
        InputError: the store cannot be opened.
        ComponentError: the process did not start.
    """

    def __init__(self, where: Path | bytes, limits: Limits, on_disk: bool) -> None:
        self._control, theirs = socket.socketpair()
        path = str(where) if isinstance(where, Path) else None
        given = json.dumps([theirs.fileno(), asdict(limits), path, on_disk])
        with theirs:
            try:
                self.process = subprocess.Popen(  # noqa: S603 - our own module, by its full name
                    [sys.executable, "-P", "-m", "kg.server.worker", given],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL if path else subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
                )
            except OSError as error:
                self._control.close()
                raise ComponentError(f"{_NOT_STARTED}: {error.strerror}") from error
        if self.process.stdin is not None and isinstance(where, bytes):
            with suppress(BrokenPipeError), self.process.stdin as pipe:  # it has ended
                pipe.write(where)
        with self._control.makefile("rb") as lines:
            told = json.loads(lines.readline() or "{}")
        if "graphs" not in told:
            self.close()
            if "error" not in told:
                raise ComponentError(_NOT_STARTED)
            name = path or "the data"
            raise InputError(f"{name}: cannot be opened as a store: {told['error']}; {REBUILD}")
        self.graphs, self.on_disk = frozenset[str](told["graphs"]), bool(told["on_disk"])
        self._control.setblocking(False)  # the event loop of the server writes to it

    def fork(self) -> Child:
        """Have the worker fork a process.

        Raises:
            BlockingIOError: it has not forked those before.
            OSError: it has died, or there are no files to be had.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                socket.send_fds(self._control, [worker.FORK], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return Child(ours)

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.process.kill()  # where it has not ended
        self.process.wait()


class QueryGuard:
    """A worker process with a store, that answers queries within limits and is replaced if it dies.

    The store is a folder or a file of RDF, or is held in memory alone: N-Quads as bytes. A folder
    is read into memory where it fits, unless it is to be left `on_disk`.
    """

    def __init__(self, where: Path | bytes, limits: Limits, on_disk: bool = False) -> None:
        self.limits = limits
        self._start = partial(WorkerProcess, where, limits, on_disk)
        self._free = asyncio.Semaphore(limits.running)
        self._waiting, self._calling = 0, False
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._replacing: asyncio.Task[None] | None = None
        self.worker = self._start()
        self._fork_ahead()

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
            if answer := await self._asked(child, job):
                return answer
            self._end_idle()  # the worker may have died, and all with it
        raise RefusedError(*LOST)

    def close(self) -> None:
        """End the worker and the queries that it runs."""
        self.worker.close()
        self._end_idle()

    async def _asked(self, child: Child, job: QueryJob) -> JobAnswer | None:
        """Ask a process; afterwards it is idle, or ended and another forked ahead.

        None where it had ended before it was asked.
        """
        loop, seconds = asyncio.get_running_loop(), job.seconds or self.limits.seconds
        timers = (
            loop.call_later(self.limits.share, child.save),
            loop.call_later(seconds, child.stop, TIMED_OUT.format(seconds)),
        )
        child.since, sent, found = time.monotonic(), bytearray(), None
        self._busy.add(child)
        try:
            with suppress(ConnectionError):
                await loop.sock_sendall(child.connection, job.line())
                while not found and (part := await loop.sock_recv(child.connection, _CHUNK)):
                    sent += part
                    if not child.pid and len(sent) >= worker.PID_BYTES:
                        child.pid = int.from_bytes(sent[: worker.PID_BYTES])
                        del sent[: worker.PID_BYTES]
                    found = read_answer(sent) if child.pid else None
        finally:
            self._busy.discard(child)
            for timer in timers:
                timer.cancel()
            if found:
                _, last, child.used = found
                child.tired = child.tired or last
            if not found or child.tired or child.stopped or len(self._idle) >= self.limits.running:
                child.connection.close()
                self._fork_ahead()
            else:
                self._idle.append(child)
        if found:
            return found[0]
        if child.stopped:
            raise RefusedError(503, child.stopped)
        worker.check_ending(sent)
        return None

    async def _forked(self) -> Child:
        """Return a process that is new; where the worker has died, of a new worker."""
        for _ in range(_TRIES):
            try:
                if self._replacing is None:
                    return self.worker.fork()
            except BlockingIOError as error:
                raise RefusedError(503, _BUSY) from error
            except OSError as error:
                # One that has been killed closes its end before the system tells that it is dead.
                dead = isinstance(error, ConnectionError) or self.worker.process.poll() is not None
                if not dead:
                    raise RefusedError(503, _NO_FILES) from error
            await self._replaced()
        raise RefusedError(*LOST)

    def _fork_ahead(self) -> None:
        """Have a process ready for the next query."""
        if len(self._idle) + len(self._busy) < self.limits.running:
            with suppress(OSError):
                self._idle.append(self.worker.fork())

    def _end_idle(self) -> None:
        while self._idle:
            self._idle.pop().connection.close()

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
            await asyncio.wait_for(self._free.acquire(), self.limits.patience)
        except TimeoutError as error:
            raise RefusedError(503, _BUSY) from error
        finally:
            self._waiting -= 1

    def _make_room(self) -> None:
        """End the query that has used most, if more than its share, until nobody waits."""
        self._calling = self._waiting > 0
        if not self._calling:
            return
        spent = {child: child.spent() for child in self._busy if not child.stopped}
        most = max(spent, key=spent.__getitem__, default=None)
        if most is not None and spent[most] > self.limits.share:
            most.stop(_MADE_WAY)
        asyncio.get_running_loop().call_later(_LOOK, self._make_room)

    async def _replaced(self) -> None:
        """Have a new worker in place of the dead one; all who want one wait for the same.

        It is started in a task of its own, which goes on where a client that waits hangs up.
        """
        if self._replacing is None:
            self._replacing = asyncio.create_task(self._replace())
        try:
            await asyncio.shield(self._replacing)
        except (ComponentError, InputError, OSError) as error:
            raise RefusedError(503, str(error)) from error

    async def _replace(self) -> None:
        try:
            await asyncio.to_thread(self.worker.close)
            self.worker = await asyncio.to_thread(self._start)
        finally:
            self._replacing = None
