"""Runs `hcc-kg serve` as a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
from counting import PATIENCE

HCC = "https://w3id.org/hcc-kg/"
JSON = "application/sparql-results+json"
QUERY = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
_SLICE = 0.02  # seconds between two looks


@dataclass(frozen=True)
class Served:
    """A running server."""

    process: subprocess.Popen[bytes]
    address: str
    client: httpx.Client
    told: IO[bytes]

    def said(self) -> int:
        """Return how many bytes the server has said on standard error."""
        return os.fstat(self.told.fileno()).st_size

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rpartition(":")[2])

    def get(self, path: str = "/sparql", **options: object) -> httpx.Response:
        return self.request("GET", path, **options)

    def ask(self, query: str, **options: object) -> httpx.Response:
        """Post a query."""
        headers = {"Content-Type": QUERY} | dict(options.pop("headers", {}))  # type: ignore[call-overload]
        return self.request("POST", "/sparql", content=query, headers=headers, **options)

    def request(self, method: str, path: str, **options: object) -> httpx.Response:
        url = self.address.rstrip("/") + path
        return self.client.request(method, url, **options)  # type: ignore[arg-type]

    def worker(self) -> int:
        """Return the process that holds the store."""
        (found,) = children(self.process.pid)
        return found

    def stop(self, how: int = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def at_work(worker: int) -> list[int]:
    """Return the processes of queries that evaluate one; the others wait for one."""
    found = []
    for pid in children(worker):
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "R":
                found.append(pid)
    return found


def soon_at_work(worker: int) -> list[int]:
    """Wait until a query has been evaluated for a moment, and return its processes."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        with suppress(OSError):
            if found := [pid for pid in at_work(worker) if processor(pid) > 2 * _SLICE]:
                return found
        time.sleep(_SLICE)
    raise AssertionError("no query is being evaluated")


def settled(worker: int) -> bool:
    """Return whether a worker soon has no process that evaluates a query."""
    limit = time.monotonic() + PATIENCE
    while at_work(worker) and time.monotonic() < limit:
        time.sleep(_SLICE)
    return not at_work(worker)


def gone(pid: int) -> bool:
    """Return whether a process soon ends; one that nobody has reaped has."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(_SLICE)
    return False


def processor(pid: int) -> float:
    """Return the seconds of processor that a process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "kg", "serve", "--port", "0", *map(str, arguments)]


@contextmanager
def serving(*arguments: str | Path, files: int | None = None) -> Iterator[Served]:
    """Serve while the block runs; `files` is how many the server may have open."""
    client = httpx.Client(timeout=PATIENCE, trust_env=False, verify=False)  # noqa: S501
    with tempfile.TemporaryFile() as told, client:
        limited = ["prlimit", f"--nofile={files}"] if files else []
        process = subprocess.Popen([*limited, *command(*arguments)], stderr=told)
        try:
            yield Served(process, _address(process, told), client, told)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _address(process: subprocess.Popen[bytes], told: IO[bytes]) -> str:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and process.poll() is None:
        told.seek(0)
        text = told.read().decode()
        found = re.search(r"\bat (http://\S+/) ", text)
        if found:
            return found[1]
        time.sleep(_SLICE)
    told.seek(0)
    raise AssertionError(f"the server did not start: {told.read().decode()}")
