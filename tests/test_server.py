"""The endpoint speaks the SPARQL 1.1 Protocol: real requests to a real server."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pyoxigraph as ox
import pytest
from serving import FORM, HCC, JSON, QUERY, Served, serving
from SPARQLWrapper import JSON as AS_JSON
from SPARQLWrapper import POST, TURTLE, SPARQLWrapper

DATA = """
<http://x/a> <http://x/p> 1 .
GRAPH <http://x/g> { <http://x/b> <http://x/p> "2" }
GRAPH <http://x/h> { <http://x/c> <http://x/p> "x,\\"y" }
"""
BARE = {"Content-Type": QUERY}
UTF_16 = {"Content-Type": QUERY + "; charset=utf-16"}
UPDATE = {"Content-Type": "application/sparql-update"}
GRAPH = HCC + "graph/verdicts/example"
ALL = "SELECT ?o { ?s ?p ?o } ORDER BY STR(?o)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of three graphs."""
    path = tmp_path_factory.mktemp("served") / "data.trig"
    path.write_text(DATA, "utf-8")
    with serving("--store", path, "--allow-origin", "*") as found:
        yield found


def values(server: Served, query: str, **fields: str | list[str]) -> list[str]:
    """Return the first column of a result."""
    answer = server.get(params={"query": query, **fields}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return [row[0] for row in csv.reader(io.StringIO(answer.text))][1:]


def test_query_comes_by_get_and_both_kinds_of_post(server: Served) -> None:
    by_get = server.get(params={"query": ALL})
    by_form = server.request("POST", "/sparql", data={"query": ALL})
    answers = {answer.text for answer in (by_get, by_form, server.ask(ALL))}
    assert len(answers) == 1
    assert by_get.headers["content-type"] == JSON
    assert len(by_get.json()["results"]["bindings"]) == 3


def test_method_query_is_answered_like_post(server: Served) -> None:
    answer = server.request("QUERY", "/sparql", content=ALL, headers=BARE)
    assert answer.text == server.ask(ALL).text


def test_mark_before_a_query_is_passed_over(server: Served) -> None:
    marked = "\ufeffASK {}"
    assert server.ask(marked).json()["boolean"]
    assert server.get(params={"query": marked}).json()["boolean"]


def test_empty_name_of_a_graph_is_none(server: Served) -> None:
    assert len(values(server, ALL, **{"default-graph-uri": "", "named-graph-uri": ""})) == 3


def test_iri_with_a_comma_stays_one_cell_of_csv(server: Served) -> None:
    query = """SELECT (<http://x/a,b> AS ?a) ("x" AS ?b) ("q\\"\\n" AS ?c) ?d {}"""
    answer = server.ask(query, headers={"Accept": "text/csv"})
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["a", "b", "c", "d"],
        ["http://x/a,b", "x", 'q"\n', ""],
    ]


def test_format_can_be_named_in_the_address(server: Served) -> None:
    for name, media in (("csv", "text/csv"), ("json", JSON), ("tsv", "text/tab"), ("x", JSON)):
        answer = server.get(params={"query": ALL, "format": name})
        assert answer.headers["content-type"].startswith(media)
    assert server.get(params={"query": ALL, "format": "ttl"}).status_code == 406


