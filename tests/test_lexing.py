"""The one reading of a query's text: right where it matters, and done in one go over the text."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pyoxigraph as ox
import pytest
from counting import no_hang

from kg.errors import QueryError
from kg.rdf.names import PREFIXES
from kg.server.screening import RefusedError, screen
from kg.stores import open_store
from kg.stores.faults import first_fault
from kg.stores.formats import serialise, shown
from kg.stores.lexing import query_form, tokens

LENGTH = 100_000
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


@pytest.mark.parametrize("piece", NASTY.values(), ids=NASTY)
def test_reading_looks_at_no_part_of_a_text_again_and_again(piece: str) -> None:
    text = piece * (LENGTH // len(piece))
    with no_hang():
        with suppress(RefusedError):
            screen(text, set())
        query_form("BASE <a:b> " + text)


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


@pytest.mark.parametrize(
    "query",
    [
        "ASK { hcc:x ?p ?o }",
        "ASK { ?x ?p ?o FILTER(?x = hcc:P) }",
        'SELECT (xsd:decimal("1") AS ?x) {}',
    ],
)
def test_prefix_that_is_not_declared_is_told_wherever_it_stands(query: str) -> None:
    with pytest.raises(QueryError, match=r"add PREFIX (hcc|xsd): <http"):
        open_store(None).query(query)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("graph/verdicts/example", "hcc:graph\\/verdicts\\/example"),
        ("patient/p%201", "patient:p%201"),
        ("patient/a.b.", "patient:a.b\\."),
        ("patient/-a", "patient:\\-a"),
        ("x\u2019y", "https://w3id.org/hcc-kg/x\u2019y"),
    ],
)
def test_name_that_is_shown_can_stand_in_a_query(local: str, expected: str) -> None:
    iri = "https://w3id.org/hcc-kg/" + local
    name = shown(ox.NamedNode(iri), PREFIXES)
    assert name == expected
    if name != iri:
        head = f"PREFIX hcc: <{PREFIXES['hcc']}> PREFIX patient: <{PREFIXES['patient']}>"
        found = open_store(None).select(f"{head} SELECT ?x {{ VALUES ?x {{ {name} }} }}")
        assert found.rows == [(ox.NamedNode(iri),)]


def test_csv_keeps_an_iri_with_a_comma_in_one_cell() -> None:
    asked = open_store(None).select(
        'SELECT (<http://x/a,b> AS ?a) ("x" AS ?b) (<<( <a:a> <a:b> <a:c> )>> AS ?c) {}'
    )
    rows = list(csv.reader(io.StringIO(serialise(asked, "csv").decode())))
    assert rows == [["a", "b", "c"], ["http://x/a,b", "x", "<<( <a:a> <a:b> <a:c> )>>"]]
