"""What the SPARQL 1.1 Protocol says about requests: their parts, and which formats answer them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from operator import itemgetter
from urllib.parse import parse_qsl

from kg.server.screening import RefusedError

# media type -> the name of its format; the first is the default
TABLES: Mapping[str, str] = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
GRAPHS: Mapping[str, str] = {
    "text/turtle": "ttl",
    "application/x-turtle": "ttl",
    "application/n-triples": "nt",
    "text/plain": "nt",
    "application/rdf+xml": "rdf",
    "application/xml": "rdf",
    "text/xml": "rdf",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
    "application/n-quads": "nq",
    "application/trig": "trig",
    "text/n3": "n3",
}
FORM_TYPE = "application/x-www-form-urlencoded"
QUERY_TYPE = "application/sparql-query"
UPDATE_TYPE = "application/sparql-update"
FORMAT = "format"
FORMATS = tuple(dict.fromkeys([*TABLES.values(), *GRAPHS.values()]))
_DATASET = ("default-graph-uri", "named-graph-uri")
_UPLOAD = ("graph", "default")  # what the Graph Store Protocol calls the place of an upload
_MAX_FIELDS = 100


@dataclass(frozen=True)
class RequestedQuery:
    """A query as a request carries it, with the dataset that the request gives."""

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str = ""  # by name, in place of the Accept header
    saved: bool = False  # whether the query is a saved question


def formats(accept: str, name: str) -> tuple[dict[str, str], str]:
    """Return the media types for a format by its name or, without one, for an Accept header.

    They are by kind of result; then comes why a kind that is not there is refused. A name that is
    none of ours is another server's, and says nothing here.

    Raises:
        RefusedError: with 406 where none is acceptable.
    """
    every = [*TABLES.items(), *GRAPHS.items()]
    accept = ",".join(dict.fromkeys(m for m, known in every if known == name)) or accept
    media: dict[str, str] = {}
    refused = []
    for kinds, offered in ((("bindings", "boolean"), TABLES), (("graph",), GRAPHS)):
        try:
            media |= dict.fromkeys(kinds, negotiate(accept, offered))
        except RefusedError as error:
            refused.append(error)
    if not media:
        raise refused[0]
    return media, refused[0].message if refused else ""


def negotiate(accept: str, offered: Collection[str]) -> str:
    """Return the media type of those offered that the Accept header likes best.

    RFC 9110, 12.5.1: the most specific range that fits a type gives its quality.

    Raises:
        RefusedError: with 406 where none is acceptable.
    """
    ranges = dict(sorted(_ranges(accept), key=itemgetter(1))) or {"*/*": 1.0}

    def quality(media: str) -> float:
        wanted = (media, media.partition("/")[0] + "/*", "*/*")
        return next((ranges[name] for name in wanted if name in ranges), 0.0)

    best = max(offered, key=quality)
    if quality(best) <= 0:
        words = f"none of {accept[:200]} is available; these are: {', '.join(offered)}"
        raise RefusedError(406, words)
    return best


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.split(",")[:_MAX_FIELDS]:
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        qualities = (_number(each[2:]) for each in parameters if each.startswith("q="))
        if "/" in media:
            yield media, next(qualities, 1.0)


def _number(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def asked_by_get(query_string: bytes) -> RequestedQuery | None:
    """Return what a GET asks, or None where it carries no query.

    Raises:
        RefusedError: the request is malformed, or wants an update.
    """
    given = fields(query_string)
    return _asked(given) if any(name in ("query", "update") for name, _ in given) else None


def asked_by_post(content_type: str, query_string: bytes, body: bytes) -> RequestedQuery:
    """Return what a POST asks, as a form or as a bare query.

    Raises:
        RefusedError: the request is malformed, wants an update, or is of a type that is not read.
    """
    header = Message()
    header["Content-Type"] = content_type
    media = header.get_content_type() if content_type else ""
    if media == UPDATE_TYPE:
        raise RefusedError(403, "this endpoint is read-only: updates are refused")
    if media in GRAPHS and any(name in _UPLOAD for name, _ in fields(query_string)):
        raise RefusedError(403, "this endpoint is read-only: uploads are refused")
    if media not in (FORM_TYPE, QUERY_TYPE):
        named = media or "no content type"
        raise RefusedError(415, f"{named}: a query is posted as {FORM_TYPE} or {QUERY_TYPE}")
    charset = header.get_content_charset() or "utf-8"
    if charset not in ("utf-8", "utf8"):
        raise RefusedError(415, f"charset {charset[:40]}: a query is posted in UTF-8")
    given = fields(body) if media == FORM_TYPE else [("query", _text(body))]
    others = [field for field in fields(query_string) if field[0] in (*_DATASET, FORMAT)]
    return _asked([*given, *others])


def fields(encoded: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form or a query string, decoded once, and strictly.

    Raises:
        RefusedError: they are not percent-encoded UTF-8, or too many.
    """
    try:
        return parse_qsl(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except UnicodeDecodeError as error:
        raise RefusedError(400, "the request is not percent-encoded UTF-8") from error
    except ValueError as error:
        raise RefusedError(400, f"more than {_MAX_FIELDS} fields") from error


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the query is not UTF-8: byte {error.start}") from error


def _asked(given: list[tuple[str, str]]) -> RequestedQuery:
    if any(name == "update" for name, _ in given):
        raise RefusedError(403, "this endpoint is read-only: updates are refused")
    queries = [value for name, value in given if name == "query"]
    if len(queries) != 1:
        raise RefusedError(400, f"a request carries one query; this one carries {len(queries)}")
    default, named = (tuple(v for n, v in given if n == name and v) for name in _DATASET)
    format_ = next((value for name, value in given if name == FORMAT), "")
    return RequestedQuery(queries[0].removeprefix("\ufeff"), default, named, format_)
