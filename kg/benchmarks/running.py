"""Streamlit as a server of its own, on a free port: for benchmarks, pictures and tests."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path

import httpx

from kg.errors import ComponentError

_PATIENCE = 60.0  # seconds
_PORTS = cycle(random.sample(range(10_000, 32_000), 1_000))  # lower than those of who calls out
_OPTIONS = {
    "server.headless": "true",
    "server.address": "127.0.0.1",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
}


def free_port() -> int:
    """Return a port that nothing listens at, of those that no system gives to who calls out."""
    while True:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", next(_PORTS)))
            return int(free.getsockname()[1])


def missing_extra(package: str) -> ComponentError:
    """Return the error for a package that only benchmarks need."""
    return ComponentError(f"{package} is not installed: in a checkout, pip install '.[dev]'")


@contextmanager
def served(script: Path, port: int | None = None) -> Iterator[str]:
    """Run a script of Streamlit while the block runs, and give its address."""
    port = port or free_port()
    options = {**_OPTIONS, "server.port": str(port)}
    process = subprocess.Popen(  # noqa: S603 - our own script
        [
            *(sys.executable, "-m", "streamlit", "run", str(script)),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ],
        cwd=script.parent,  # where its settings are
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        if not soon_answers(process, f"{address}_stcore/health"):
            raise ComponentError(f"{address}: Streamlit did not start within {_PATIENCE:g} s")
        yield address
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def answers(address: str) -> bool:
    """Tell whether a server of ours answers, which is asked through no proxy that may be set."""
    try:
        return httpx.get(address, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False


def soon_answers(
    process: subprocess.Popen[bytes], address: str, seconds: float = _PATIENCE
) -> bool:
    """Tell whether a server that was just started answers before it ends, or time does."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        if answers(address):
            return True
        time.sleep(0.1)
    return False
