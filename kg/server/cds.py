"""CDS Hooks over HTTP: discovery, the service, and feedback, which is taken and not kept.

Requests are read in a process of their own: a large one would keep the server from all others.
"""

from __future__ import annotations

import asyncio
import json
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kg.guideline import Guideline, load
from kg.server.handlers import body_of
from kg.server.jobs import end_with_parent
from kg.server.screening import RefusedError
from kg.sources.cds import SERVICE, CdsError, discovery, respond
from kg.sources.rules import Rules, read_rules

_PATH = "/cds-services"
_LARGEST = 4 * 1024 * 1024  # bytes of a request, prefetched records included
_LOST = "the request was lost, because its process failed; try again"


class _Reader:
    """The process that reads requests; one that has died is replaced."""

    def __init__(self, ontology: Path | None) -> None:
        self._ontology = ontology
        self._pool = self._started()

    async def answered(self, body: bytes) -> Response:
        """Return the answer to a request.

        Raises:
            RefusedError: with 503 where the process has died.
        """
        pool = self._pool
        try:
            found = asyncio.get_running_loop().run_in_executor(
                pool, _answered, self._ontology, body
            )
            status, text = await found
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = self._started()
            raise RefusedError(503, _LOST) from error
        if status != 200:
            raise RefusedError(status, text)
        return Response(text, media_type="application/json")

    def _started(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, get_context("spawn"), _prepare)
        pool.submit(_knowledge, self._ontology)  # so that the first request need not wait for it
        return pool


def _prepare() -> None:
    """End with the server alone; Ctrl-C is for the server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


@cache
def _knowledge(ontology: Path | None) -> tuple[Guideline, Rules]:
    guideline = load(ontology)
    return guideline, read_rules(guideline)


def _answered(ontology: Path | None, body: bytes) -> tuple[int, str]:
    """Return, in the process that reads requests, a status with JSON or what is wrong."""
    try:
        found = respond(*_knowledge(ontology), body, datetime.now().astimezone().date())
    except CdsError as error:
        return error.status, str(error)
    return 200, json.dumps(found)


def cds_routes(guideline: Guideline, ontology: Path | None) -> list[Route]:
    """Return the routes of the service for a guideline, which comes from `ontology`."""
    offered = discovery(guideline, read_rules(guideline))
    reader = _Reader(ontology)

    async def discover(_: Request) -> Response:
        return JSONResponse(offered)

    async def serve(request: Request) -> Response:
        return await reader.answered(await body_of(request, _LARGEST))

    async def feedback(request: Request) -> Response:
        await body_of(request, _LARGEST)
        return Response(status_code=200)

    return [
        Route(_PATH, discover),
        Route(f"{_PATH}/{SERVICE}", serve, methods=["POST"]),
        Route(f"{_PATH}/{SERVICE}/feedback", feedback, methods=["POST"]),
    ]
