"""The answer to each kind of request; saved questions are asked as /queries/NAME?param=value."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from kg.catalogue.queries import Question
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.rdf.modules import within
from kg.server import connections, protocol
from kg.server.description import Description, HealthCheck
from kg.server.guard import QueryGuard
from kg.server.jobs import JobAnswer, QueryJob
from kg.server.screening import RefusedError


class Questions:
    """The saved questions by their names, with the guideline that knows their parameters."""

    def __init__(self, questions: Mapping[str, Question], guideline: Guideline) -> None:
        self._questions = questions
        self._guideline = guideline

    def listed(self, address: str) -> list[dict[str, object]]:
        """Return what there is to ask, and where."""
        return [
            one.as_json() | {"url": f"{address}/{quote(one.name, safe='')}", "query": one.text}
            for one in self._questions.values()
        ]

    def filled(
        self, name: str, fields: Sequence[tuple[str, str]], graphs: Iterable[str] = ()
    ) -> tuple[str, list[tuple[str, str]]]:
        """Return the query of a question, with its parameters filled in.

        It is asked of one edition where `graphs` are of several: of the one that the field
        `edition` names, or else the default one. Then comes what must be there for an answer, in
        words, each with the query whether it is.

        Raises:
            RefusedError: with 404 where there is no such question, with 400 for its parameters.
        """
        question = self._questions.get(name)
        if question is None:
            raise RefusedError(404, f"there is no question {name[:80]!r}; /queries lists all")
        values = dict(fields)
        if len(values) < len(fields):
            raise RefusedError(400, "a parameter is given twice; give it once")
        try:
            edition = values.pop("edition", None)
            guideline = load(self._guideline.ontology.folder, edition)
            text = question.filled(values, guideline)
            return within(question, text, graphs, guideline), question.sought(values, guideline)
        except InputError as error:
            raise RefusedError(400, str(error)) from error


_SLOW_BODY = 20.0  # seconds that a body may take to come
_DISCARDED = 16 * 1024 * 1024  # of a body that is too long, read so that the answer arrives
_DESCRIPTIONS = (
    *("text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"),
    *("application/xml", "text/plain"),
)
_VARY = {"Vary": "Accept"}
_ENDING = "the server ends, and the query with it; try again where it runs again"
_EMPTY = '299 hcc-kg "a graph of the request is not held here, and counts as empty"'


@dataclass(frozen=True)
class Endpoint:
    """The handlers, over one guarded store."""

    guard: QueryGuard
    description: Description
    questions: Questions
    health_check: HealthCheck
    union: bool

    async def sparql(self, request: Request) -> Response:
        """Answer `/sparql`: a query by GET or POST, or the description where there is none."""
        query_string: bytes = request.scope["query_string"]
        _check_length(len(query_string), self.guard.limits.request)
        if request.method in ("POST", "QUERY"):
            body = await body_of(request, self.guard.limits.request)
            kind = request.headers.get("content-type", "")
            return await self._ask(request, protocol.asked_by_post(kind, query_string, body))
        asked = protocol.asked_by_get(query_string)
        return await (self._describe(request) if asked is None else self._ask(request, asked))

    async def question(self, request: Request) -> Response:
        """Answer `/queries/NAME?param=value`: the result of a saved question."""
        _check_length(len(request.scope["query_string"]), self.guard.limits.request)
        fields = protocol.fields(request.scope["query_string"])
        format_ = [value for name, value in fields if name == protocol.FORMAT]
        if strange := set(format_) - set(protocol.FORMATS):
            told = (
                f"there is no format {min(strange)[:80]!r}; there is {', '.join(protocol.FORMATS)}"
            )
            raise RefusedError(400, told)
        values = [field for field in fields if field[0] != protocol.FORMAT]
        name, graphs = request.path_params["name"], self.guard.worker.graphs
        query, sought = self.questions.filled(name, values, graphs)
        for told, whether in sought:
            there = await _unless_gone(request, self.guard.ask(QueryJob(whether, self.union)))
            if there.status == 200 and not json.loads(there.body)["boolean"]:
                raise RefusedError(404, f"there is no {told}")
        return await self._ask(
            request, protocol.RequestedQuery(query, format="".join(format_[:1]), saved=True)
        )

    async def listed(self, request: Request) -> Response:
        """Answer `/queries`: the saved questions."""
        return JSONResponse(self.questions.listed(str(request.url_for("listed"))))

    async def health(self, _: Request) -> Response:
        """Answer `/health`: 200 where a query is answered, 503 otherwise."""
        healthy = await self.health_check.passed()
        return JSONResponse({"status": "ok" if healthy else "failing"}, 200 if healthy else 503)

    async def _describe(self, request: Request) -> Response:
        media = protocol.negotiate(_accepted(request), _DESCRIPTIONS)
        body = await self.description.serialised(_address(request), media)
        return Response(body, media_type=media, headers=_VARY)

    async def _ask(self, request: Request, asked: protocol.RequestedQuery) -> Response:
        """Settle the format of the answer to a query, and have it screened and evaluated."""
        limits = self.guard.limits
        if connections.held() > limits.held:
            raise RefusedError(503, "too many answers wait for clients to take them; try again")
        formats, unfit = protocol.formats(_accepted(request), asked.format)
        job = QueryJob(
            asked.query,
            self.union,
            formats,
            asked.default_graphs,
            asked.named_graphs,
            base=_address(request),
            unfit=unfit,
            seconds=limits.seconds * limits.saved if asked.saved else None,
        )
        try:
            answer = await _unless_gone(request, self.guard.ask(job))
        except asyncio.CancelledError as error:  # by uvicorn: nobody else ends a request
            raise RefusedError(503, _ENDING) from error
        if answer.status != 200:
            raise RefusedError(answer.status, answer.body.decode("utf-8", "replace"))
        # A graph that the request names and that is not held is empty, as the protocol's tests
        # want it; nothing is ever fetched.
        strange = {*asked.default_graphs, *asked.named_graphs} - set(self.guard.worker.graphs)
        headers = _VARY | ({"Warning": _EMPTY} if strange else {})
        return Response(answer.body, media_type=formats[answer.kind], headers=headers)


async def body_of(request: Request, most: int) -> bytes:
    """Return the body of a request, held no further than its limit in length and time.

    Raises:
        RefusedError: with 408 where it does not come in time, with 413 where it is too long.
    """
    parts, length = bytearray(), 0
    try:
        async with asyncio.timeout(_SLOW_BODY):
            async for part in request.stream():
                length += len(part)
                if length <= most:
                    parts += part
                elif length > _DISCARDED:
                    break
    except TimeoutError as error:
        raise RefusedError(408, "the body did not come in time") from error
    _check_length(length, most)
    return bytes(parts)


def _check_length(length: int, most: int) -> None:
    if length > most:
        raise RefusedError(413, f"the request is longer than {most:,} bytes; make it shorter")


def _address(request: Request) -> str:
    return str(request.url.replace(query="", fragment=""))


def _accepted(request: Request) -> str:
    return ",".join(request.headers.getlist("accept")) or "*/*"


async def _unless_gone(request: Request, asking: Coroutine[Any, Any, JobAnswer]) -> JobAnswer:
    """Wait for an answer; where the client hangs up meanwhile, its query is ended."""
    answer = asyncio.ensure_future(asking)
    gone = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise ClientDisconnect
        return answer.result()
    finally:
        answer.cancel()
        gone.cancel()
        await asyncio.gather(answer, gone, return_exceptions=True)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
