"""Answers as text."""

from __future__ import annotations

import io
import json

import pyoxigraph as ox
import pytest
from rich.console import Console

from kg.errors import InputError
from kg.stores import Answer, Table, open_store
from kg.stores.formats import Format, for_terminal, read_json, serialise, shown
from kg.stores.protocol import Term

_HCC = "https://w3id.org/hcc-kg/"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NODE = ox.NamedNode(_HCC + "ABL-I1")
_TABLE = Table(
    ("iri", "text", "number", "none"),
    [
        (_NODE, ox.Literal('a "b",\n<c> & 肝', language="en"), ox.Literal(5), None),
        (ox.BlankNode("x"), ox.Literal(""), ox.Literal("2.5"), None),
    ],
)


@pytest.mark.parametrize("format_", ["json", "xml", "tsv"])
def test_rows_are_read_back_as_they_were(format_: Format) -> None:
    formats = {
        "json": ox.QueryResultsFormat.JSON,
        "xml": ox.QueryResultsFormat.XML,
        "tsv": ox.QueryResultsFormat.TSV,
    }
    found = ox.parse_query_results(serialise(_TABLE, format_), format=formats[format_])

    assert isinstance(found, ox.QuerySolutions)
    assert tuple(v.value for v in found.variables) == _TABLE.variables
    assert [tuple(row) for row in found] == _TABLE.rows


def test_our_reader_reads_what_oxigraph_writes() -> None:
    query = """SELECT * { VALUES (?a ?b ?c) {
        (1 'x'@en-GB <a:b>) (UNDEF 2.50 true) ('e\\n\\t\\r\\"' '' UNDEF)
        ('2026-11-22'^^<http://www.w3.org/2001/XMLSchema#date> 1e0 'y') } }"""
    written = ox.Store().query(query).serialize(format=ox.QueryResultsFormat.JSON)
    assert written is not None

    assert read_json(written) == open_store().select(query)


def test_triples_within_rows_are_kept() -> None:
    found = open_store().select("SELECT (<<( <a:b> <a:c> 'd' )>> AS ?t) {}")

    assert read_json(serialise(found, "json")) == found
    assert shown(found.rows[0][0]) == "<<a:b a:c d>>"


def test_csv_is_as_the_standard_says() -> None:
    assert serialise(_TABLE, "csv").decode() == (
        f'iri,text,number,none\r\n{_HCC}ABL-I1,"a ""b"",\n<c> & 肝",5,\r\n_:x,,2.5,\r\n'
    )


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("json", '{"head":{},"boolean":true}'),
        ("csv", "true\n"),
        ("tsv", "true\n"),
    ],
)
def test_a_truth_is_written_as(format_: Format, text: str) -> None:
    assert serialise(True, format_).decode() == text


def test_a_truth_in_xml_is_read_back() -> None:
    found = ox.parse_query_results(serialise(False, "xml"), format=ox.QueryResultsFormat.XML)

    assert isinstance(found, ox.QueryBoolean)
    assert not found


def test_triples_are_turtle_in_a_fixed_order() -> None:
    triples = [ox.Triple(_NODE, ox.NamedNode(_HCC + "p"), ox.Literal(n)) for n in (2, 1)]

    text = serialise(triples, "ttl", {"hcc": _HCC})

    assert text == serialise(triples[::-1], "ttl", {"hcc": _HCC})
    assert text.decode() == f"@prefix hcc: <{_HCC}> .\nhcc:ABL-I1 hcc:p 1 , 2 .\n"


@pytest.mark.parametrize(
    ("answer", "format_", "told"),
    [
        (_TABLE, "ttl", "for CONSTRUCT and DESCRIBE"),
        (True, "ttl", "for CONSTRUCT and DESCRIBE"),
        ([], "csv", "gives triples"),
    ],
)
def test_a_format_that_does_not_fit_is_refused(answer: Answer, format_: Format, told: str) -> None:
    with pytest.raises(InputError, match=told):
        serialise(answer, format_)


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"[]", b'{"head":{}}', b'{"head":{"vars":["x"]},"results":{"bindings":[1]}}'],
)
def test_what_is_no_result_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(document)


def test_people_see_short_iris_and_no_control_characters() -> None:
    table = Table(("x", "y"), [(_NODE, ox.Literal("[red]\x1b[31m\a肝"))])
    screen = io.StringIO()
    Console(file=screen, width=80).print(for_terminal(table, {"hcc": _HCC}))

    assert "hcc:ABL-I1" in screen.getvalue()
    assert "[red]\\x1b[31m\\x07肝" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()


@pytest.mark.parametrize(("cells", "beside"), [(4, True), (9, False)])
def test_no_word_is_broken_where_many_cells_share_a_line(cells: int, beside: bool) -> None:
    names = tuple(f"name{number}" for number in range(cells))
    rows: list[tuple[Term | None, ...]] = [(ox.Literal("single contraindication"),) * cells] * 2
    screen = io.StringIO()
    Console(file=screen, width=80).print(for_terminal(Table(names, rows), width=80))

    lines = screen.getvalue().splitlines()
    assert screen.getvalue().count("contraindication") == 2 * cells
    assert all(len(line) <= 80 for line in lines)
    assert any("name0" in line and "name1" in line for line in lines) == beside


def test_json_is_utf8_and_without_empty_cells() -> None:
    document = json.loads(serialise(_TABLE, "json"))

    assert "肝".encode() in serialise(_TABLE, "json")
    assert "none" not in document["results"]["bindings"][0]
