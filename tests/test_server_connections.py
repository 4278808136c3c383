"""Clients that are slow with the head of a request harm nobody, and are given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from counting import PATIENCE
from serving import Served, serving
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from kg.server import connections
from kg.server.access import AccessPolicy
from kg.server.connections import HEAD_TIME, IDLE_TIME, STALLED, TimedProtocol
from kg.server.handlers import Endpoint
from kg.server.jobs import Limits
from kg.server.serving import create_app

HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("served") / "data.ttl"
    path.write_text("<http://x/a> <http://x/p> 1 .", "utf-8")
    with serving("--store", path) as found:
        yield found


def test_slow_heads_keep_nobody_waiting(server: Served) -> None:
    async def together() -> list[int]:
        slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(500)]
        found = []
        for _ in range(5):
            for _, writer in slow:  # byte by byte, and never to the end
                writer.write(HALF if not found else b"x")
            answer = await asyncio.to_thread(server.ask, "ASK { ?s ?p ?o }")
            found.append(answer.status_code)
        for _, writer in slow:
            writer.close()
        return found

    assert asyncio.run(together()) == [200] * 5


@asynccontextmanager
async def served(body: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve a text in this process, and give a connection to it."""
    kept = {"timeout_keep_alive": IDLE_TIME, "log_config": None}
    config = uvicorn.Config(PlainTextResponse(body), **kept)  # type: ignore[arg-type]
    loop, state = asyncio.get_running_loop(), ServerState()
    server = await loop.create_server(lambda: TimedProtocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with closing(writer):
            yield reader, writer


async def later(seconds: float) -> None:
    """Do what is to be done, and let the clock of the loop go on: no machine is too slow for it."""
    loop = asyncio.get_running_loop()
    now = loop.time
    for clock in (now, lambda: now() + seconds):
        loop.time = clock  # type: ignore[method-assign]
        for _ in range(50):
            await asyncio.sleep(0)


def answered(*parts: bytes | float) -> bytes:
    """Return all that a server in this process answers to parts, and to pauses between them."""

    async def run() -> bytes:
        async with served("well") as (reader, writer):
            for part in (*parts, HEAD_TIME):
                if isinstance(part, bytes):
                    writer.write(part)
                else:
                    await later(part)
            return await asyncio.wait_for(reader.read(), PATIENCE)

    return asyncio.run(run())


@pytest.mark.parametrize("parts", [(), (HALF,), (WHOLE, 1, HALF), (WHOLE, 2 * HEAD_TIME, HALF)])
def test_head_that_does_not_end_gets_408(parts: tuple[bytes | float, ...]) -> None:
    answer = answered(*parts)
    assert answer.count(b"HTTP/1.1 408 ") == 1
    assert answer.count(b"HTTP/1.1 200 ") == parts.count(WHOLE)


def test_connection_that_asks_again_later_is_kept() -> None:
    last = WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    pause = 2 * HEAD_TIME
    answer = answered(WHOLE, pause, WHOLE[:9], HEAD_TIME / 2, WHOLE[9:], pause, last)
    assert answer.count(b"HTTP/1.1 200 ") == 3
    assert b"408" not in answer


def taken(read: bool) -> tuple[int, int]:
    """Ask for a long answer; return what a client got of it, and what waits for it at the end."""
    body = "x" * 20_000_000

    async def run() -> tuple[int, int]:
        async with served(body) as (reader, writer):
            writer.write(WHOLE)
            async with asyncio.timeout(PATIENCE):
                while connections.held() <= 1_000_000:
                    await asyncio.sleep(0.01)
            got = len(await reader.readexactly(len(body))) if read else 0
            await later(STALLED)
            return got, connections.held()

    return asyncio.run(run())


def test_answer_that_nobody_takes_is_given_up() -> None:
    assert taken(read=False) == (0, 0)


def test_answer_that_is_taken_arrives_whole() -> None:
    assert taken(read=True) == (20_000_000, 0)


async def asked(app: Starlette, path: str) -> httpx.Response:
    """Return the answer of an application in this process."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


def test_where_too_many_answers_wait_a_query_is_refused() -> None:
    guard = SimpleNamespace(limits=replace(Limits(), held=-1), graphs=frozenset())
    endpoint = Endpoint(guard, None, None, None, union=True)  # type: ignore[arg-type]
    answer = asyncio.run(asked(create_app(endpoint, AccessPolicy()), "/sparql?query=ASK%20{}"))
    assert answer.status_code == 503
    assert "wait for clients" in answer.text
    assert answer.headers["Retry-After"]


def test_query_that_the_end_of_the_server_cuts_off_is_told_so() -> None:
    limits, begun = Limits(), asyncio.Event()

    async def forever(_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def cut_off() -> httpx.Response:
        guard = SimpleNamespace(limits=limits, ask=forever)
        endpoint = Endpoint(guard, None, None, None, union=True)  # type: ignore[arg-type]
        app = create_app(endpoint, AccessPolicy())
        asking = asyncio.create_task(asked(app, "/sparql?query=ASK%20{}"))
        await asyncio.wait_for(begun.wait(), PATIENCE)
        asking.cancel()  # as uvicorn does
        return await asyncio.wait_for(asking, PATIENCE)

    answer = asyncio.run(cut_off())
    assert answer.status_code == 503
    assert "the server ends" in answer.text