def test_form_is_decoded_once(server: Served) -> None:
    query = "SELECT ('%2B+' AS ?x) {}"
    answer = server.request("POST", "/sparql", data={"query": query})
    assert answer.json()["results"]["bindings"][0]["x"]["value"] == "%2B+"


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (ALL, JSON, JSON),
        (ALL, "application/json", "application/json"),
        (ALL, "application/sparql-results+xml", "application/sparql-results+xml"),
        (ALL, "text/csv", "text/csv"),
        (ALL, "text/tab-separated-values", "text/tab-separated-values"),
        (
            ALL,
            "text/csv;q=0.2, text/xml;q=0.9, */*;q=0.1",
            "text/xml",
        ),
        (ALL, "text/*", "text/xml"),
        (ALL, "application/sparql-results+json;q=0, */*;q=0.5", "application/json"),
        (ALL, "*/*", JSON),
        ("ASK {}", "application/sparql-results+xml", "application/sparql-results+xml"),
        ("ASK {}", "text/turtle, */*;q=0.1", JSON),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "*/*", "text/turtle"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/rdf+xml", "application/rdf+xml"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples", "application/n-triples"),
        ("DESCRIBE <http://x/a>", "application/ld+json", "application/ld+json"),
    ],
)
def test_format_is_negotiated(server: Served, query: str, accept: str, expected: str) -> None:
    answer = server.get(params={"query": query}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(expected)
    assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("accept", ["image/png", "text/turtle", "*/*;q=0", "text/csv;q=bad"])
def test_format_that_cannot_be_had_gets_406(server: Served, accept: str) -> None:
    assert server.get(params={"query": ALL}, headers={"Accept": accept}).status_code == 406


def test_graph_formats_are_what_they_say(server: Served) -> None:
    for media in ("text/turtle", "application/n-triples", "application/rdf+xml"):
        answer = server.ask("CONSTRUCT WHERE { ?s ?p ?o }", headers={"Accept": media})
        found = list(ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media)))
        assert len(found) == 3, media


def test_head_has_the_head_alone(server: Served) -> None:
    answer = server.request("HEAD", "/sparql", params={"query": ALL})
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert not answer.content


def test_default_graph_is_the_union(server: Served) -> None:
    assert len(values(server, ALL)) == 3


def test_relative_iris_start_from_the_address_of_the_endpoint(server: Served) -> None:
    answer = server.ask("CONSTRUCT { <s> <#p> 1 } {}", headers={"Accept": "application/n-triples"})
    assert answer.status_code == 200
    assert f"<{server.address}s> <{server.address}sparql#p>" in answer.text
    by_get = server.get(params={"query": "SELECT (<x> AS ?x) FROM <http://x/g> {}"})
    assert by_get.json()["results"]["bindings"][0]["x"]["value"] == server.address + "x"


def test_dataset_of_the_request_stands_in_place_of_the_query_s(server: Served) -> None:
    query = "SELECT ?o FROM <http://x/h> { ?s ?p ?o }"
    assert values(server, query) == ['x,"y']
    assert values(server, query, **{"default-graph-uri": "http://x/g"}) == ["2"]
    both = {"default-graph-uri": ["http://x/g", "http://x/h"]}
    assert values(server, ALL, **both) == ["2", 'x,"y']
    named = {"named-graph-uri": "http://x/g"}
    assert values(server, "SELECT ?g { GRAPH ?g { ?s ?p ?o } }", **named) == ["http://x/g"]
    assert values(server, ALL, **named) == []


def test_dataset_in_the_address_goes_with_what_is_posted(server: Served) -> None:
    address = "/sparql?default-graph-uri=" + quote("http://x/g", safe="")
    bare = server.request("POST", address, content=ALL, headers={"Content-Type": QUERY})
    form = server.request("POST", address, data={"query": ALL})
    for answer in (bare, form):
        assert len(answer.json()["results"]["bindings"]) == 1


