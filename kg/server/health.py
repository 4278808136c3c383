"""Whether the endpoint is well: a query is answered, as a trial a moment ago has shown."""

from __future__ import annotations

import asyncio
import time

from kg.server.guard import Guard
from kg.server.jobs import QueryJob
from kg.server.refusals import RefusedError

_AGE = 1.0  # seconds for which the result of a trial is told
_PATIENCE = 5.0  # seconds that a trial may take
_TRIAL = "ASK {}"


class HealthCheck:
    """Tries a query past the queue, once a second at most, however many want to know.

    So the answer costs those who ask queries nothing, and does not fail because they are many.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._trying = asyncio.Lock()
        self._tried = float("-inf")
        self._well = False

    async def passed(self) -> bool:
        """Return whether a query is answered."""
        async with self._trying:
            if time.monotonic() - self._tried > _AGE:
                self._well = await self._try()
                self._tried = time.monotonic()
            return self._well

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._guard.ask_at_once(QueryJob(_TRIAL, union=True))
        except (RefusedError, TimeoutError):
            return False
        return answer.status == 200
