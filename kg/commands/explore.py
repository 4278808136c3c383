"""`hcc-kg explore`: the explorer in the browser."""

from __future__ import annotations

import signal
import subprocess
import sys
import webbrowser
from typing import Annotated

import typer

from kg import terminal
from kg.errors import ComponentError
from kg.paths import explorer_app


def explore(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to listen at. Records are personal: keep to loopback.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Open the explorer: patients, therapies, the guideline, queries and cohorts.

    It runs on this machine alone. Ctrl-C ends it.

    Example: hcc-kg explore --port 8501
    """
    command = [sys.executable, "-m", "streamlit", "run", str(explorer_app())]
    options = ["--server.port", str(port), "--server.address", host, "--server.headless", "true"]
    terminal.messages().print(f"The explorer is at http://{host}:{port}/ (Ctrl-C ends it).")
    process = subprocess.Popen([*command, *options])  # noqa: S603 - our own program
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if browser:
            webbrowser.open(f"http://{host}:{port}/")
        status = process.wait()
    except KeyboardInterrupt:
        return
    finally:  # however this ends, the explorer ends with it
        process.terminate()
        process.wait()
    if status:
        raise ComponentError(
            f"the explorer ended with status {status}; is port {port} in use? Try another --port"
        )
