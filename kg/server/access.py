"""Who may ask, and where: a token, the names of the server, pages of other origins, the socket.

Also here, before anything else sees a request: its address in the absolute form (RFC 9112, 3.2.2),
and a body of two lengths (6.1), which is refused.
"""

from __future__ import annotations

import errno
import hmac
import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import InputError

_OPEN = ("/", "/health", "/page.js", "/page.css")  # they show no data
METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.~\-]+)(?::\d*)?", re.ASCII)
_LOCAL = ("localhost", "127.0.0.1", "[::1]")  # names of this machine


@dataclass(frozen=True)
class AccessPolicy:
    """The conditions on a request.

    `origin` is the origin whose pages may read answers, `*` for all of them, empty for none.
    `names` are those that a request may ask the server under; none means any. A page elsewhere
    can point a name of its own at 127.0.0.1, and would otherwise read what is meant for this
    machine. Where names are given, pages of other origins may not even ask: what they cannot read
    they could still learn by how long the answer takes.
    """

    token: str = ""
    origin: str = "*"
    names: tuple[str, ...] = ()

    def refusal(self, method: str, path: str, headers: Headers) -> Response | None:
        """Return the answer to a request that is not let in; a browser's OPTIONS has no token."""
        host = _HOST.fullmatch(headers.get("host", "none"))
        if not host:
            return PlainTextResponse("the header Host names no host\n", 400)
        if self.names and host[1].lower() not in self.names:
            known = " or ".join(self.names)
            return PlainTextResponse(
                f"this server is for this machine: ask for it as {known}\n", 421
            )
        if self.names and path not in _OPEN and self._is_foreign(headers):
            words = "a page of another origin may not ask: name it by --allow-origin, or --token\n"
            return PlainTextResponse(words, 403)
        if not self.token or path in _OPEN or method == "OPTIONS":
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode(), self.token.encode())
        if scheme.lower() == "bearer" and same:
            return None
        words = "a token is needed: send the header Authorization: Bearer TOKEN\n"
        return PlainTextResponse(words, 401, {"WWW-Authenticate": "Bearer"})

    def _is_foreign(self, headers: Headers) -> bool:
        """Return whether a browser asks for a page that this server has not sent."""
        origin = headers.get("origin")
        if origin is None:
            site = headers.get("sec-fetch-site", "none")
            return site not in ("none", "same-origin") and self.origin != "*"
        own = urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
        return not own and self.origin not in ("*", origin)


class Gate:
    """Middleware: lets requests in or not, and answers OPTIONS."""

    def __init__(self, app: ASGIApp, access: AccessPolicy) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _in_origin_form(scope)
        headers = Headers(scope=scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            await send(message)

        answer = self._access.refusal(scope["method"], scope["path"], headers)
        if "transfer-encoding" in headers and "content-length" in headers:
            words = "a request has a Transfer-Encoding or a Content-Length, not both\n"
            answer = PlainTextResponse(words, 400, {"Connection": "close"})
        if answer is None and scope["method"] == "OPTIONS":
            answer = Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
        await (answer or self._app)(scope, receive, sending)


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def names_of(host: str) -> tuple[str, ...]:
    """Return the names under which a server that listens at a loopback address is asked."""
    own = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return tuple(dict.fromkeys((*_LOCAL, own.lower())))


def _in_origin_form(scope: Scope) -> Scope:
    """Return a request as if its target were a path; the host of the target goes before Host."""
    target: bytes = scope["raw_path"]
    found = _ABSOLUTE.match(target)
    if found is None:
        return scope
    path = target[found.end() :] or b"/"
    others = [header for header in scope["headers"] if header[0] != b"host"]
    headers = [(b"host", found[1]), *others]
    return {**scope, "raw_path": path, "path": unquote(path.decode("latin-1")), "headers": headers}


BACKLOG = 2048
_LAST = 65535


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen at an address while the block runs.

    Raises:
        InputError: there is no such address, or its port is in use or not for us.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, number, _, address = found[0]
        listener = socket.socket(family, kind, number)
    except OSError as error:
        raise InputError(f"--host {host}: {error.strerror or error}") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            raise InputError(_refusal(host, port, error)) from error
        listener.listen(BACKLOG)  # who comes before the server is ready waits
        yield listener


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < _LAST else port - 1
        return f"port {port} is in use; give another, such as --port {other}"
    return f"{host}:{port} cannot be used: {error.strerror}; give another --port or --host"
