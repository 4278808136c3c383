"""The web application: its routes, the start page, and errors as HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kg.server.access import METHODS, Access, Gate
from kg.server.handlers import Endpoint
from kg.server.refusals import RefusedError

_RETRY = {"Retry-After": "5"}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(endpoint: Endpoint, access: Access, more: Sequence[Route] = ()) -> Starlette:
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
        middleware=[_sharing(access.origin), Middleware(Gate, access=access)],
        exception_handlers={RefusedError: _refused, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False  # it would redirect to the host that the client names
    return app


def _sharing(origin: str) -> Middleware:
    """Let pages of an origin, or of all (`*`), read answers."""
    return Middleware(
        CORSMiddleware,
        allow_origins=[origin] if origin else [],
        allow_methods=METHODS,
        allow_headers=["Accept", "Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )


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
