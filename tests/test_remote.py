"""What a remote store does when its server is slow, gone, locked or odd."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyoxigraph as ox
import pytest
from counting import PATIENCE
from virtuoso import Virtuoso

from kg.errors import ComponentError, HccKgError, InputError, QueryError
from kg.stores import Store, http, open_store

_JSON = "application/sparql-results+json"
_YES = b'{"head": {}, "boolean": true}'
_SECRET = "not-to-be-seen"  # noqa: S105 - a secret of the tests
_QUAD = ox.Quad(*[ox.NamedNode("https://example.org/x")] * 4)


class _Handler(BaseHTTPRequestHandler):
    """Answers as a test's function says; every request is kept."""

    answer: Callable[[_Handler], None]
    seen: list[_Handler]

    def do_POST(self) -> None:
        self.seen.append(self)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).answer(self)

    do_PUT = do_GET = do_DELETE = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def reply(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _serving(answer: Callable[[_Handler], None]) -> Iterator[tuple[str, list[_Handler]]]:
    handler = type("Handler", (_Handler,), {"answer": answer, "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False  # so that none outlives its test
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sparql", handler.seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _opened(virtuoso: Virtuoso) -> Store:
    return open_store(
        virtuoso.endpoint,
        user=virtuoso.user,
        password=virtuoso.password,
        graph_store=virtuoso.graph_store,
    )


def _yes(request: _Handler) -> None:
    request.reply(200, _JSON, _YES)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_PAUSE", 0.01)
    for name in ("USER", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"HCC_KG_{name}", raising=False)


def test_a_server_that_is_not_there_is_tried_again_and_told() -> None:
    with _serving(_yes) as (address, _):
        pass
    with pytest.raises(ComponentError, match=r"cannot be reached \(4 tries\): Connection refused"):
        open_store(address).ask("ASK {}")


def test_a_connection_that_broke_is_made_again() -> None:
    def answer(request: _Handler) -> None:
        if len(request.seen) < 3:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
        else:
            _yes(request)

    with _serving(answer) as (address, seen):
        assert open_store(address).ask("ASK {}")
    assert len(seen) == 3


def test_a_query_that_takes_too_long_is_not_sent_again() -> None:
    ended = threading.Event()
    with _serving(lambda _: ended.wait(PATIENCE)) as (address, seen):
        with pytest.raises(ComponentError, match=r"has not answered for 0\.1 seconds"):
            open_store(address, timeout=0.1).ask("ASK {}")
        ended.set()
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "error", "exit_status"),
    [
        (400, QueryError, 2),
        (401, InputError, 2),
        (403, InputError, 2),
        (404, ComponentError, 3),
        (413, QueryError, 2),
        (500, ComponentError, 3),
        (503, ComponentError, 3),
    ],
)
def test_a_refusal_is_told_in_the_servers_words_and_not_repeated(
    status: int, error: type[HccKgError], exit_status: int
) -> None:
    page = b"<html><head><title>no</title></head><p>Out of &lt;luck&gt;\n\x1b[31m" + b"x" * 9999

    def answer(request: _Handler) -> None:
        request.reply(status, "text/html", page)

    with _serving(answer) as (address, seen), pytest.raises(error) as caught:
        open_store(address).ask("ASK {}")
    assert f"answered {status}: Out of <luck> [31mxxx" in str(caught.value)
    assert len(str(caught.value)) < 700
    assert caught.value.exit_status == exit_status
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ((200, "text/html", b"<h1>Welcome</h1>"), "is it the address of a SPARQL endpoint"),
        ((200, _JSON, b'{"head": {"vars": ["x"]}, "resu'), "cannot be read"),
        ((302, "text/html", b""), "it has moved to https://example.org/new"),
    ],
)
def test_an_odd_answer_is_told(reply: tuple[int, str, bytes], told: str) -> None:
    def answer(request: _Handler) -> None:
        request.reply(*reply, Location="https://example.org/new")

    with _serving(answer) as (address, _), pytest.raises(ComponentError, match=told):
        open_store(address).ask("ASK {}")


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    def answer(request: _Handler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", _JSON)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(_YES)

    with _serving(answer) as (address, _), pytest.raises(ComponentError, match="broke off"):
        open_store(address).ask("ASK {}")


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_LARGEST", len(_YES))
    with _serving(_yes) as (address, _):
        assert open_store(address).ask("ASK {}")
        monkeypatch.setattr(http, "_LARGEST", len(_YES) - 1)
        with pytest.raises(ComponentError, match="is larger than"):
            open_store(address).ask("ASK {}")


def test_an_answer_that_the_server_cut_short_is_no_answer() -> None:
    def answer(request: _Handler) -> None:
        request.reply(200, _JSON, _YES, X_SPARQL_MaxRows="10000")

    with _serving(answer) as (address, _), pytest.raises(ComponentError, match="at most 10000 row"):
        open_store(address).ask("ASK {}")


def test_basic_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: _Handler) -> None:
        expected = "Basic " + base64.b64encode(f"me:{_SECRET}".encode()).decode()
        if request.headers.get("Authorization") == expected:
            _yes(request)
        else:
            request.reply(401, "text/plain", b"who?", WWW_Authenticate='Basic realm="x"')

    monkeypatch.setenv("HCC_KG_USER", "me")
    monkeypatch.setenv("HCC_KG_PASSWORD", _SECRET)
    with _serving(answer) as (address, _):
        assert open_store(address).ask("ASK {}")
        with pytest.raises(InputError, match="is not accepted") as caught:
            open_store(address, password=_SECRET + "2").ask("ASK {}")
    assert _SECRET not in str(caught.value)


