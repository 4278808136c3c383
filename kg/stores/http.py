"""HTTP to an endpoint: who asks, how long, how often; what the server says when it refuses."""

from __future__ import annotations

import html
import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import IO, Any, Final
from urllib.request import Request

from kg.errors import ComponentError, InputError, QueryError

RETRIES = 3
_PAUSE = 0.5  # seconds before the first new try; each later pause is twice as long
_WORDS = 400  # characters of a server's message that are shown
_MOST_SAID = 100_000  # bytes of it that are read
_REFUSED = (401, 403)
_MOVED: Final = range(300, 400)
_BAD_QUERY = (400, 413, 414)
_AUTHORIZATION = "Authorization"
_CONNECTION = (ConnectionError, socket.gaierror)
_TAGS = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<[A-Za-z/!][^>]*>", re.DOTALL | re.I)


@dataclass(frozen=True)
class Access:
    """Who asks: user and password (basic or digest, as the server wants), or a bearer token."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    media_type: str
    body: bytes


class Client:
    """Sends requests to one place, and tells failures in words.

    Credentials go nowhere else: a redirect to another place does not get them.
    """

    def __init__(self, url: str, access: Access, timeout: float) -> None:
        self.url, self.timeout = url, timeout
        self._access = access
        self._known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if access.user is not None:
            self._known.add_password(None, url, access.user, access.password or "")
        self._opener = urllib.request.build_opener(
            *([] if access.user is None else self._handlers()), _NoRedirect()
        )

    def send(self, request: Request, *, repeatable: bool = True) -> Reply:
        """Send a request, again where the connection failed; `repeatable` may do so twice.

        Raises:
            QueryError: the server says that the request is at fault (400, 413, 414).
            InputError: the server refuses who asks (401, 403).
            ComponentError: it cannot be reached, is too slow, or failed.
        """
        if self._access.token:
            request.add_unredirected_header(_AUTHORIZATION, f"Bearer {self._access.token}")
        for tries in range(RETRIES + 1):
            try:
                return self._once(request)
            except urllib.error.HTTPError as error:
                raise self._refused(error) from error
            except TimeoutError as error:
                raise self._late() from error
            except ValueError as error:  # urllib knows no other kind of authentication
                raise ComponentError(f"{self.url}: {error}") from error
            except (OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", error)
                if isinstance(reason, TimeoutError):
                    raise self._late() from error
                sent = not isinstance(error, urllib.error.URLError)
                if (
                    tries == RETRIES
                    or (sent and not repeatable)
                    or not isinstance(reason, _CONNECTION)
                ):
                    raise self._unreachable(reason, tries + 1) from error
                time.sleep(_PAUSE * 2**tries)
        raise AssertionError("unreachable")  # pragma: no cover

    def knock(self, request: Request) -> None:
        """Send a request without a body, so that one with a large body is let in.

        A server that refuses an upload may break the connection while the body is still sent;
        its answer is then lost. Here it says who it lets in, and how to prove it.
        """
        with suppress(QueryError):  # some servers take no empty body
            self.send(request)

    def _once(self, request: Request) -> Reply:
        with self._opener.open(request, timeout=self.timeout) as response:
            try:
                body = response.read()
            except (http.client.IncompleteRead, ConnectionError) as error:
                raise ComponentError(f"{self.url} broke off within its answer") from error
            self._check_whole(response.headers)
            return Reply(response.headers.get_content_type(), body)

    def _check_whole(self, headers: Message) -> None:
        """Refuse an answer that Virtuoso cut short with a header and no error."""
        most = headers.get("X-SPARQL-MaxRows")
        cut = headers.get("X-SQL-Message")
        if most or cut:
            raise ComponentError(
                f"{self.url} cut its answer short: {cut or f'at most {most} rows'}; "
                "ask for less, or by pages with LIMIT and OFFSET"
            )

    def _handlers(self) -> list[urllib.request.BaseHandler]:
        return [
            _Basic(self._known),
            _Digest(self._known),
        ]

    def _refused(self, error: urllib.error.HTTPError) -> InputError | ComponentError:
        said = words(_body(error)) or str(error.reason)
        status = f"{self.url} answered {error.code}"
        if error.code in _MOVED:
            where = error.headers.get("Location", "another address")
            return ComponentError(f"{status}: it has moved to {where}; give that address")
        if error.code in _REFUSED:
            given = self._access.user is not None or self._access.token is not None
            hint = (
                "the user, password or token that was given is not accepted for this"
                if given
                else "set HCC_KG_USER and HCC_KG_PASSWORD, or HCC_KG_TOKEN"
            )
            return InputError(f"{status}: {said}; {hint}")
        if error.code in _BAD_QUERY:
            return QueryError(f"{status}: {said}")
        return ComponentError(f"{status}: {said}")

    def _late(self) -> ComponentError:
        return ComponentError(
            f"{self.url} has not answered for {self.timeout:g} seconds; "
            "allow more time, or ask for less"
        )

    def _unreachable(self, reason: object, tries: int) -> ComponentError:
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return ComponentError(
            f"{self.url} cannot be reached ({tries} tries): {said}; "
            "is the address right, and is the server running?"
        )


def words(body: bytes) -> str:
    """Return what a server says in the body of an error, as one short line."""
    text = body.decode("utf-8", "replace")
    if re.match(r"\s*<", text):
        text = html.unescape(_TAGS.sub(" ", text))
    text = text.split("SPARQL query:", 1)[0]  # Virtuoso repeats the query
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= _WORDS else text[: _WORDS - 1] + "…"


class _Basic(urllib.request.HTTPBasicAuthHandler):
    """Sends credentials along once it was asked for them; lets go of the first, refused answer."""

    _wanted = ""

    def http_error_401(self, req: Request, fp: IO[bytes], *rest: Any) -> Any:
        """Ask again with user and password."""
        return _second(super().http_error_401, req, fp, *rest)

    def retry_http_basic_auth(self, host: str, req: Request, realm: str) -> Any:
        """Keep what is sent, for the next requests."""
        answer = super().retry_http_basic_auth(host, req, realm)
        self._wanted = req.get_header(_AUTHORIZATION) or ""
        return answer

    def http_request(self, req: Request) -> Request:
        """Send the credentials with a request."""
        if self._wanted and not req.has_header(_AUTHORIZATION):
            req.add_unredirected_header(_AUTHORIZATION, self._wanted)
        return req

    https_request = http_request


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Sends credentials along once it was asked for them; lets go of the first, refused answer."""

    _challenge: Mapping[str, str] | None = None

    def http_error_401(self, req: Request, fp: IO[bytes], *rest: Any) -> Any:
        """Ask again with a digest of user and password."""
        return _second(super().http_error_401, req, fp, *rest)

    def get_authorization(self, req: Request, chal: Mapping[str, str]) -> str | None:
        """Keep the challenge, for the next requests."""
        self._challenge = chal
        return super().get_authorization(req, chal)

    def http_request(self, req: Request) -> Request:
        """Answer the last challenge with a request, before the server asks."""
        if self._challenge is not None and not req.has_header(_AUTHORIZATION):
            answer = self.get_authorization(req, self._challenge)
            if answer is not None:
                req.add_unredirected_header(_AUTHORIZATION, f"Digest {answer}")
        return req

    https_request = http_request


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a POST would become a GET, and an upload be lost."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing, so that the answer is told as an error."""


def _second(ask: Callable[..., Any], req: Request, fp: IO[bytes], *rest: Any) -> Any:
    with ExitStack() as ending:
        ending.callback(fp.close)
        answer = ask(req, fp, *rest)
        if answer is None:  # the server wants another kind: others need `fp`
            ending.pop_all()
        return answer


def _body(error: urllib.error.HTTPError) -> bytes:
    with error:
        try:
            return error.read(_MOST_SAID)
        except (OSError, http.client.HTTPException):
            return b""
