"""Who may ask: a token, the name the server is asked under, and pages of other origins (CORS)."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OPEN = ("/", "/health", "/page.js", "/page.css")  # they show no data
_METHODS = "GET, HEAD, POST, OPTIONS"
_HEADERS = "Accept, Authorization, Content-Type"
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Access:
    """The conditions on a request.

    `origin` is the origin whose pages may read answers, `*` for all of them, empty for none.
    `local_names` refuses requests that name another host: a page elsewhere can point a name of
    its own at 127.0.0.1, and would otherwise read what is meant for this machine.
    """

    token: str = ""
    origin: str = "*"
    local_names: bool = False

    def refusal(self, path: str, headers: Headers) -> Response | None:
        """Return the answer to a request that is not let in."""
        if self.local_names and _hostname(headers.get("host", "")) not in _LOCAL:
            words = "this server is for this machine: ask for it as localhost or 127.0.0.1\n"
            return PlainTextResponse(words, 421)
        if not self.token or path in _OPEN:
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode(), self.token.encode())
        if scheme.lower() == "bearer" and same:
            return None
        words = "a token is needed: send the header Authorization: Bearer TOKEN\n"
        return PlainTextResponse(words, 401, {"WWW-Authenticate": "Bearer"})

    def shared_with(self, origin: str) -> str:
        """Return the origin that the answer allows, or nothing."""
        return self.origin if self.origin in ("*", origin) else ""


class Gate:
    """Middleware: lets requests in or not, answers OPTIONS, and says which origins may read."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self._access.shared_with(headers.get("origin", ""))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _share(MutableHeaders(scope=message), allowed, self._access.origin)
            await send(message)

        refusal = self._access.refusal(scope["path"], headers)
        if scope["method"] == "OPTIONS":  # a browser asks this without the token
            refusal = Response(status_code=204, headers={"Allow": _METHODS})
        await (refusal or self._app)(scope, receive, sending)


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _share(headers: MutableHeaders, allowed: str, configured: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    if configured not in ("", "*"):
        headers.add_vary_header("Origin")
    if allowed:
        headers["Access-Control-Allow-Origin"] = allowed
        headers["Access-Control-Allow-Methods"] = _METHODS
        headers["Access-Control-Allow-Headers"] = _HEADERS
        headers["Access-Control-Expose-Headers"] = "Retry-After"
        headers["Access-Control-Max-Age"] = "600"


def _hostname(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
