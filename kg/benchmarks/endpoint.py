"""The endpoint under load: clients that ask the catalogue, with runaway queries mixed in.

It is compared with Oxigraph's own server (`pip install oxigraph`), where that is installed, on the
same data and the same queries: without runaway queries, and then with them.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from kg import terminal
from kg.benchmarks.figures import Figure, compared, figure
from kg.catalogue.queries import catalogue
from kg.errors import ComponentError
from kg.guideline import load
from kg.rdf.build import example_quads

_RUNAWAY = (  # queries that never end, or fill the memory
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    "SELECT * { ?a ?b ?c . ?d ?e ?f }",
)
_PATIENCE = 60.0
_MOST, _BACK = 1.5, 2  # times the median of Oxigraph's server, and times the memory before
_HEADERS = (
    "Content-Type: application/sparql-query\r\nAccept: application/sparql-results+json, text/turtle"
)


@dataclass
class Outcome:
    """What became of the well-behaved queries."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def quantiles(self) -> dict[str, float]:
        """Return the median and the 95th percentile, in milliseconds."""
        if len(self.seconds) < 2:
            return {}
        cuts = statistics.quantiles(self.seconds, n=20)
        middle = statistics.median(self.seconds)
        return {"p50": round(middle * 1000, 1), "p95": round(cuts[-1] * 1000, 1)}


@dataclass(frozen=True)
class Load:
    """How many clients ask, for how long, and which share of their queries run away."""

    clients: int
    seconds: float
    runaway: float


@dataclass(frozen=True)
class Measured:
    """What came of a server under load; memory in MB, before and after."""

    server: str
    load: Load
    outcome: Outcome
    before: int
    after: int
    lives: bool


def well_behaved() -> list[str]:
    """Return the queries of the catalogue, filled in with their examples."""
    guideline = load()
    return [found.filled(found.examples, guideline) for found in catalogue().values()]


async def ask(port: int, path: str, query: str) -> int:
    """Post a query and read its whole answer; 0 stands for an answer that is cut off or none."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _asked(port, path, query.encode())
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
        return 0


async def _asked(port: int, path: str, query: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{_HEADERS}\r\n"
        writer.write(f"{head}Content-Length: {len(query)}\r\n\r\n".encode() + query)
        answer = await reader.read()
    finally:
        writer.close()
    start, _, body = answer.partition(b"\r\n\r\n")
    status = int(start.split(b" ", 2)[1])
    length = re.search(rb"(?i)content-length: (\d+)", start)
    whole = len(body) == int(length[1]) if length else body.endswith(b"0\r\n\r\n")
    return status if whole else 0


async def load_up(port: int, path: str, clients: int, seconds: float, share: float) -> Outcome:
    """Let clients ask for some time, each one query after the other."""
    outcome, queries, until = Outcome(), well_behaved(), time.monotonic() + seconds

    async def client(number: int) -> None:
        rng = random.Random(number)  # noqa: S311 - no secret is drawn
        while time.monotonic() < until:
            if rng.random() < share:
                await ask(port, path, rng.choice(_RUNAWAY))
                continue
            start = time.monotonic()
            status = await ask(port, path, rng.choice(queries))
            outcome.statuses[status] += 1
            if status == 200:
                outcome.seconds.append(time.monotonic() - start)

    await asyncio.gather(*(client(number) for number in range(clients)))
    return outcome


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own words
    try:
        limit = time.monotonic() + _PATIENCE
        while asyncio.run(ask(port, "/", "")) == 0:
            if process.poll() is not None or time.monotonic() > limit:
                raise ComponentError(f"{command[0]} did not start within {_PATIENCE:g} s")
            time.sleep(0.2)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def memory(pid: int) -> int:
    """Return the memory of a process and of those it has started, in MB (Linux).

    What processes share is divided among them, since forked ones share nearly all.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    except OSError:  # it has ended
        return 0
    parts = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # this thread has ended
            parts.append(path.read_text("utf-8"))
    found = re.search(r"Pss:\s+(\d+)", text)
    own = int(found[1]) // 1024 if found else 0
    return own + sum(memory(int(child)) for child in " ".join(parts).split())


def measure(name: str, command: Sequence[str], port: int, path: str, load: Load) -> Measured:
    """Run a server under load and return what came of it."""
    with running(command, port) as process:
        before = memory(process.pid)
        outcome = asyncio.run(load_up(port, path, load.clients, load.seconds, load.runaway))
        time.sleep(2)
        after = memory(process.pid)
        lives = process.poll() is None
    return Measured(name, load, outcome, before, after, lives)


def measurements(port: int, clients: int, seconds: float, runaway: float) -> Iterator[Measured]:
    """Yield what came of each server, without runaway queries and then with them."""
    for share in (0.0, runaway):
        for name, command, own, path in _servers(port):
            yield measure(name, command, own, path, Load(clients, seconds, share))


def figures(seconds: float) -> Iterator[Figure]:
    """Yield latency, failures and memory of both servers; ours compared with Oxigraph's own."""
    found = {(m.load.runaway, m.server): m for m in measurements(18890, 30, seconds, 0.05)}
    for runaway in sorted({share for share, _ in found}):
        mixed = f"{runaway:.0%} runaway queries" if runaway else "well-behaved queries only"
        theirs = found.get((runaway, "oxigraph"))
        ours = found[runaway, "hcc-kg"]
        for word in ("p50", "p95"):
            other = _one(f"Oxigraph's server: {word}, {mixed}", "ms", theirs, word)
            own = _one(f"endpoint: {word}, {mixed}", "ms", ours, word)
            yield from ([other] if other else [])
            if own:
                target = _MOST if word == "p50" and not runaway else None
                yield compared(own, other, target) if other else own
        for m in (theirs, ours):
            if m is not None:
                who = "endpoint" if m is ours else "Oxigraph's server"
                failed = sum(n for status, n in m.outcome.statuses.items() if status != 200)
                most, back = (0, _BACK) if m is ours else (None, None)
                yield figure(f"{who}: failed well-behaved queries, {mixed}", "", [failed], most)
                before = figure(f"{who}: memory before, {mixed}", "MB", [m.before])
                after = figure(f"{who}: memory after, {mixed}", "MB", [m.after])
                yield before
                yield compared(after, before, back)


def _one(name: str, unit: str, measured: Measured | None, word: str) -> Figure | None:
    value = measured.outcome.quantiles().get(word) if measured else None
    return None if value is None else figure(name, unit, [value])


def _servers(port: int) -> Iterator[tuple[str, list[str], int, str]]:
    ours = [sys.executable, "-m", "kg", "serve", "--port", str(port)]
    yield "hcc-kg", ours, port, "/sparql"
    folders = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    oxigraph = shutil.which("oxigraph", path=folders)
    if oxigraph is None:
        terminal.messages().print("Not compared: oxigraph is not installed (pip install oxigraph).")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "example.nq"
        data.write_bytes(example_quads(load()))
        store = ["--location", str(Path(folder) / "store")]
        subprocess.run([oxigraph, "load", *store, "--file", str(data)], check=True)  # noqa: S603
        bind = ["--bind", f"127.0.0.1:{port + 1}", "--union-default-graph", "--timeout-s", "10"]
        yield "oxigraph", [oxigraph, "serve-read-only", *store, *bind], port + 1, "/query"
