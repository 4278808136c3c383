"""The words of a SPARQL query, without its strings and comments; enough to refuse features.

Oxigraph's grammar has no word boundaries (`ASKFROM<g>` and `SERVICEex:a{}` are read as if they had
spaces), and `<` opens an IRI or compares. Where the two readings of a `<` would hide different
parts of the text, the token is marked as doubtful: who screens must then not trust what is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "iri", "name", "variable", "other", "number", "word", "sign"]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|\#[^\n\r]*)
    | (?P<string>\"\"\"(?:\"{0,2}(?:[^"\\]|\\.))*\"\"\"
               | '''(?:'{0,2}(?:[^'\\]|\\.))*'''
               | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*')
    | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
    | (?P<variable>[?$]\w+)
    | (?P<other>@[A-Za-z]+(?:-[A-Za-z0-9]+)* | _:[\w\-]*)   # language tags, blank nodes
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+\-]?\d+)?)
    | (?P<name>(?:[^\W\d_][\w.\-]*)?:[\w:%\-]*)
    | (?P<word>\w+)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")
_TIGHT = re.compile(r"<[^\s>]*")  # what a reader that takes any < for an IRI would take
_OPERANDS = ("string", "iri", "name", "variable", "other", "number", "word")
_HIGHEST = 0x10FFFF


@dataclass(frozen=True)
class Token:
    """A piece of a query that is neither space nor comment."""

    kind: Kind
    text: str
    doubtful: bool = False


def decoded(query: str) -> str:
    r"""Return the query with its \u escapes replaced, as SPARQL 1.1 section 19.2 reads them."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1] or found[2], 16)
        return chr(code) if code <= _HIGHEST else found[0]

    return _ESCAPE.sub(character, query)


def tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of a query, in order; no text makes this fail."""
    previous: Token | None = None
    for found in _TOKEN.finditer(query):
        kind = found.lastgroup
        if kind == "space" or kind is None:
            continue
        text = found[0]
        doubtful = text.startswith("<") and _doubtful(query, found.start(), text, previous)
        previous = Token(kind, text, doubtful)  # type: ignore[arg-type]
        yield previous


def _doubtful(query: str, start: int, text: str, previous: Token | None) -> bool:
    """Return whether reading this `<` the other way would move a comment or a string."""
    if text == "<":  # not an IRI to us; to another reader it might be
        tight = _TIGHT.match(query, start)
        return bool(tight and re.search("[#'\"]", tight[0]))
    if _ABSOLUTE.match(text):  # "x < http://" is not an expression
        return False
    compares = previous is not None and (previous.kind in _OPERANDS or previous.text in ")*+?")
    return compares and bool(re.search("[#']", text))
