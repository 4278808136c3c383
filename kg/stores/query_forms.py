"""What form a query has: by its first word after the prologue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

from kg.errors import QueryError
from kg.stores.lexing import Token, tokens

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
