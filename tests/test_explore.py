"""`hcc-kg explore` runs the explorer, and takes it along when it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.benchmarks.running import free_port
from kg.paths import ONTOLOGY_VARIABLE


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as found:
            return bool(found.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def test_it_runs_until_it_is_ended_and_leaves_nothing_running() -> None:
    port = free_port()
    command = [sys.executable, "-m", "kg", "explore", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    until = time.monotonic() + 60
    while not answers(port):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    shown, told = process.communicate(timeout=30)
    assert (shown + told).count(f"127.0.0.1:{port}".encode()) == 1
    assert f"The explorer is at http://127.0.0.1:{port}/".encode() in told
    assert b"Streamlit" not in shown + told
    assert not answers(port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_address_that_others_reach_is_refused_unless_it_is_meant(
    run: Callable[..., object], host: str
) -> None:
    found = run("explore", "--no-browser", "--host", host)
    assert found.status == 2  # type: ignore[attr-defined]
    assert "no log-in" in found.err  # type: ignore[attr-defined]
    assert "--expose" in found.err  # type: ignore[attr-defined]


Started = list[tuple[list[str], dict[str, str]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The commands that would have been started, with their environment."""
    asked: Started = []

    class Process:
        def __init__(self, command: list[str], env: dict[str, str]) -> None:
            asked.append((command, env))

        def wait(self) -> int:
            return 0

        def terminate(self) -> None: ...

    monkeypatch.setattr("kg.commands.explore.subprocess.Popen", Process)
    monkeypatch.setattr("kg.commands.explore.signal.signal", lambda *_: None)
    return asked


def test_address_that_is_meant_is_listened_on(run: Callable[..., object], started: Started) -> None:
    words = ("--no-browser", "--host", "0.0.0.0", "--expose", "--port", str(free_port()))  # noqa: S104
    found = run("explore", *words)
    assert found.status == 0  # type: ignore[attr-defined]
    assert "0.0.0.0" in started[0][0]  # noqa: S104


def test_the_explorer_reads_the_named_ontology(
    run: Callable[..., object], started: Started, ontology_copy: Path
) -> None:
    run("explore", "--no-browser", "--port", free_port(), "--ontology", ontology_copy)
    assert started[0][1][ONTOLOGY_VARIABLE] == str(ontology_copy)


@pytest.mark.parametrize("command", ["explore --no-browser", "serve"])
def test_a_port_in_use_is_told_before_any_address(run: Callable[..., object], command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run(*command.split(), "--port", str(port))
    assert found.status == 2  # type: ignore[attr-defined]
    assert found.err == (  # type: ignore[attr-defined]
        f"hcc-kg: port {port} is in use; give another, such as --port {port + 1}\n"
    )