def test_a_token_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: _Handler) -> None:
        good = request.headers.get("Authorization") == f"Bearer {_SECRET}"
        request.reply(*((200, _JSON, _YES) if good else (401, "text/plain", b"no")))

    with _serving(answer) as (address, _):
        with pytest.raises(InputError, match="set HCC_KG_USER"):
            open_store(address).ask("ASK {}")
        monkeypatch.setenv("HCC_KG_TOKEN", _SECRET)
        store = open_store(address)
        assert store.ask("ASK {}")
    assert _SECRET not in repr(vars(store))
    assert _SECRET not in repr(http.Credentials("me", _SECRET, _SECRET))


@pytest.mark.parametrize("token", [f"{_SECRET}\n", f"{_SECRET}肝"])
def test_a_token_that_no_header_can_hold_is_told_and_not_shown(token: str) -> None:
    with pytest.raises(InputError, match="HCC_KG_TOKEN") as caught:
        open_store("http://127.0.0.1:9/sparql", token=token)
    assert _SECRET not in str(caught.value)


def test_a_way_of_authentication_that_is_not_known_is_told() -> None:
    def answer(request: _Handler) -> None:
        challenge = 'Digest realm="x", nonce="n", qop="auth", algorithm="XYZ"'
        request.reply(401, "text/plain", b"no", WWW_Authenticate=challenge)

    with _serving(answer) as (address, _), pytest.raises(ComponentError, match="not known here"):
        open_store(address, user="me", password=_SECRET).ask("ASK {}")


def test_credentials_do_not_belong_into_the_address() -> None:
    with pytest.raises(InputError, match="should hold no user or password") as caught:
        open_store(f"http://me:{_SECRET}@127.0.0.1/sparql")
    assert _SECRET not in str(caught.value)


def test_a_query_is_sent_as_the_protocol_says() -> None:
    with _serving(_yes) as (address, seen):
        open_store(address).ask("ASK { <a:b> <a:c> '肝 & +' }")
    assert seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert seen[0].headers["Accept"].startswith(_JSON)
    assert seen[0].body.startswith(b"query=ASK")
    assert b"%E8%82%9D+%26+%2B" in seen[0].body


def test_an_upload_goes_by_the_graph_store_protocol(tmp_path: Path) -> None:
    file = tmp_path / "x.ttl"
    file.write_text("<a:b> <a:c> 1 .")

    def answer(request: _Handler) -> None:
        request.reply(201, "text/plain", b"")

    with _serving(answer) as (address, seen):
        store = open_store("http://127.0.0.1:9/sparql", graph_store=address)
        store.load(file, "https://example.org/g?a=b&c")
        store.replace(file, "https://example.org/g")
    assert [(r.command, r.path) for r in seen] == [
        ("POST", "/sparql?graph=https%3A%2F%2Fexample.org%2Fg%3Fa%3Db%26c"),
        ("POST", "/sparql?graph=https%3A%2F%2Fexample.org%2Fg%3Fa%3Db%26c"),
        ("POST", "/sparql?graph=https%3A%2F%2Fexample.org%2Fg"),
        ("PUT", "/sparql?graph=https%3A%2F%2Fexample.org%2Fg"),
    ]
    assert {request.headers["Content-Type"] for request in seen} == {"application/n-triples"}
    assert [bool(request.body) for request in seen] == [False, True, False, True]


