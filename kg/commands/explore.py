"""`hcc-kg explore`: the explorer in the browser."""

from __future__ import annotations

import os
import runpy
import sys
import threading
import webbrowser
from typing import Annotated

from typer import Option

from kg import terminal
from kg.commands.inputs import Ontology
from kg.errors import InputError
from kg.guideline import load
from kg.paths import ONTOLOGY_VARIABLE, explorer_app

_EXPOSED = (
    "--host {host} is reached by others, and the explorer has no log-in: whoever reaches it can "
    "use it. Use 127.0.0.1; or put a proxy with a log-in before it, and give --expose"
)

_QUIET = {  # we open the browser and say the address; Streamlit still says what is wrong
    "server.headless": True,
    "logger.hideWelcomeMessage": True,
    "logger.level": "warning",
}
_NAMES = ("localhost", "127.0.0.1", "::1")  # of this machine
_SOON = 1.0  # seconds until the browser is opened, for the server to listen by then


def explore(
    port: Annotated[int, Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    host: Annotated[str, Option(help="Address to listen on.")] = "127.0.0.1",
    expose: Annotated[
        bool, Option("--expose", help="Let --host be an address that others can reach.")
    ] = False,
    browser: Annotated[bool, Option(help="Open the page in the browser.")] = True,
    ontology: Ontology = None,
) -> None:
    """Open the explorer: patients, therapies, the guideline, queries and cohorts.

    It runs on this machine only, unless --host and --expose say otherwise. Ctrl-C stops it.

    Example: hcc-kg explore --port 8501
    """
    from kg.server.access import is_loopback, listening  # noqa: PLC0415 - nothing else needs it

    if not expose and not is_loopback(host):
        raise InputError(_EXPOSED.format(host=host))
    load(ontology)  # a wrong folder is told before anything starts
    with listening(host, port):  # so is an address that cannot be had
        pass
    if ontology is not None:
        os.environ[ONTOLOGY_VARIABLE] = str(ontology)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    terminal.messages().print(f"The explorer is at {address} (Ctrl-C stops it).")
    if browser:
        opening = threading.Timer(_SOON, webbrowser.open, [address])
        opening.daemon = True
        opening.start()
    sys.argv = [str(explorer_app())]  # its settings stand beside it
    # Who is let in under which name: others' names are theirs to give.
    names = ["*"] if expose else [*_NAMES, host]
    options = {"server.port": port, "server.address": host, "server.allowedHosts": names, **_QUIET}
    runpy.run_path(str(explorer_app()))["app"].run(config=options)
