"""The one reading of a query's text: right where it matters, and as fast as the text is long."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from kg.server.refusals import RefusedError
from kg.server.screening import screen
from kg.stores.faults import first_fault
from kg.stores.lexing import tokens
from kg.stores.query_forms import query_form

LENGTH = 60_000
NASTY = {
    "unterminated strings": "SELECT * { ?s ?p '''a ",
    "escaped quotes": '\\"',
    "runs of quotes": "'''",
    "quotes and letters": "\"a'",
    "runs of <": "<",
    "< and letters": "<a",
    "< and quotes": "<'",
    "dots and letters": "a.",
    "dots in a local name": ":a..",
    "colons": "a:",
    "escapes": "\\u0041",
    "blanks": "PREFIX ",
    "brackets": "()",
    "numbers": "1.e",
    "hyphens": "@a-",
}


def texts(query: str) -> list[str]:
    return [token.text for token in tokens(query)]


def taken(text: str) -> float:
    """Return the least time of three that the readers take for a text."""
    found = []
    for _ in range(3):
        start = time.thread_time()
        with suppress(RefusedError):
            screen(text, set())
        list(tokens(text))
        query_form("BASE <a:b> " + text)
        found.append(time.thread_time() - start)
    return min(found)


@pytest.mark.parametrize("piece", NASTY.values(), ids=NASTY)
def test_reading_takes_time_as_the_text_is_long(piece: str) -> None:
    text = piece * (LENGTH // len(piece))
    once, twice = taken(text[: LENGTH // 2]), taken(text)
    assert twice < 3 * once + 0.05
    assert twice < 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ASK{?a<?b}", ["ASK", "{", "?a", "<", "?b", "}"]),
        ("?a<=<a:b>", ["?a", "<=", "<a:b>"]),
        ("<< <a:b> :p 1 >>", ["<<", "<a:b>", ":p", "1", ">>"]),
        ("<<<a:b> :p :o>>", ["<<", "<a:b>", ":p", ":o", ">>"]),
        ("<<(<a:b> :p :o)>>", ["<<(", "<a:b>", ":p", ":o", ")>>"]),
        ("?a <<http://x>", ["?a", "<", "<http://x>"]),
        ('"a"^^xsd:int', ['"a"', "^^", "xsd:int"]),
        ("ex:a.b. ex:c\\-d%20", ["ex:a.b", ".", "ex:c\\-d%20"]),
        ("a.b-c", ["a", ".", "b", "-", "c"]),
        ("'''a'b'' ''' '' \"x\\\"y\"", ["'''a'b'' '''", "''", '"x\\"y"']),
        ("?s ?p 'open\n}", ["?s", "?p", "'open", "}"]),
        ("1.5e3 .5 2.", ["1.5e3", ".5", "2."]),
        ("{| :a :b |} # end", ["{|", ":a", ":b", "|}"]),
    ],
)
def test_text_is_cut_where_sparql_cuts_it(query: str, expected: list[str]) -> None:
    assert texts(query) == expected


def test_open_string_is_doubtful() -> None:
    assert [token.doubtful for token in tokens("'a' 'b")] == [False, True]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("SELECT * { ?s ?p 'a'^^ }", "}"),
        ("SELECT * { ?s ?p ?o FILTER(?o <= ) }", ")"),
        ("SELECT * { ?s ?p -5 ; ?q }", "}"),
        ("SELECT * { ?s ?p ?o } LIMIT x", "x"),
        ("PREFIX a.b: <c:d> SELECT * { a.b:e.f a.b:g\\.h ?o ,, }", ","),
    ],
)
def test_fault_is_the_first_token_that_cannot_stand_there(query: str, fault: str) -> None:
    found = first_fault(query)
    assert found is not None
    assert found.text == fault
