"""The process that holds the store: what it sends arrives whole, and it holds nobody up."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from counting import PATIENCE
from serving import children

from kg.server import description
from kg.server.description import Description, HealthCheck
from kg.server.guard import QueryGuard
from kg.server.jobs import JobAnswer, Limits, QueryJob
from kg.server.screening import RefusedError

FORMATS = {"bindings": "text/csv"}
AT_ONCE = 48
QUADS = [f"<a:{i}> <a:b> <a:c> .\n".encode() for i in range(150)]  # a second, three times joined


class CountingGuard(QueryGuard):
    """A guard that counts what it is asked, and answers nothing while it is `busy`."""

    asked, busy = 0, False

    async def ask_at_once(self, job: QueryJob) -> JobAnswer:
        self.asked += 1
        if self.busy:
            raise RefusedError(503, "too many queries at once")
        return await super().ask_at_once(job)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.ttl"
    path.write_text("<http://x/a> <http://x/p> 1 .\n", "utf-8")
    return path


@pytest.fixture
def guard(data: Path) -> Iterator[QueryGuard]:
    with closing(QueryGuard(data, Limits(running=AT_ONCE))) as found:
        yield found


@pytest.fixture
def counting(data: Path) -> Iterator[CountingGuard]:
    with closing(CountingGuard(data, Limits(running=1, waiting=0))) as found:
        yield found


def in_time(work: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Return whether work is done in time; what blocks for good is left behind."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def buffered() -> int:
    """Return how many bytes a connection takes before anybody fetches them."""
    one, other = socket.socketpair()
    with one, other:
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def test_answer_that_fills_its_connection_to_the_brim_is_not_lost(guard: QueryGuard) -> None:
    step = buffered() // 32
    counts = range(16, 16 + AT_ONCE)  # of steps: from half the buffer to twice the buffer

    def query(count: int) -> str:
        words = ", ".join(["?x"] * count)
        return f"SELECT (CONCAT({words}) AS ?y) {{ VALUES ?x {{ '{'x' * step}' }} }}"

    async def ask_all() -> list[JobAnswer]:
        jobs = [QueryJob(query(count), union=True, formats=FORMATS) for count in counts]
        return await asyncio.gather(*map(guard.ask, jobs))

    lengths = [len(answer.body) for answer in asyncio.run(ask_all())]
    assert lengths == [count * step + len("y\r\n\r\n") for count in counts]


def until_answered(guard: QueryGuard) -> None:
    """Ask until the worker has read what piled up."""
    while True:
        with suppress(RefusedError):
            asyncio.run(guard.ask(QueryJob("ASK {}", union=True)))
            return
        time.sleep(0.05)


def test_worker_that_reads_nothing_holds_nobody_up(counting: CountingGuard) -> None:
    worker = counting.worker
    refused: list[RefusedError] = []

    def fill() -> None:
        for _ in range(5_000):  # many more than its control channel takes
            counting._end_idle()
            with suppress(OSError):
                counting._fork_ahead()
        counting._end_idle()
        with pytest.raises(RefusedError, match="too many") as caught:
            asyncio.run(counting.ask(QueryJob("ASK {}", union=True)))
        refused.append(caught.value)

    os.kill(worker.process.pid, signal.SIGSTOP)
    try:
        assert in_time(fill)
    finally:
        os.kill(worker.process.pid, signal.SIGCONT)
    assert [error.status for error in refused] == [503]
    assert in_time(lambda: until_answered(counting))


@pytest.mark.parametrize("told", [True, False])
def test_dead_worker_is_replaced_once_however_many_wait(
    counting: CountingGuard, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    dead, before = counting.worker, _workers()  # others may be running
    if not told:  # its end of the channel closes before the system tells that it is dead
        monkeypatch.setattr(dead.process, "poll", lambda: None)
    os.kill(dead.process.pid, signal.SIGKILL)
    dead.process.wait()

    async def ask_all() -> list[JobAnswer]:
        given_up = asyncio.create_task(counting.ask_at_once(QueryJob("ASK {}", union=True)))
        await asyncio.sleep(0.1)  # it waits for the new worker; then its client hangs up
        given_up.cancel()
        jobs = [QueryJob("ASK {}", union=True)] * 5
        return await asyncio.gather(*map(counting.ask_at_once, jobs))

    assert [answer.status for answer in asyncio.run(ask_all())] == [200] * 5
    assert counting.worker is not dead
    assert _workers() - before == {counting.worker.process.pid}


def _workers() -> set[int]:
    found = set()
    for pid in children(os.getpid()):
        with suppress(OSError):  # it has just ended
            if b"kg.server.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def test_process_that_fails_is_not_told_as_short_of_memory(guard: QueryGuard) -> None:
    with pytest.raises(RefusedError, match="was lost") as caught:
        asyncio.run(guard.ask(QueryJob("ASK {}", union=True, formats={"boolean": None})))
    assert caught.value.status == 503


def test_fork_that_fails_is_told_as_busy_and_then_all_is_well(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"  # while it is there, the system has no process to give
    fork = "real, fails = os.fork, lambda: os.open('/none', 0)"
    choice = f"os.fork = lambda: (fails if os.path.exists({str(full)!r}) else real)()"
    (tmp_path / "sitecustomize.py").write_text(f"import os\n{fork}\n{choice}\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(QueryGuard(data, Limits())) as guard:
        full.touch()
        guard._end_idle()
        with pytest.raises(RefusedError, match="could not start; try again") as caught:
            asyncio.run(guard.ask(QueryJob("ASK {}", union=True)))
        assert caught.value.status == 503
        full.unlink()
        assert asyncio.run(guard.ask(QueryJob("ASK {}", union=True))).status == 200


def test_health_takes_no_place_and_is_tried_once_for_many(
    counting: CountingGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(description, "_AGE", PATIENCE)
    monkeypatch.setattr(description, "_PATIENCE", PATIENCE)

    async def ask_all() -> tuple[list[bool], bool]:
        health = HealthCheck(counting)
        await counting._turn()  # all places are taken
        try:
            found = await asyncio.gather(*(health.passed() for _ in range(20)))
        finally:
            counting._free.release()
        health._tried -= 2 * PATIENCE
        counting.busy = True
        return found, await health.passed()

    assert asyncio.run(ask_all()) == ([True] * 20, False)
    assert counting.asked == 2


def test_description_counts_again_after_a_busy_moment(
    counting: CountingGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(description, "_AGAIN", 0.0)

    async def describe() -> tuple[list[bool], list[bool]]:
        described = Description(counting, union=True)

        async def has_counts() -> bool:
            text = await described.serialised("http://x/sparql", "application/n-triples")
            return b"<http://rdfs.org/ns/void#triples>" in text

        counting.busy = True
        before = [await has_counts()]
        counting.busy, counting.asked = False, 0
        return before, await asyncio.gather(*(has_counts() for _ in range(5)))

    assert asyncio.run(describe()) == ([False], [True] * 5)
    assert counting.asked == len(description._COUNTS) + 1


def test_saved_question_may_take_longer_than_a_query(data: Path) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{i} ?b{i} ?c{i} ." for i in range(3)) + " }"
    with closing(QueryGuard(b"".join(QUADS), Limits(seconds=0.2))) as guard:
        with pytest.raises(RefusedError, match=r"0\.2 s, the time limit"):
            asyncio.run(guard.ask(QueryJob(slow, union=True)))
        assert asyncio.run(guard.ask(QueryJob(slow, union=True, seconds=60))).status == 200
