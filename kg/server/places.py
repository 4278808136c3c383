"""Places for queries: some run, some wait, the rest is sent away; long ones make room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kg.server.limits import Limits

_LOOK = 0.05  # seconds between looks for a query that has had its share


class BusyError(Exception):
    """No place was free in time."""


@dataclass(eq=False)
class Place:
    """The place of a running query."""

    since: float = field(default_factory=time.monotonic)
    stop: Callable[[], None] | None = None  # ends the query
    given_up: bool = False


class Places:
    """Keeps to the number of queries that may run and wait.

    A query that has run longer than its share keeps its place for as long as nobody waits for it:
    a few queries that never end cannot lock out those that take milliseconds.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(limits.running)
        self._running: set[Place] = set()
        self._waiting = 0
        self._looking = False

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """Wait for a place, and hold it while the block runs.

        Raises:
            BusyError: too many wait already, or the wait was too long.
        """
        await self._acquire()
        place = Place()
        self._running.add(place)
        try:
            yield place
        finally:
            self._running.discard(place)
            self._free.release()

    async def _acquire(self) -> None:
        if self._waiting >= self._limits.waiting:
            raise BusyError
        self._waiting += 1
        if self._free.locked() and not self._looking:
            self._looking = True
            self._make_room()
        try:
            async with asyncio.timeout(self._limits.patience):
                await self._free.acquire()
        except TimeoutError as error:
            raise BusyError from error
        finally:
            self._waiting -= 1

    def _make_room(self) -> None:
        """End as many queries that have had their share as there are others waiting."""
        oldest = time.monotonic() - self._limits.share
        overdue = [p for p in self._running if p.since <= oldest and not p.given_up]
        for place in sorted(overdue, key=lambda p: p.since)[: self._waiting]:
            if place.stop is not None:
                place.given_up = True
                place.stop()
        self._looking = self._waiting > 0
        if self._looking:
            asyncio.get_running_loop().call_later(_LOOK, self._make_room)
