"""CDS Hooks over HTTP: discovery, the service, and feedback, which is taken and not kept."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kg.guideline import Guideline
from kg.server.refusals import RefusedError
from kg.sources.cds import SERVICE, CdsError, discovery, respond
from kg.sources.rules import read_rules

_PATH = "/cds-services"
_LARGEST = 4 * 1024 * 1024  # bytes of a request, prefetched records included


def cds_routes(guideline: Guideline) -> list[Route]:
    """Return the routes of the service for a guideline."""
    rules = read_rules(guideline)
    offered = discovery(guideline, rules)

    async def discover(_: Request) -> Response:
        return JSONResponse(offered)

    async def serve(request: Request) -> Response:
        body = await _body(request)
        today = datetime.now(UTC).date()
        try:
            return JSONResponse(await run_in_threadpool(respond, guideline, rules, body, today))
        except CdsError as error:
            raise RefusedError(error.status, str(error)) from error

    async def feedback(request: Request) -> Response:
        await _body(request)
        return Response(status_code=200)

    return [
        Route(_PATH, discover),
        Route(f"{_PATH}/{SERVICE}", serve, methods=["POST"]),
        Route(f"{_PATH}/{SERVICE}/feedback", feedback, methods=["POST"]),
    ]


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise RefusedError(413, f"a request takes at most {_LARGEST // 1024**2} MB")
    return bytes(body)
