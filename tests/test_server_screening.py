"""What is refused before evaluation, however it is written; and what is not."""

from __future__ import annotations

import pytest

from kg.server.screening import RefusedError, screen

GRAPH = "http://x/g"
TARGET = "<http://127.0.0.1:1/>"


def status(query: str) -> int:
    """Return the status that screening gives a query."""
    try:
        screen(query, {GRAPH})
    except RefusedError as error:
        return error.status
    return 200


FEDERATED = [
    f"SELECT * {{ SERVICE {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ service silent {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE\t#\n{TARGET}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICESILENT{TARGET}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ ?s ?p 1SERVICE{TARGET}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ ?s ?p trueSERVICE{TARGET}{{ ?s ?p ?o }} }}",
    f"PREFIX ex: {TARGET} SELECT * {{ SERVICEex:a{{ ?s ?p ?o }} }}",
    f"PREFIX : {TARGET} SELECT * {{ SERVICE:a # x\n {{ ?s ?p ?o }} }}",
    f"SELECT * {{ BIND({TARGET} AS ?e) SERVICE?e{{ ?s ?p ?o }} }}",
    f"SELECT * {{ FILTER EXISTS {{ SERVICE {TARGET} {{ ?s ?p ?o }} }} }}",
    rf"SELECT * {{ \u0053ERVICE {TARGET} {{ ?s ?p ?o }} }}",
    rf"SELECT * {{ S\U00000045RVICE {TARGET} {{ ?s ?p ?o }} }}",
    rf'SELECT * {{ ?s ?p "a\u0022 # " . SERVICE {TARGET} {{ ?s ?p ?o }} }}',
    rf"SELECT * {{ ?s ?p '\\' . SERVICE {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ ?s ?p '''a'b''' . SERVICE {TARGET} {{ ?s ?p '''c''' }} }}",
]
DOUBTFUL = [  # a < that compares, or opens an IRI, would hide what follows
    f"SELECT * {{ ?a ?p ?b FILTER(?a<?b)SERVICE#>\n{TARGET}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ FILTER(?a<'x>')SERVICE {TARGET}{{ }} FILTER(?b<'>') }}",
    f"SELECT * {{ FILTER(?a<#\n?b) SERVICE {TARGET}{{ }} }}",
]
FOREIGN = [
    "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "SELECT * FROM NAMED <http://127.0.0.1:1/> { ?s ?p ?o }",
    "SELECT * FROMNAMED<http://127.0.0.1:1/> { ?s ?p ?o }",
    f"SELECT * FROM <{GRAPH}> FROM <http://127.0.0.1:1/> {{ ?s ?p ?o }}",  # noqa: S608
    "ASKFROM<file:///etc/passwd>{ ?s ?p ?o }",
    "PREFIX f: <file:///etc/> SELECT * FROM f:passwd { ?s ?p ?o }",
    "PREFIX f: <file:///etc/> SELECT*FROMf:passwd{ ?s ?p ?o }",
    "BASE <file:///etc/> SELECT * FROM <passwd> { ?s ?p ?o }",
    r"SELECT * \u0046ROM <file:///etc/passwd> { ?s ?p ?o }",
]
UPDATES = [
    "LOAD <file:///etc/passwd>",
    "LOAD SILENT <http://127.0.0.1:1/> INTO GRAPH <http://x/g>",
    "PREFIX a: <http://a/> INSERT DATA { a:a a:b a:c }",
    "DELETE WHERE { ?s ?p ?o }",
    "CLEAR ALL",
    "drop graph <http://x/g>",
    "WITH <http://x/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
]
HARMLESS = [
    "PREFIX : <http://x/> ASK { :SERVICE :LOAD :a.SERVICE ; :FROM _:b }",
    "SELECT * { ?s ?p 'SERVICE <http://x/> {}' }",
    'SELECT * { ?s ?p """FROM "LOAD" <x>""" }',
    "SELECT * { ?s ?p ?o } # SERVICE <http://x/> {}",
    "SELECT * { ?s a <http://x/service> ; <http://x/from#load> ?from }",
    "PREFIX service: <http://x/s#> SELECT ?load { ?load service:name ?o ; service:load ?from }",
    "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> SELECT * { ?s a sd:Service }",
    f"SELECT * FROM <{GRAPH}> {{ ?s ?p ?o }}",  # noqa: S608
    f"PREFIX x: <http://x/> SELECT * FROM NAMED x:g FROM <{GRAPH}> {{}}",  # noqa: S608
    "BASE <http://x/> SELECT * FROM <g> { ?s ?p ?o }",
    "SELECT * { ?a ?p ?b FILTER(?a<?b && ?b>?a) }",
    "SELECT * { ?s ?p 'x'@en . _:a ?p 1.5e3 . ?s ?p 'service'@en }",
    "ASK {}",
    "",
    "SELECT ?x WHERE { ?x ?y 'unclosed }",
]


@pytest.mark.parametrize("query", FEDERATED)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    assert status(query) == 403


@pytest.mark.parametrize("query", DOUBTFUL)
def test_sign_that_could_hide_a_service_is_refused(query: str) -> None:
    assert status(query) in (400, 403)


@pytest.mark.parametrize("query", FOREIGN)
def test_graph_that_is_not_held_is_refused(query: str) -> None:
    assert status(query) == 403


@pytest.mark.parametrize("query", UPDATES)
def test_update_is_refused(query: str) -> None:
    assert status(query) == 403


@pytest.mark.parametrize("query", HARMLESS)
def test_query_that_merely_mentions_them_passes(query: str) -> None:
    assert status(query) == 200


@pytest.mark.parametrize(("depth", "expected"), [(100, 200), (101, 400), (4000, 400)])
def test_nesting_is_limited(depth: int, expected: int) -> None:
    assert status("SELECT * " + "{" * depth + "}" * depth) == expected


def test_dataset_is_seen_because_the_union_must_not_stand_in_for_it() -> None:
    assert screen(f"SELECT * FROM <{GRAPH}> {{ ?s ?p ?o }}", {GRAPH})  # noqa: S608
    assert not screen("SELECT * { ?s ?p 'FROM' }", {GRAPH})


@pytest.mark.parametrize("depth", [40, 101, 4000])
def test_reified_triples_nest_no_deeper_than_brackets(depth: int) -> None:
    nested = "<< " * depth + "<a:a> <a:b> <a:c>" + " >> <a:b> <a:c>" * depth
    assert status(f"ASK {{ {nested} }}") == (200 if depth < 100 else 400)
    compared = " ".join(["?a <<http://x/> ||"] * depth)
    assert status(f"ASK {{ FILTER({compared} true) }}") == 200
