"""`hcc-kg explore` runs the explorer, and takes it along when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from counting import PATIENCE
from streamlit.starlette import App

from kg.benchmarks.running import answers, free_port, served, soon_answers
from kg.engines.registry import engine_of
from kg.paths import ONTOLOGY_VARIABLE, edition_names, explorer_app, ontology_folder
from kg.ui import serving


def test_it_runs_until_it_is_ended_and_leaves_nothing_running() -> None:
    port = free_port()
    command = [sys.executable, "-m", "kg", "explore", "--no-browser", "--port", str(port)]
    health = f"http://127.0.0.1:{port}/_stcore/health"
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert soon_answers(process, health)
            process.send_signal(signal.SIGTERM)
            shown, told = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (shown + told).count(f"127.0.0.1:{port}".encode()) == 1
    assert f"The explorer is at http://127.0.0.1:{port}/".encode() in told
    assert b"Streamlit" not in shown + told
    assert not answers(health)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_address_that_others_reach_is_refused_unless_it_is_meant(
    run: Callable[..., object], host: str
) -> None:
    found = run("explore", "--no-browser", "--host", host)
    assert found.status == 2  # type: ignore[attr-defined]
    assert "no log-in" in found.err  # type: ignore[attr-defined]
    assert "--expose" in found.err  # type: ignore[attr-defined]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The settings under which the explorer would have been started."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(App, "run", lambda _, config: asked.append(config))
    monkeypatch.setenv(ONTOLOGY_VARIABLE, "")
    return asked


def test_address_that_is_meant_is_listened_on(
    run: Callable[..., object], started: list[dict[str, Any]]
) -> None:
    words = ("--no-browser", "--host", "0.0.0.0", "--expose", "--port", str(free_port()))  # noqa: S104
    found = run("explore", *words)
    assert found.status == 0  # type: ignore[attr-defined]
    assert started[0]["server.address"] == "0.0.0.0"  # noqa: S104
    assert started[0]["server.allowedHosts"] == ["*"]


def test_the_explorer_reads_the_named_ontology(
    run: Callable[..., object], started: list[dict[str, Any]], ontology_copy: Path
) -> None:
    run("explore", "--no-browser", "--port", free_port(), "--ontology", ontology_copy)
    assert os.environ[ONTOLOGY_VARIABLE] == str(ontology_copy)
    assert "evil.example" not in started[0]["server.allowedHosts"]


@dataclass
class Trap:
    """A proxy that nothing should ask; it keeps what was."""

    port: int = 0
    asked: list[bytes] = field(default_factory=list)


@pytest.fixture
def trap() -> Iterator[Trap]:
    found = Trap()
    with socket.create_server(("127.0.0.1", 0)) as server:
        found.port = server.getsockname()[1]
        server.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    caller, _ = server.accept()
                    with caller:
                        found.asked.append(caller.recv(1_000))

        thread = threading.Thread(target=listen)
        thread.start()
        yield found
        ended.set()
        thread.join()


def opened(port: int, host: str, origin: str | None, path: str = "/_stcore/stream") -> bytes:
    """Ask for a websocket, and return the line that says what came of it."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]
    lines += [f"Origin: {origin}"] if origin else []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(1_000).partition(b"\r\n")[0]


def test_it_answers_to_its_own_names_only_and_calls_nobody(
    trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    with served(explorer_app()) as address:
        port = urlsplit(address).port or 0
        own = f"127.0.0.1:{port}"
        assert b" 101 " in opened(port, own, f"http://{own}")
        assert b" 101 " in opened(port, f"localhost:{port}", None)
        assert b" 403 " in opened(port, "evil.example", "http://evil.example")
        assert b" 403 " in opened(port, f"evil.example:{port}", None)
        assert b" 403 " in opened(port, own, "http://evil.example")
        assert b" 403 " in opened(port, own, "null")
        assert b" 403 " in opened(port, "evil.example", None, "/_stcore/health")
    assert trap.asked == [], "nothing leaves the machine"


def test_a_page_waits_for_what_is_being_made_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    made, last = list[str](), threading.Event()

    def make() -> None:
        last.wait(PATIENCE)
        made.append("guideline")

    monkeypatch.setattr(serving, "_begun", [])
    monkeypatch.setattr(serving, "_make_ready", make)
    serving.begin()
    threading.Timer(0.05, last.set).start()
    serving.wait()
    assert made == ["guideline"]


def test_every_edition_is_made_ready() -> None:
    engine_of.cache_clear()
    serving._make_ready()
    assert engine_of.cache_info().currsize == len(edition_names(ontology_folder()))


def test_session_of_a_closed_tab_is_ended_and_an_open_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[str] = []

    class Runtime:
        is_active_session = staticmethod(lambda session: session == "open")
        close_session = staticmethod(closed.append)

    monkeypatch.setattr(serving.runtime, "get_instance", Runtime)
    monkeypatch.setattr(serving, "begin", lambda: None)
    monkeypatch.setattr(serving, "_ROUND", 0.01)
    monkeypatch.setattr(serving, "_PATIENCE", 0.0)
    monkeypatch.setattr(serving, "_seen", {"open": 0.0, "gone": 0.0})

    async def run_for_a_moment() -> None:
        async with serving.tidying(None):
            async with asyncio.timeout(PATIENCE):
                while not closed:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)

    asyncio.run(run_for_a_moment())
    assert closed == ["gone"]


def test_a_session_is_given_up_within_a_minute() -> None:
    assert serving._PATIENCE + 2 * serving._ROUND < 60


@pytest.mark.parametrize("command", ["explore --no-browser", "serve"])
def test_a_port_in_use_is_told_before_any_address(run: Callable[..., object], command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run(*command.split(), "--port", str(port))
    assert found.status == 2  # type: ignore[attr-defined]
    assert found.err == (  # type: ignore[attr-defined]
        f"hcc-kg: port {port} is in use; give another, such as --port {port + 1}\n"
    )
