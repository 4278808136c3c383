"""Runs the endpoint: its routes, start page and errors; a socket, a guarded store, uvicorn."""

from __future__ import annotations

import logging
import resource
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from importlib import resources
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kg.catalogue.queries import catalogue
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.server.access import BACKLOG, METHODS, AccessPolicy, Gate, is_loopback, listening, names_of
from kg.server.connections import IDLE_TIME, TimedProtocol
from kg.server.description import Description, HealthCheck
from kg.server.guard import QueryGuard
from kg.server.handlers import Endpoint, Questions
from kg.server.jobs import Limits, raise_open_files
from kg.server.screening import RefusedError

_RETRY = {"Retry-After": "5"}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(endpoint: Endpoint, access: AccessPolicy, more: Sequence[Route] = ()) -> Starlette:
    """Return the application, as Starlette runs it, with more routes where some are asked for."""
    app = Starlette(
        routes=[
            _asset("/", "page.html", "text/html"),
            _asset("/page.js", "page.js", "text/javascript"),
            _asset("/page.css", "page.css", "text/css"),
            Route("/sparql", endpoint.sparql, methods=["GET", "POST", "QUERY"]),
            Route("/queries", endpoint.listed, name="listed"),
            Route("/queries/{name}", endpoint.question),
            Route("/health", endpoint.health),
            *more,
        ],
        middleware=[
            Middleware(  # lets pages of an origin, or of all (`*`), read answers
                CORSMiddleware,
                allow_origins=[access.origin] if access.origin else [],
                allow_methods=METHODS,
                allow_headers=["Accept", "Authorization", "Content-Type"],
                expose_headers=["Retry-After"],
            ),
            Middleware(Gate, access=access),
        ],
        exception_handlers={RefusedError: _refused, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False  # it would redirect to the host that the client names
    return app


def _asset(path: str, name: str, media: str) -> Route:
    """Return the route of a file that ships with the package; it is read once."""
    content = resources.files("kg.server").joinpath("assets", name).read_bytes()
    headers = {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}

    async def answer(_: Request) -> Response:
        return Response(content, media_type=media, headers=headers)

    return Route(path, answer, name=name)


def _refused(_: Request, error: Exception) -> Response:
    """Answer a refusal with its status and its words."""
    assert isinstance(error, RefusedError)  # noqa: S101 - Starlette calls this for no other
    headers = _RETRY if error.status == 503 else None
    return PlainTextResponse(error.message + "\n", error.status, headers)


def _gone(_: Request, __: Exception) -> Response:
    """Answer a client that has hung up: nobody reads it."""
    return Response(status_code=400)


_LONGEST_HEAD = 1024 * 1024  # of a URL with headers; a longer one than the limit is told so
_OWN_FILES, _FEWEST = 40, 4  # descriptors that the server needs; connections, in any case
_MINUTE, _KEY, _KEYS = 60.0, 60, 1000  # of messages in the log: seconds, characters, kinds
_FAREWELL = 2  # seconds for running queries, when the server is told to end


def serve_until_ended(
    host: str,
    port: int,
    limits: Limits,
    access: AccessPolicy,
    started: Callable[[str, QueryGuard], None],
    *,
    store: Path | None = None,
    union: bool = True,
    on_disk: bool = False,
    ontology: Path | None = None,
    cds_hooks: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM; `started` is told the address and what is served.

    Without a store it serves the guideline and the example.

    Raises:
        InputError: the address cannot be had, or the store cannot be opened.
    """
    raise_open_files()
    # uvicorn shuts down at a signal and raises it again, which interrupts: see `kg.signals`.
    with suppress(KeyboardInterrupt), ExitStack() as kept:
        listener = kept.enter_context(listening(host, port))
        guideline = load(ontology)
        questions = Questions(catalogue(), guideline)
        guard = kept.enter_context(
            closing(QueryGuard(store or _example(guideline), limits, on_disk))
        )
        started(_address(host, listener), guard)
        more: list[Route] = []
        if cds_hooks:
            from kg.server.cds import cds_routes  # noqa: PLC0415 - brings polars

            more = cds_routes(guideline, ontology)
        description = Description(guard, union=union)
        endpoint = Endpoint(guard, description, questions, HealthCheck(guard), union)
        _run(create_app(endpoint, access, more), limits, listener)


def _run(app: Starlette, limits: Limits, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        http=TimedProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=max(_LONGEST_HEAD, 2 * limits.request),
        timeout_keep_alive=IDLE_TIME,
        timeout_graceful_shutdown=_FAREWELL,
        backlog=BACKLOG,
        limit_concurrency=_connections(limits),
    )
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(_seldom({}))
    uvicorn.Server(config).run(sockets=[listener])


def _connections(limits: Limits) -> int:
    """Return how many connections there may be; beyond them the answer is 503.

    Without descriptors of files, no process of a query could be started either.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(_FEWEST, most - _OWN_FILES - 2 * limits.running)


def _seldom(told: dict[str, float]) -> Callable[[logging.LogRecord], bool]:
    """Let each message through once a minute, so that no client can fill a log."""

    def filter_(record: logging.LogRecord) -> bool:
        key, now = str(record.msg)[:_KEY], time.monotonic()
        due = now - told.get(key, float("-inf")) > _MINUTE
        if due and len(told) < _KEYS:
            told[key] = now
        return due

    return filter_


def _example(guideline: Guideline) -> bytes:
    from kg.rdf.build import example_quads  # noqa: PLC0415 - brings polars

    return example_quads(guideline)


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}/"


def check_store(store: Path | None) -> None:
    """Refuse a store that is not there.

    Raises:
        InputError: with the path.
    """
    if store is not None and not store.exists():
        raise InputError(f"--store {store}: there is no store here; 'hcc-kg graph build' makes one")


def check_exposure(host: str, token: str) -> None:
    """Refuse an address that others reach, where there is no token.

    Raises:
        InputError: there is none, or it cannot be sent in a header.
    """
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise InputError("--token: use letters, digits and signs of ASCII, without spaces")
    if not is_loopback(host) and not token:
        raise InputError(f"--host {host} is reached by others: give a --token, or use 127.0.0.1")


def access_to(host: str, store: Path | None, token: str, allow_origin: str | None) -> AccessPolicy:
    """Return who may ask: what --store serves may be private, the example is not.

    Without a token, a private store is kept from the web pages that a browser on this machine
    happens to show: they may not read its answers, and it goes by no name but this machine's own.
    """
    private = store is not None and not token
    origin = allow_origin if allow_origin is not None else "" if private else "*"
    return AccessPolicy(token, origin, names_of(host) if private else ())
