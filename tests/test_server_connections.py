"""Clients that are slow with the head of a request harm nobody, and are given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from serving import Served, serving
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from kg.server import connections
from kg.server.connections import PatientProtocol

HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIMIT = 0.3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("served") / "data.ttl"
    path.write_text("<http://x/a> <http://x/p> 1 .", "utf-8")
    with serving("--store", path) as found:
        yield found


async def trickle(port: int, until: float) -> None:
    """Send a head byte by byte, and never end it."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HALF)
    while time.monotonic() < until:
        writer.write(b"x")
        await asyncio.sleep(0.2)
    writer.close()


def test_slow_heads_keep_nobody_waiting(server: Served) -> None:
    async def well_behaved() -> list[float]:
        await asyncio.sleep(1)
        taken = []
        for _ in range(20):
            start = time.monotonic()
            answer = await asyncio.to_thread(server.ask, "ASK { ?s ?p ?o }")
            assert answer.status_code == 200
            taken.append(time.monotonic() - start)
        return taken

    async def together() -> list[float]:
        slow = [trickle(server.port, time.monotonic() + 4) for _ in range(500)]
        *_, taken = await asyncio.gather(*slow, well_behaved())
        return list(taken or ())

    taken = asyncio.run(together())
    assert len(taken) == 20
    assert sorted(taken)[10] < 1


def answered(*parts: bytes | float) -> bytes:
    """Return all that a server in this process answers to parts, and to pauses between them."""

    async def run() -> bytes:
        config = uvicorn.Config(PlainTextResponse("well"), log_config=None)
        loop, state = asyncio.get_running_loop(), ServerState()
        server = await loop.create_server(
            lambda: PatientProtocol(config, state, {}), "127.0.0.1", 0
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with closing(writer):
                for part in parts:
                    if isinstance(part, bytes):
                        writer.write(part)
                    else:
                        await asyncio.sleep(part)
                return await asyncio.wait_for(reader.read(), 10)

    return asyncio.run(run())


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not wait for long."""
    monkeypatch.setattr(connections, "HEAD_TIME", LIMIT)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("parts", [(), (HALF,), (WHOLE, 0.1, HALF), (WHOLE, 2 * LIMIT, HALF)])
def test_head_that_does_not_end_gets_408(parts: tuple[bytes | float, ...]) -> None:
    answer = answered(*parts)
    assert answer.count(b"HTTP/1.1 408 ") == 1
    assert answer.count(b"HTTP/1.1 200 ") == parts.count(WHOLE)


@pytest.mark.usefixtures("hasty")
def test_connection_that_asks_again_later_is_kept() -> None:
    last = WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer = answered(WHOLE, 2 * LIMIT, WHOLE[:9], LIMIT / 2, WHOLE[9:], 2 * LIMIT, last)
    assert answer.count(b"HTTP/1.1 200 ") == 3
    assert b"408" not in answer
