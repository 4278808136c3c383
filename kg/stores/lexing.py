"""The words of a SPARQL query: the one reading of its text that everything here starts from.

Reading takes time as the text is long, whatever it holds: no token is looked at twice in full.
Where the closing quote of a string is missing, the rest of its line (or text) is one token.

Oxigraph's grammar has no word boundaries (`ASKFROM<g>` and `SERVICEex:a{}` are read as if they had
spaces), and `<` opens an IRI or compares. Where the two readings of a `<` would hide different
parts of the text, the token is marked as doubtful: who screens must then not trust what is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from kg.errors import QueryError

Kind = Literal["string", "iri", "name", "variable", "other", "number", "word", "sign"]

_IRI = r"""<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>"""
_LOCAL = r"(?:[\w:\-]|%[0-9A-Fa-f]{2}|\\.)"
_TOKEN = re.compile(
    rf"""
      (?P<space>\s++|\#[^\n\r]*+)
    | (?P<string>\"\"\"(?:[^"\\]++|\\.|"(?!""))*+(?:\"\"\")?+
               | '''(?:[^'\\]++|\\.|'(?!''))*+(?:''')?+
               | "(?:[^"\\\n\r]++|\\.)*+"?+ | '(?:[^'\\\n\r]++|\\.)*+'?+)
    | (?P<iri>{_IRI})
    | (?P<variable>[?$]\w++)
    | (?P<other>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+ | _:[\w\-]*+)   # language tags, blank nodes
    | (?P<number>(?:\d++\.?\d*+|\.\d++)(?:[eE][+\-]?\d++)?+)
    | (?P<run>[^\W\d_][\w\-.]*+(?P<colon>:)?+ | (?P<bare>:))
    | (?P<word>\w++)
    | (?P<sign><(?!{_IRI})<\(?+ | \)?>> | <=|>=|!= | && | \|\| | \^\^ | \{{\| | \|\}} | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME_REST = re.compile(rf"(?:{_LOCAL}(?:\.*+{_LOCAL})*+)?+")
_WORDS = re.compile(r"\w++|.", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*+://")
_HIDING, _END = re.compile("[#'\"]"), re.compile(r"[\s>]")
_OPERANDS = ("string", "iri", "name", "variable", "other", "number", "word")
_HIGHEST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query that is neither space nor comment, and where it starts."""

    kind: Kind
    text: str
    start: int = 0
    doubtful: bool = False

    @property
    def end(self) -> int:
        """Where the next piece may start."""
        return self.start + len(self.text)


def decoded(query: str) -> str:
    r"""Return the query with its \u escapes replaced, as SPARQL 1.1 section 19.2 reads them."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1] or found[2], 16)
        return chr(code) if code <= _HIGHEST else found[0]

    return _ESCAPE.sub(character, query)


def tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of a query, in order; no text makes this fail."""
    previous: Token | None = None
    ahead = _Ahead(query)
    place = 0
    while found := _TOKEN.match(query, place):
        place = found.end()
        kind = "run" if found["run"] else found.lastgroup
        if kind == "space":
            continue
        if kind == "run" and (found["colon"] or found["bare"]):
            rest = _NAME_REST.match(query, place)
            place = rest.end() if rest else place
            kind = "name"
        elif kind == "run":  # words, with dots and hyphens that are none of a name
            for part in _WORDS.finditer(found[0]):
                word = part[0][0].isalnum() or part[0][0] == "_"
                previous = Token("word" if word else "sign", part[0], found.start() + part.start())
                yield previous
            continue
        text = query[found.start() : place]
        doubtful = text[0] in "<\"'" and _doubtful(text, found.start(), previous, ahead)
        previous = Token(kind, text, found.start(), doubtful)  # type: ignore[arg-type]
        yield previous


class _Ahead:
    """What comes next after a place, for places that only go up: each is looked for once."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._found = {_HIDING: -1, _END: -1}

    def hides(self, start: int) -> bool:
        """Whether a quote or comment comes before the next space or >."""
        return self._next(_HIDING, start) < self._next(_END, start)

    def _next(self, what: re.Pattern[str], start: int) -> int:
        if self._found[what] < start:
            found = what.search(self._query, start)
            self._found[what] = found.start() if found else len(self._query)
        return self._found[what]


def _doubtful(text: str, start: int, previous: Token | None, ahead: _Ahead) -> bool:
    """Return whether this could be read in another way, which would move a comment or a string."""
    if text[0] != "<":  # an open string: what it hides is anybody's guess
        quotes = text[:3] if text[:3] in ('"""', "'''") else text[0]
        return len(text) < 2 * len(quotes) or not text.endswith(quotes)
    if text[-1] != ">":  # not an IRI to us; to another reader it might be
        return ahead.hides(start)
    if _ABSOLUTE.match(text):  # "x < http://" is not an expression
        return False
    compares = previous is not None and (previous.kind in _OPERANDS or previous.text in ")*+?")
    return compares and bool(re.search("[#']", text))


Form: TypeAlias = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_PROLOGUE = {"BASE": 1, "PREFIX": 2, "VERSION": 1}  # how many tokens follow the word
FORMS: tuple[Form, ...] = get_args(Form)
UPDATES = frozenset(
    ("INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY")
)


def query_form(query: str) -> Form | None:
    """Return the form of a query, or None where its first word is none that SPARQL has.

    Raises:
        QueryError: it is an update.
    """
    first = _first(tokens(query))
    name = first.text.upper() if first and first.kind == "word" else ""
    if first and name in UPDATES:
        line, column = position(query, first.start)
        raise QueryError(
            f"line {line}, column {column}: {name} is an update; only queries are answered here: "
            "SELECT, ASK, CONSTRUCT or DESCRIBE",
            line,
            column,
        )
    return next((form for form in FORMS if form == name), None)


def _first(read: Iterator[Token]) -> Token | None:
    """Return the first token after the prologue."""
    for token in read:
        follow = _PROLOGUE.get(token.text.upper())
        if follow is None:
            return token
        for _ in range(follow):
            next(read, None)
    return None


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of a character, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
