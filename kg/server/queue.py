"""Places for queries: some run, some wait, the rest is sent away; long ones make room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kg.server.limits import Limits

_LOOK = 0.05  # seconds between calls for room


class BusyError(Exception):
    """No place was free in time."""


class Places:
    """Keeps to the number of queries that may run and wait.

    While one waits, `make_room` is called again and again: it ends a query that has had its share.
    A long query keeps its place for as long as nobody waits for it, and a few queries that never
    end cannot lock out those that take milliseconds.
    """

    def __init__(self, limits: Limits, make_room: Callable[[], None]) -> None:
        self._limits = limits
        self._make_room = make_room
        self._free = asyncio.Semaphore(limits.running)
        self._waiting = 0
        self._calling = False

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it while the block runs.

        Raises:
            BusyError: too many wait already, or the wait was too long.
        """
        await self._acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _acquire(self) -> None:
        if self._free.locked() and self._waiting >= self._limits.waiting:
            raise BusyError
        self._waiting += 1
        if self._free.locked() and not self._calling:
            self._call()
        try:
            async with asyncio.timeout(self._limits.patience):
                await self._free.acquire()
        except TimeoutError as error:
            raise BusyError from error
        finally:
            self._waiting -= 1

    def _call(self) -> None:
        """Call for as many places as are waited for, until none is."""
        for _ in range(min(self._waiting, self._limits.running)):
            self._make_room()
        self._calling = self._waiting > 0
        if self._calling:
            asyncio.get_running_loop().call_later(_LOOK, self._call)
