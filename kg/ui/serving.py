"""The explorer as a server: who is let in, what is made ready, when memory is given back.

1. A page elsewhere can point a name of its own at this machine, or call it from a browser here.
   So a request is answered only under one of the names in `server.allowedHosts`, and only where
   its Origin, if it has one, is the host it asks. Streamlit would compare a foreign Origin with
   the address of this machine, and ask a server on the internet for that.
2. A session whose tab is closed is ended after a while in which a browser that lost its
   connection finds it again. Streamlit itself would keep it until other sessions need its place.
3. What the first page needs is made ready while a browser still loads the program that shows it.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_REFUSED = "the explorer is for this machine: open it as {names}, not from another page\n"
_POLICY = 1008  # of a websocket: against the rules
_ROUND = 5.0  # seconds between two looks for closed tabs
_PATIENCE = 40.0  # seconds in which a lost connection finds its session again
_begun: list[Thread] = []
_seen: dict[str, float] = {}  # the sessions, and when they were last connected


class Guard:
    """Middleware: refuses what was asked under a foreign name, or by a page of another origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, as ASGI has it."""
        if scope["type"] == "lifespan" or _is_ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY})
        else:
            names = " or ".join(st.get_option("server.allowedHosts"))
            await PlainTextResponse(_REFUSED.format(names=names), 403)(scope, receive, send)


GUARD = Middleware(Guard)


def _is_ours(headers: Headers) -> bool:
    """Tell whether a request asks for a name of ours, and comes from nowhere else."""
    host, names = headers.get("host", ""), st.get_option("server.allowedHosts")
    known = "*" in names or (urlsplit(f"//{host}").hostname or "") in names
    origin = headers.get("origin")
    trusted = origin in st.get_option("server.corsAllowedOrigins")
    return known and (origin is None or trusted or urlsplit(origin).netloc == host)


def note_session() -> None:
    """Remember the session that runs now, so that it is ended once its tab is closed."""
    context = get_script_run_ctx()
    if context is not None:
        _seen[context.session_id] = time.monotonic()


@asynccontextmanager
async def tidying(_app: object) -> AsyncIterator[dict[str, object]]:
    """Make the pages ready, and end the sessions of closed tabs, while the server runs."""
    begin()
    task = asyncio.create_task(_tidy())
    try:
        yield {}
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _tidy() -> None:
    while True:
        await asyncio.sleep(_ROUND)
        for session, last in list(_seen.items()):
            if runtime.get_instance().is_active_session(session):
                _seen[session] = time.monotonic()
            elif time.monotonic() - last > _PATIENCE:
                runtime.get_instance().close_session(session)
                del _seen[session]


def begin() -> None:
    """Begin to load the parts of the pages, and to read and compile the guideline."""
    thread = Thread(target=_make_ready, daemon=True)
    _begun.append(thread)
    thread.start()


def wait() -> None:
    """Wait until what was begun is ready, so that nothing is made twice."""
    for thread in _begun:
        thread.join()


def _make_ready() -> None:
    # The server is up before these are there. Streamlit itself loads numpy for the first field, and
    # PIL for the icon; for the first element it looks through the stack, the longer the first time.
    import inspect  # noqa: PLC0415

    import numpy  # noqa: F401, PLC0415
    from PIL import Image  # noqa: F401, PLC0415

    from kg.engines.registry import engine_of  # noqa: PLC0415
    from kg.errors import HccKgError  # noqa: PLC0415
    from kg.explanation.reasons import explain  # noqa: PLC0415
    from kg.guideline import load_all  # noqa: PLC0415
    from kg.patients.drafts import Draft, read_draft  # noqa: PLC0415
    from kg.ui.patient import form, line, state, summary, tools, verdicts  # noqa: F401, PLC0415

    with suppress(HccKgError):  # the page says what is wrong
        for guideline in load_all():
            record = read_draft(guideline, Draft()).record
            explain(guideline, record, engine_of("compiled", guideline).classify(record))
            state.examples(guideline)
    inspect.stack()
    gc.freeze()  # all this stays: no search for garbage need go through it
