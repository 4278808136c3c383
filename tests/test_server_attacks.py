"""Attacks on the endpoint, each with the status it gets; the server lives on and lets memory go."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from counting import PATIENCE
from serving import (
    JSON,
    QUERY,
    Served,
    children,
    gone,
    processor,
    serving,
    settled,
    soon_at_work,
)

from kg.paths import ontology_folder
from kg.server.jobs import raise_open_files

LIMIT = 2  # seconds
REFUSED = (400, 403, 503)
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SORTED = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
HUGE = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
REGEX = 'SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), "((a{1,1000}){1,1000}){1,100}")) }'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the ontology, with short limits and eight places."""
    path = tmp_path_factory.mktemp("served") / "ontology.ttl"
    texts = [ontology_folder() / name for name in ("2011/criteria.ttl", "2011/statements.ttl")]
    path.write_text("\n".join(text.read_text("utf-8") for text in texts), "utf-8")
    limits = ("--time-limit", f"{LIMIT}", "--memory", "256", "--running", "4", "--waiting", "4")
    with serving("--store", path, *limits) as found:
        yield found


@pytest.fixture(scope="module")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that a busy machine keeps from no answer."""
    path = tmp_path_factory.mktemp("unhurried") / "data.ttl"
    path.write_text("<a:a> <a:b> 1 .", "utf-8")
    with serving("--store", path, "--time-limit", "600") as found:
        yield found


@pytest.fixture(autouse=True)
def alive(server: Served) -> Iterator[None]:
    """After each attack the same processes answer, and no query is left over."""
    worker = server.worker()
    yield
    assert server.process.poll() is None
    assert server.worker() == worker
    assert server.ask("ASK {}").json() == {"head": {}, "boolean": True}
    assert settled(worker), "a query is still running"


@pytest.fixture
def served_file(tmp_path: Path) -> Path:
    """A file to serve, large enough for a query to be endless."""
    path = tmp_path / "data.ttl"
    path.write_bytes((ontology_folder() / "variables.ttl").read_bytes())
    return path


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """An address of this machine that must see no connection, and what it saw."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def watch() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    seen.append(connection.recv(1000))

        threading.Thread(target=watch, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", seen
        time.sleep(0.1)
        listening.shutdown(socket.SHUT_RDWR)
    assert not seen


def resident(pid: int) -> int:
    """Return the memory of a process in MB."""
    text = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) // 1024  # type: ignore[index]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ SERVICE SILENT <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ \\u0053ERVICE <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{0}> {{ ?a ?b ?c }} }} }} LIMIT 1",
        "PREFIX ex: <{0}> SELECT * {{ SERVICEex:a{{ ?s ?p ?o }} }}",
        "SELECT * FROM <{0}> {{ ?s ?p ?o }}",
        "SELECT * FROM NAMED <{0}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * FROM <file:///etc/passwd> {{ ?s ?p ?o }}",
        "LOAD <{0}>",
        "LOAD <file:///etc/passwd> INTO GRAPH <http://x/g>",
    ],
)
def test_nothing_is_fetched(server: Served, listener: tuple[str, list[bytes]], query: str) -> None:
    assert server.ask(query.format(listener[0])).status_code == 403


def test_address_of_a_variable_service_is_not_asked(
    server: Served, listener: tuple[str, list[bytes]]
) -> None:
    query = f"SELECT * {{ BIND(<{listener[0]}> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}"
    assert server.ask(query).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * " + "{" * 4000 + "}" * 4000,
        "SELECT * " + "{" * 2000 + "}" * 2000,
        "SELECT * " + "{" * 4000,
        "SELECT (" + "(" * 4000 + "1" + ")" * 4000 + " AS ?x) {}",
        "SELECT (" + "!" * 30_000 + "1 AS ?x) {}",
        "SELECT (" + "1+" * 25_000 + "1 AS ?x) {}",
        "SELECT * {" + "{} UNION " * 7_000 + "{}}",
    ],
)
def test_nesting_gets_400(unhurried: Served, query: str) -> None:
    answer = unhurried.ask(query)
    assert answer.status_code == 400
    assert "flatter" in answer.text
    assert unhurried.ask("ASK {}").json() == {"head": {}, "boolean": True}


