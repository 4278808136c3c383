"""HTTP to an endpoint: who asks, how long, how often; what the server says when it refuses."""

from __future__ import annotations

import html
import re
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

from kg.errors import ComponentError, HccKgError, InputError, QueryError

RETRIES = 3
_PAUSE = 0.5  # seconds before the first new try; each later pause is twice as long
_WORDS = 400  # characters of a server's message that are shown
_MOST_SAID = 100_000  # bytes of it that are read
_LARGEST = 2**30  # bytes of an answer
_REFUSED = (401, 403)
_MOVED: Final = range(300, 400)
_BAD_QUERY = (400, 413, 414)
_TAGS = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<[A-Za-z/!][^>]*>", re.DOTALL | re.I)
_NOTHING_KEPT = httpx.Limits(max_keepalive_connections=0)  # no connection between requests


@dataclass(frozen=True)
class Credentials:
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
    """Sends requests to one place, and tells failures in words; follows no redirect.

    A POST would become a GET by a redirect, an upload be lost, and credentials go elsewhere.
    `timeout` is for each wait, `whole` for all of a request and its answer.
    """

    def __init__(
        self, url: str, access: Credentials, timeout: float, whole: float | None = None
    ) -> None:
        self.url, self.timeout, self._whole = url, timeout, whole
        self._known = access.user is not None or access.token is not None
        self._client = httpx.Client(
            auth=_AsWanted(access) if access.user is not None and not access.token else None,
            headers=_headers(access),
            timeout=timeout,
            limits=_NOTHING_KEPT,
            verify=ssl.create_default_context(),  # the authorities that the system knows
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Reply:
        """Send a request, again where the connection failed; `repeatable` may do so twice.

        Raises:
            QueryError: the server says that the request is at fault (400, 413, 414).
            InputError: the server refuses who asks (401, 403), or the URL is none.
            ComponentError: it cannot be reached, is too slow, or failed.
        """
        try:
            request = self._client.build_request(method, url, content=content, headers=headers)
        except httpx.InvalidURL as error:
            raise InputError(f"{url} is not an http address of an endpoint: {error}") from error
        for tries in range(RETRIES + 1):
            try:
                whole = self._whole
                return _within(whole, self._once, request) if whole else self._once(request)
            except (httpx.TimeoutException, TimeoutError) as error:
                raise ComponentError(
                    f"{self.url} has not answered for {self.timeout:g} seconds; "
                    "allow more time, or ask for less"
                ) from error
            except httpx.TransportError as error:
                again = repeatable or isinstance(error, httpx.ConnectError)
                if tries == RETRIES or not again:
                    raise ComponentError(
                        f"{self.url} cannot be reached ({tries + 1} tries): {_reason(error)}; "
                        "is the address right, and is the server running?"
                    ) from error
                time.sleep(_PAUSE * 2**tries)
            except (KeyError, NotImplementedError) as error:  # a digest that httpx does not know
                raise ComponentError(
                    f"{self.url} wants a way of authentication that is not known here"
                ) from error
        raise AssertionError("unreachable")  # pragma: no cover

    def knock(self, url: str, headers: Mapping[str, str]) -> None:
        """Send a request without a body, so that one with a large body is let in.

        A server that refuses an upload may break the connection while the body is still sent;
        its answer is then lost. Here it says who it lets in, and how to prove it.
        """
        with suppress(QueryError):  # some servers take no empty body
            self.send("POST", url, content=b"", headers=headers)

    def _once(self, request: httpx.Request) -> Reply:
        with closing(self._client.send(request, stream=True)) as response:
            if not response.is_success:
                raise self._refused(response)
            self._check_whole(response.headers)
            try:
                body = b"".join(_beginning(response, _LARGEST))
            except (httpx.ReadError, httpx.RemoteProtocolError, httpx.DecodingError) as error:
                raise ComponentError(f"{self.url} broke off within its answer") from error
            if len(body) > _LARGEST:
                raise ComponentError(
                    f"{self.url}: its answer is larger than {_LARGEST:,} bytes; ask for less"
                )
            media_type = response.headers.get("Content-Type", "text/plain")
            return Reply(media_type.partition(";")[0].strip().lower(), body)

    def _check_whole(self, headers: httpx.Headers) -> None:
        """Refuse an answer that Virtuoso cut short with a header and no error."""
        most = headers.get("X-SPARQL-MaxRows")
        cut = headers.get("X-SQL-Message")
        if most or cut:
            raise ComponentError(
                f"{self.url} cut its answer short: {cut or f'at most {most} rows'}; "
                "ask for less, or by pages with LIMIT and OFFSET"
            )

    def _refused(self, response: httpx.Response) -> InputError | ComponentError:
        code = response.status_code
        body: list[bytes] = []
        with suppress(httpx.TransportError, httpx.DecodingError):
            body.extend(_beginning(response, _MOST_SAID))
        said = words(b"".join(body)[:_MOST_SAID]) or response.reason_phrase
        status = f"{self.url} answered {code}"
        if code in _MOVED:
            where = response.headers.get("Location", "another address")
            return ComponentError(f"{status}: it has moved to {where}; give that address")
        if code in _REFUSED:
            hint = (
                "the user, password or token that was given is not accepted for this"
                if self._known
                else "set HCC_KG_USER and HCC_KG_PASSWORD, or HCC_KG_TOKEN"
            )
            return InputError(f"{status}: {said}; {hint}")
        if code in _BAD_QUERY:
            return QueryError(f"{status}: {said}")
        return ComponentError(f"{status}: {said}")


def _within(
    seconds: float, work: Callable[[httpx.Request], Reply], request: httpx.Request
) -> Reply:
    """Return what comes of a request, which is left behind where it takes longer than this.

    httpx limits each wait for bytes; a server that sends one now and then would keep it for ever.

    Raises:
        TimeoutError: it takes longer.
    """
    done: Future[Reply] = Future()

    def run() -> None:
        try:
            done.set_result(work(request))
        except (httpx.HTTPError, HccKgError, KeyError, NotImplementedError) as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)


