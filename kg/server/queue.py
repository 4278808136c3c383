"""The queue: some queries run, some wait, the rest is sent away; long ones make room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kg.server.limits import Limits

_LOOK = 0.05  # seconds between calls for room


class BusyError(Exception):
    """The queue is full, or a turn did not come in time."""


class Queue:
    """Keeps to the number of queries that may run and wait.

    While one waits, `make_room` is called again and again: it ends a query that has had its share.
    A long query runs on for as long as nobody waits, and a few queries that never end cannot lock
    out those that take milliseconds.
    """

    def __init__(self, limits: Limits, make_room: Callable[[], None]) -> None:
        self._limits = limits
        self._make_room = make_room
        self._free = asyncio.Semaphore(limits.running)
        self._waiting = 0
        self._calling = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, which lasts while the block runs.

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
        """Call for room, and again after a while, until nobody waits."""
        self._calling = self._waiting > 0
        if self._calling:
            self._make_room()
            asyncio.get_running_loop().call_later(_LOOK, self._call)
