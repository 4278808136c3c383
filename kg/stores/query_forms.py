"""What form a query has: by its first word after the prologue."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, get_args

from kg.errors import QueryError

Form: TypeAlias = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_PROLOGUE = re.compile(
    r"""(?:\s
        | \#[^\n\r]*                                        # a comment
        | BASE\b (?:\s|\#[^\n\r]*)* <[^<>]*>
        | PREFIX\b (?:\s|\#[^\n\r]*)* [^\s:<>\#]*: (?:\s|\#[^\n\r]*)* <[^<>]*>
        )*+""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z]+")
FORMS: tuple[Form, ...] = get_args(Form)
UPDATES = frozenset(
    ("INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY")
)


def query_form(query: str) -> Form | None:
    """Return the form of a query, or None where its first word is none that SPARQL has.

    Raises:
        QueryError: it is an update.
    """
    prologue = _PROLOGUE.match(query)
    start = prologue.end() if prologue else 0
    word = _WORD.match(query, start)
    name = word.group().upper() if word else ""
    if name in UPDATES:
        line, column = position(query, start)
        raise QueryError(
            f"line {line}, column {column}: {name} is an update; only queries are answered here: "
            "SELECT, ASK, CONSTRUCT or DESCRIBE",
            line,
            column,
        )
    return next((form for form in FORMS if form == name), None)


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of a character, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
