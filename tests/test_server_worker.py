"""What the process that holds the store sends arrives whole, however late it is fetched."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kg.server.guard import Guard
from kg.server.limits import Limits
from kg.server.messages import Answer, Job

FORMATS = {"bindings": "csv", "boolean": "csv", "graph": "nt"}
LATE = 0.5  # seconds; by then the processes of small answers have ended
AT_ONCE = 48


class LateGuard(Guard):
    """A guard that is too busy at first to fetch what is sent."""

    async def _exchange(
        self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        transport = writer.transport
        transport.pause_reading()  # type: ignore[attr-defined]
        asyncio.get_running_loop().call_later(LATE, transport.resume_reading)  # type: ignore[attr-defined]
        return await super()._exchange(job, reader, writer)


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    (tmp_path / "data.ttl").write_text("<http://x/a> <http://x/p> 1 .\n", "utf-8")
    with closing(LateGuard(tmp_path / "data.ttl", Limits(running=AT_ONCE))) as found:
        yield found


def buffered() -> int:
    """Return how many bytes a connection takes before anybody fetches them."""
    one, other = socket.socketpair()
    with one, other:
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def test_answer_that_fills_its_connection_to_the_brim_is_not_lost(guard: Guard) -> None:
    step = buffered() // 32
    counts = range(16, 16 + AT_ONCE)  # of steps: from half the buffer to twice the buffer

    def query(count: int) -> str:
        words = ", ".join(["?x"] * count)
        return f"SELECT (CONCAT({words}) AS ?y) {{ VALUES ?x {{ '{'x' * step}' }} }}"

    async def ask_all() -> list[Answer]:
        jobs = [Job(query(count), FORMATS, union=True) for count in counts]
        return await asyncio.gather(*map(guard.ask, jobs))

    lengths = [len(answer.body) for answer in asyncio.run(ask_all())]
    assert lengths == [count * step + len("y\r\n\r\n") for count in counts]