@pytest.mark.parametrize("field", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("graph", ["file:///etc/passwd", "http://127.0.0.1:1/", "http://x/none"])
def test_dataset_that_is_not_held_is_empty_and_not_fetched(
    server: Served, field: str, graph: str
) -> None:
    answer = server.get(
        params={"query": "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", field: graph}
    )
    assert answer.status_code == 200
    assert answer.json()["results"]["bindings"] == []
    assert "not held" in answer.headers["Warning"]
    held = server.get(params={"query": ALL, field: "http://x/g"})
    assert "Warning" not in held.headers


@pytest.mark.parametrize(
    ("method", "path", "options", "expected"),
    [
        ("PUT", "/sparql", {}, 405),
        ("DELETE", "/sparql", {}, 405),
        ("POST", "/sparql", {"content": ALL, "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "/sparql", {"content": b"query=ASK%20%7B%7D"}, 415),
        ("POST", "/sparql", {"content": ALL, "headers": UTF_16}, 415),
        ("POST", "/sparql", {"content": "ASK {}".encode("utf-16"), "headers": BARE}, 400),
        ("POST", "/sparql", {"content": b"query=%FF", "headers": {"Content-Type": FORM}}, 400),
        ("POST", "/sparql", {"content": b"query=\xff", "headers": {"Content-Type": FORM}}, 400),
        ("POST", "/sparql", {"data": {"nothing": "1"}}, 400),
        ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}, 400),
        ("GET", "/sparql?query=%C3%28", {}, 400),
        ("GET", "/sparql?query=", {}, 400),
        ("GET", "/sparql?update=CLEAR%20ALL", {}, 403),
        ("POST", "/sparql", {"data": {"update": "CLEAR ALL"}}, 403),
        ("POST", "/sparql", {"content": "CLEAR ALL", "headers": UPDATE}, 403),
        ("POST", "/sparql", {"content": "CLEAR ALL", "headers": BARE}, 403),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/queries/no-such-question", {}, 404),
    ],
)  # fmt: skip
def test_request_that_is_wrong_gets_its_status(
    server: Served, method: str, path: str, options: dict[str, object], expected: int
) -> None:
    assert server.request(method, path, **options).status_code == expected


def test_query_that_cannot_be_parsed_gets_its_line_and_column(server: Served) -> None:
    answer = server.ask("SELECT * { ?s ?p }")
    assert answer.status_code == 400
    assert answer.text == "line 1, column 18: not valid SPARQL: unexpected '}'\n"


def test_charset_of_utf_8_is_taken(server: Served) -> None:
    for name in ("utf-8", "UTF8", '"utf-8"'):
        answer = server.ask("ASK {}", headers={"Content-Type": f"{QUERY}; charset={name}"})
        assert answer.status_code == 200, name


def test_description_says_what_there_is(server: Served) -> None:
    answer = server.get()
    assert answer.headers["content-type"].startswith("text/turtle")
    facts = ox.Store()
    facts.bulk_load(answer.content, format=ox.RdfFormat.TURTLE)
    prefixes = (
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> "
        "PREFIX void: <http://rdfs.org/ns/void#> "
    )
    assert facts.query(
        prefixes + f"ASK {{ <{server.address}sparql> a sd:Service ; sd:defaultDataset ?d ; "
        "sd:feature sd:UnionDefaultGraph . ?d sd:defaultGraph/void:triples 3 ; "
        "sd:namedGraph [ sd:name <http://x/g> ; sd:graph/void:triples 1 ] }"
    )
    as_xml = server.get(headers={"Accept": "application/rdf+xml"})
    assert len(list(ox.parse(as_xml.content, format=ox.RdfFormat.RDF_XML))) == len(facts)


def test_pages_of_other_origins_may_ask(server: Served) -> None:
    asked = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    before = server.request("OPTIONS", "/sparql", headers=asked)
    assert before.is_success
    assert "POST" in before.headers["access-control-allow-methods"]
    assert "Content-Type" in before.headers["access-control-allow-headers"]
    refused = server.ask("nonsense", headers={"Origin": "http://elsewhere"})
    assert refused.headers["access-control-allow-origin"] == "*"


def test_start_page_asks_nothing_of_elsewhere(server: Served) -> None:
    page = server.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("page.js", "page.css"):
        assert name in page.text
        assert server.get("/" + name).status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")


def test_health_is_well(server: Served) -> None:
    assert server.get("/health").json() == {"status": "ok"}


def test_sparqlwrapper_is_served(server: Served) -> None:
    client = SPARQLWrapper(server.address + "sparql", returnFormat=AS_JSON)
    client.setQuery(ALL)
    assert len(client.queryAndConvert()["results"]["bindings"]) == 3
    client.setMethod(POST)
    client.setQuery("CONSTRUCT WHERE { ?s ?p ?o }")
    client.setReturnFormat(TURTLE)
    assert b"http://x/a" in client.queryAndConvert()


@pytest.fixture(scope="module")
def example() -> Iterator[Served]:
    """A server of what is served by default."""
    with serving() as found:
        yield found


def test_example_is_served_by_default(example: Served) -> None:
    graphs = values(example, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert {HCC + "graph/ontology", HCC + "graph/cohort/example"} <= set(graphs)
    eligible = values(example, f"SELECT ?p {{ ?p a <{HCC}Patient> }}")
    assert eligible


def test_saved_questions_are_addresses(example: Served) -> None:
    listed = example.get("/queries").json()
    assert len(listed) >= 10
    for entry in listed:
        examples = {p["name"]: p["example"] for p in entry["parameters"]}
        answer = example.get("/queries/" + entry["name"], params=examples)
        assert answer.status_code == 200, f"{entry['name']}: {answer.text}"


def test_saved_question_comes_as_json_or_csv(example: Served) -> None:
    listed = example.get("/queries").json()
    name = next(e["name"] for e in listed if "SELECT" in e["query"] and not e["parameters"])
    as_json = example.get("/queries/" + name)
    as_csv = example.get("/queries/" + name, headers={"Accept": "text/csv"})
    assert as_json.headers["content-type"] == JSON
    rows = list(csv.reader(io.StringIO(as_csv.text)))
    assert rows[0] == as_json.json()["head"]["vars"]
    assert len(rows) - 1 == len(as_json.json()["results"]["bindings"])


def test_saved_question_is_read_by_pandas(example: Served) -> None:
    found = pd.read_csv(f"{example.address}queries/verdict-counts?format=csv&graph={GRAPH}")
    assert list(found) == ["cohort", "therapy", "verdict", "patients"]
    assert len(found) > 10


def test_what_a_saved_question_does_not_take_or_find_is_told(example: Served) -> None:
    name = example.get("/queries").json()[0]["name"]
    absent = example.get("/queries/why?patient=nobody&format=csv")
    assert (absent.status_code, absent.text) == (
        404,
        "there is no patient 'nobody' in this graph\n",
    )
    unknown = example.get(f"/queries/{name}?format=pdf")
    assert unknown.status_code == 400
    assert "there is no format 'pdf'; there is json, xml, csv" in unknown.text
    assert example.get(f"/queries/{name}?no_such_parameter=1").status_code == 400
    assert example.get(f"/queries/{name}?graph=a&graph=b").status_code == 400


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_server_cleanly(tmp_path: Path, how: int) -> None:
    path = tmp_path / "data.ttl"
    path.write_text("<http://x/a> <http://x/p> 1 .", "utf-8")
    with serving("--store", path) as server:
        worker = server.worker()
        assert server.stop(how) == 0
        assert not Path(f"/proc/{worker}").exists()


def test_default_graph_can_be_the_store_s_own(tmp_path: Path) -> None:
    path = tmp_path / "data.trig"
    path.write_text(DATA, "utf-8")
    with serving("--store", path, "--default-graph", "own", "--allow-origin", "*") as server:
        assert values(server, ALL) == ["1"]
        assert "UnionDefaultGraph" not in server.get().text
        absent = {"default-graph-uri": "http://x/absent"}
        assert values(server, ALL, **absent) == []
        assert values(server, ALL, **{"default-graph-uri": ["http://x/g", "http://x/absent"]}) == [
            "2"
        ]
        assert server.get(params={"query": "ASK FROM <http://x/absent> {}"}).status_code == 403


def test_cds_hooks_are_not_served_unless_asked_for(server: Served) -> None:
    assert server.get("/cds-services").status_code == 404


def test_store_on_disk_is_served_within_the_request_limit(tmp_path: Path) -> None:
    store = ox.Store(str(tmp_path / "store"))
    store.load(DATA.encode(), format=ox.RdfFormat.TRIG)
    store.flush()
    del store
    with serving("--store", tmp_path / "store", "--request-limit", "1") as server:
        assert len(values(server, ALL)) == 3
        for length, status in ((1024, 200), (1025, 413)):  # the limit is one KB
            assert server.ask("ASK {} #".ljust(length, "x")).status_code == status
            query = "query=ASK%7B%7D%23".ljust(length, "x")
            assert server.get(f"/sparql?{query}").status_code == status
        assert server.ask("SELECT * { SERVICE <http://127.0.0.1:1/> {} }").status_code == 403
