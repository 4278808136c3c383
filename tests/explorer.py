"""The explorer for tests: a server on a free port, and pages of it in a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from browser import WIDTHS, chromium_page
from streamlit.testing.v1 import AppTest

from kg.paths import explorer_app, pages_folder

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

PAGES = sorted(path.stem for path in pages_folder().glob("[a-z]*.py"))
_PATIENCE = 60  # seconds


def app(page: str, **parameters: str | list[str]) -> AppTest:
    """Return a page, run once, as Streamlit's own test harness sees it."""
    test = AppTest.from_file(str(explorer_app()), default_timeout=_PATIENCE)
    test.run()
    test.switch_page(str(pages_folder() / f"{page}.py"))
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def texts(test: AppTest) -> str:
    """Return all that a page says, as one text."""
    kinds = (test.markdown, test.caption, test.error, test.warning, test.info, test.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def place(test: AppTest) -> dict[str, list[str]]:
    """Return the parameters of the address of a page."""
    found = dict(test.query_params)
    return {name: [v] if isinstance(v, str) else list(v) for name, v in found.items()}


@contextmanager
def explorer() -> Iterator[str]:
    """Run the explorer on a free port; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(explorer_app())]
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.fileWatcherType", "none"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        cwd=Path(explorer_app()).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}_stcore/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the explorer did not start")


@contextmanager
def opened(
    address: str, page: str = "", width: int = WIDTHS[0], **parameters: str
) -> Iterator[Page]:
    """Open a page of the explorer; the test fails where it called anything outside."""
    outside: list[str] = []
    host = urlsplit(address).netloc

    def note(request: Request) -> None:
        called = urlsplit(request.url)
        if called.scheme in ("http", "https", "ws", "wss") and called.netloc != host:
            outside.append(request.url)

    with chromium_page(width) as found:
        found.on("request", note)
        found.goto(f"{address}{page}" + (f"?{urlencode(parameters)}" if parameters else ""))
        ready(found)
        yield found
    assert outside == [], "nothing but the explorer itself may be called"


def ready(page: Page) -> None:
    """Wait until a page has been shown whole."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