def words(body: bytes) -> str:
    """Return what a server says in the body of an error, as one short line."""
    text = body.decode("utf-8", "replace")
    if re.match(r"\s*<", text):
        text = html.unescape(_TAGS.sub(" ", text))
    text = text.split("SPARQL query:", 1)[0]  # Virtuoso repeats the query
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= _WORDS else text[: _WORDS - 1] + "…"


class _AsWanted(httpx.Auth):
    """User and password, in the way that the server asks for: basic or digest.

    The first request goes without them; once the server has asked, they go with each.
    """

    def __init__(self, access: Credentials) -> None:
        known = access.user or "", access.password or ""
        self._ways = {"digest": httpx.DigestAuth(*known), "basic": httpx.BasicAuth(*known)}
        self._wanted: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, and again with user and password where the server asks for them."""
        if self._wanted is not None:
            yield from self._wanted.auth_flow(request)
            return
        response = yield request
        if response.status_code != 401:
            return
        asked = [word.lower() for word in response.headers.get_list("WWW-Authenticate")]
        for name, way in self._ways.items():
            if any(word.startswith(f"{name} ") for word in asked):
                self._wanted, flow = way, way.auth_flow(request)
                made = next(flow)  # a digest is of the answer that came, basic credentials are not
                yield flow.send(response) if name == "digest" else made
                return


def _headers(access: Credentials) -> dict[str, str]:
    if not access.token:
        return {"User-Agent": "hcc-kg"}
    if not (access.token.isascii() and access.token.isprintable()):
        raise InputError("HCC_KG_TOKEN: a token is of letters, digits and signs of ASCII")
    return {"User-Agent": "hcc-kg", "Authorization": f"Bearer {access.token}"}


def _beginning(response: httpx.Response, most: int) -> Iterator[bytes]:
    """Yield the parts of a body, as long as they come to no more bytes than that."""
    length = 0
    for part in response.iter_bytes():
        yield part
        length += len(part)
        if length > most:
            return


def _reason(error: httpx.TransportError) -> str:
    """Return why, in the words of the system where it has some."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