def test_a_replacement_that_fails_midway_names_the_graph_that_is_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.stores.remote._CHUNK", 2)
    file = tmp_path / "x.ttl"
    file.write_text("<a:b> <a:c> 1 , 2 , 3 , 4 .")
    accepted = 1

    def answer(request: _Handler) -> None:
        sent = sum(bool(each.body) for each in request.seen)
        request.reply(500 if sent > accepted else 201, "text/plain", b"")

    with _serving(answer) as (address, _):
        store = open_store("http://127.0.0.1:9/sparql", graph_store=address)
        with pytest.raises(ComponentError, match=r"of <https://example[.]org/g> may be incomplete"):
            store.replace(file, "https://example.org/g")
        accepted = -1
        with pytest.raises(ComponentError) as caught:
            store.replace(file, "https://example.org/g")
    assert "incomplete" not in str(caught.value)


@pytest.mark.parametrize(
    "challenge", ['Basic realm="x"', 'Digest realm="x", nonce="n", qop="auth"']
)
def test_no_upload_goes_before_the_credentials_are_accepted(challenge: str) -> None:
    def answer(request: _Handler) -> None:
        known = "Authorization" in request.headers
        request.reply(201 if known else 401, "text/plain", b"", WWW_Authenticate=challenge)

    with _serving(answer) as (address, seen):
        store = open_store(address, user="me", password=_SECRET)
        store.add([_QUAD])
        store.add([_QUAD])
    sent = [("Authorization" in request.headers, bool(request.body)) for request in seen]
    assert sent == [(False, False), (True, False), (True, True), (True, False), (True, True)]
    assert len({r.headers["Authorization"] for r in seen[1:]}) == (1 if "Basic" in challenge else 4)


def test_an_upload_that_is_refused_is_never_sent() -> None:
    def answer(request: _Handler) -> None:
        request.reply(403, "text/plain", b"nobody writes here")

    with _serving(answer) as (address, seen), pytest.raises(InputError, match="nobody writes here"):
        open_store(address).add([_QUAD])
    assert [request.body for request in seen] == [b""]


def test_virtuoso_takes_a_large_graph_again_and_again(
    virtuoso: Virtuoso, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "RETRIES", 0)
    node, graph = ox.NamedNode("https://example.org/n"), "https://example.org/large"
    quads = [
        ox.Quad(node, node, ox.Literal("x" * 99 + str(n)), ox.NamedNode(graph))
        for n in range(20_000)
    ]
    for _ in range(3):
        store = _opened(virtuoso)
        store.clear(graph)
        store.add(quads)
    found = store.select(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}").rows
    store.clear(graph)
    assert found == [(ox.Literal(20_000),)]


def test_virtuoso_takes_digest_credentials_and_refuses_wrong_ones(virtuoso: Virtuoso) -> None:
    store = open_store(
        virtuoso.endpoint, user="dba", password=_SECRET, graph_store=virtuoso.graph_store
    )
    with pytest.raises(InputError, match="is not accepted") as caught:
        store.add([_QUAD])
    assert _SECRET not in str(caught.value)


def test_virtuoso_says_itself_what_is_wrong(virtuoso: Virtuoso) -> None:
    with pytest.raises(QueryError, match="Virtuoso 37000 Error SP030: SPARQL compiler, line 2"):
        open_store(virtuoso.endpoint).query("SELECT * {\n ?s ?p FOO }")
    with pytest.raises(ComponentError, match="Division by 0"):
        open_store(virtuoso.endpoint).query("SELECT (1/0 AS ?x) {}")


def test_a_graph_of_several_chunks_arrives_whole(
    virtuoso: Virtuoso, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.stores.remote._CHUNK", 7)
    store = _opened(virtuoso)
    graph = ox.NamedNode("https://example.org/chunks")
    node = ox.NamedNode("https://example.org/n")
    store.add(ox.Quad(node, node, ox.Literal(n), graph) for n in range(50))
    found = store.select(f"SELECT (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?s ?p ?o }} }}").rows
    store.clear(graph.value)

    assert found == [(ox.Literal(50),)]


def test_answer_that_trickles_is_given_up() -> None:
    ended = threading.Event()

    def trickle(request: _Handler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", _JSON)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        while not ended.wait(0.1):
            request.wfile.write(b" ")

    with _serving(trickle) as (address, _):
        with pytest.raises(ComponentError, match=r"has not answered for 0\.5 seconds"):
            open_store(address, timeout=0.5).ask("ASK {}")
        ended.set()