@pytest.mark.parametrize("query", [ENDLESS, REGEX])
def test_query_that_does_not_end_gets_503_at_the_time_limit(server: Served, query: str) -> None:
    start = time.monotonic()
    answer = server.ask(query)
    assert answer.status_code == 503
    assert "time limit" in answer.text
    assert answer.headers["retry-after"]
    assert time.monotonic() - start > LIMIT - 0.1


def test_sorting_a_product_gets_503_and_its_memory_comes_back(server: Served) -> None:
    processes = (server.process.pid, server.worker())
    before = [resident(pid) for pid in processes]
    answers = [server.ask(SORTED) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {503}
    assert settled(server.worker())
    assert all(resident(pid) < mb + 40 for pid, mb in zip(processes, before, strict=True))


def test_huge_result_gets_503_and_never_half_a_body(server: Served) -> None:
    answer = server.ask(HUGE)
    assert answer.status_code == 503
    assert "larger than" in answer.text or "time limit" in answer.text


def test_regular_expression_that_backtracks_elsewhere_is_answered(server: Served) -> None:
    query = f'SELECT (REGEX("{"a" * 5000}!", "^(a+)+$") AS ?x) {{}}'
    answer = server.ask(query)
    assert answer.status_code == 200
    assert answer.json()["results"]["bindings"][0]["x"]["value"] == "false"


@pytest.mark.parametrize("length", [70_000, 900_000])
def test_body_that_is_too_long_gets_413(server: Served, length: int) -> None:
    query = "ASK {} #" + "x" * length
    assert server.ask(query).status_code == 413
    assert server.request("POST", "/sparql", data={"query": query}).status_code == 413


def raw(server: Served, request: bytes, *, ended: bool = False) -> bytes:
    """Send bytes as they are, and return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        if ended:
            connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.readline()


HOST = b" HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("length", [70_000, 900_000])
def test_address_that_is_too_long_gets_413(server: Served, length: int) -> None:
    target = b"/sparql?query=ASK%7B%7D%23" + b"x" * length
    assert b" 413 " in raw(server, b"GET " + target + HOST + b"\r\n")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"\x00\xff\xfe nonsense\r\n\r\n", 400),
        (b"GET /sparql?query=\xff\xfe" + HOST + b"\r\n", 400),
        (b"GET /sparql?query=%ff" + HOST + b"\r\n", 400),
        (b"POST /sparql" + HOST + b"Content-Length: -5\r\n\r\n", 400),
        (b"POST /sparql" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET http://localhost/sparql?query=ASK%7B%7D" + HOST + b"\r\n", 200),
        (b"GET http://localhost" + HOST + b"\r\n", 200),
        (b"GET http://elsewhere.example/sparql?query=ASK%7B%7D" + HOST + b"\r\n", 421),
        (
            b"POST /sparql" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
            b"0\r\n\r\n",
            400,
        ),
        (b"GET /sparql HTTP/1.1\r\nHost: local%host\r\n\r\n", 400),
        (b"GET /sparql/" + HOST + b"\r\n", 404),  # no redirect to a host that the client names
        (b"GET /%00" + HOST + b"\r\n", 404),
        (b"GET /queries/..%2f..%2fetc%2fpasswd" + HOST + b"\r\n", 404),
        (b"GET /../../etc/passwd" + HOST + b"\r\n", 404),
    ],
)
def test_malformed_request_is_told_so(server: Served, request_: bytes, expected: int) -> None:
    assert int(raw(server, request_).split()[1]) == expected


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"GET /spar",
        b"POST /sparql" + HOST + b"Content-Length: 100\r\n\r\nquery=",
        b"POST /sparql" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nque",
    ],
)
def test_truncated_request_harms_nobody(server: Served, request_: bytes) -> None:
    assert b" 200 " not in raw(server, request_, ended=True)


def test_client_that_hangs_up_ends_its_query_and_a_killed_worker_all(served_file: Path) -> None:
    request = b"GET /sparql?query=" + quote(ENDLESS).encode() + HOST + b"\r\n"
    with serving("--store", served_file, "--time-limit", "600") as other:
        with socket.create_connection(("127.0.0.1", other.port)) as connection:
            connection.sendall(request)
            soon_at_work(other.worker())
        assert settled(other.worker())
        with socket.create_connection(("127.0.0.1", other.port)) as connection:
            connection.sendall(request)
            soon_at_work(other.worker())
            processes = [other.worker(), *children(other.worker())]
            os.kill(processes[0], signal.SIGKILL)
            assert all(gone(pid) for pid in processes)
        assert other.ask("ASK { ?s ?p ?o }").json()["boolean"]  # the worker is replaced
        processes = [other.worker(), *children(other.worker())]
        other.process.kill()
        assert all(gone(pid) for pid in processes)


async def _status(port: int, query: str) -> int:
    """Ask over a connection of its own, and return the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: {QUERY}\r\n"
        head += f"Connection: close\r\nContent-Length: {len(query)}\r\n\r\n"
        writer.write((head + query).encode())
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


async def _statuses(port: int, queries: list[str]) -> list[int]:
    return await asyncio.gather(*(_status(port, query) for query in queries))


def test_thousand_slow_queries_get_503_and_then_all_is_well(server: Served) -> None:
    raise_open_files()
    found = Counter(asyncio.run(_statuses(server.port, [ENDLESS] * 1000)))
    assert found == {503: 1000}
    assert server.ask("ASK {}").status_code == 200


def test_slow_queries_make_room_for_others(server: Served) -> None:
    queries = [ENDLESS] * 5 + ["SELECT * { ?s ?p ?o } LIMIT 10"] * 3
    found = asyncio.run(_statuses(server.port, queries))
    assert found[5:] == [200] * 3
    assert found[:5] == [503] * 5


def test_answer_is_whole_or_is_not_sent(server: Served) -> None:
    """With a result that takes long to write, the status is 503 or the JSON is complete."""
    for rows in (10_000, 300_000):
        answer = server.ask(f"{HUGE} LIMIT {rows}", headers={"Accept": JSON})
        if answer.status_code == 200:
            assert len(answer.json()["results"]["bindings"]) == rows
        else:
            assert answer.status_code == 503


def test_without_files_to_be_had_the_answer_is_503_and_then_all_is_well(served_file: Path) -> None:
    with serving("--store", served_file, files=64) as other:
        connections = [
            socket.create_connection(("127.0.0.1", other.port), timeout=PATIENCE) for _ in range(40)
        ]
        statuses = Counter(asked(connection) for connection in connections[:10])
        for connection in connections:
            connection.close()
        # The first may be asked before the server has taken all the others in.
        assert set(statuses) in ({503}, {200, 503})
        limit = time.monotonic() + PATIENCE
        while other.ask("ASK {}").status_code != 200 and time.monotonic() < limit:
            time.sleep(0.2)
        assert other.ask("ASK {}").status_code == 200
        assert other.said() < 20_000


def asked(connection: socket.socket) -> int:
    """Ask by a connection that is open, and return the status."""
    connection.sendall(b"GET /sparql?query=ASK%7B%7D" + HOST + b"\r\n")
    with connection.makefile("rb") as answer:
        return int(answer.readline().split()[1])


@pytest.mark.parametrize("piece", ["'''a ", '\\"', "<", "<'", "a.", "%", "{", "\\u0041", ":a.."])
def test_no_text_keeps_the_server_itself_busy(server: Served, piece: str) -> None:
    """Each of these took a minute where the server read it."""
    before = processor(server.process.pid)
    query = "SELECT * { ?s ?p " + piece * (60_000 // len(piece))
    assert server.ask(query).status_code in REFUSED
    assert server.get(params={"query": query[:10_000]}).status_code in REFUSED
    assert processor(server.process.pid) - before < PATIENCE / 6
