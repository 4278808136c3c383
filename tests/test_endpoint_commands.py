"""`hcc-kg graph load` and `hcc-kg query` with --endpoint, against real servers over HTTP."""

from __future__ import annotations

import csv
import io
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Ran
from serving import Served, serving
from virtuoso import Virtuoso

from kg.guideline import Guideline
from kg.rdf.build import example_quads
from kg.stores import open_store

Run = Callable[..., Ran]
QUESTIONS = (
    ("therapies",),
    ("verdict-counts",),
    ("what-is-missing", "--param", "patient=referral-letter-only"),
)
SECRET = "not-to-be-seen"  # noqa: S105 - a secret of the tests
STATEMENTS = "https://w3id.org/hcc-kg/graph/statements/2011"


@pytest.fixture(scope="module")
def example(guideline: Guideline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built example graph, as N-Quads."""
    path = tmp_path_factory.mktemp("example") / "example.nq"
    path.write_bytes(example_quads(guideline))
    return path


@pytest.fixture(scope="module")
def store(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same graph, as a store on this machine."""
    folder = tmp_path_factory.mktemp("example") / "store"
    opened = open_store(folder)
    opened.load(example)
    opened.close()
    return folder


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Our own server, with a token."""
    with serving("--token", SECRET) as found:
        yield found


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.stores.http._PAUSE", 0.01)
    for name in ("USER", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"HCC_KG_{name}", raising=False)


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch, virtuoso: Virtuoso) -> Virtuoso:
    """A server that the environment has user and password for."""
    monkeypatch.setenv("HCC_KG_USER", virtuoso.user)
    monkeypatch.setenv("HCC_KG_PASSWORD", virtuoso.password)
    return virtuoso


def upload(run: Run, server: Virtuoso, file: Path, *more: str) -> Ran:
    """Run `graph load` to a server."""
    where = ("--endpoint", server.endpoint, "--graph-store", server.graph_store)
    return run("graph", "load", file, *where, *more)


def rows(ran: Ran) -> list[list[str]]:
    """Return the rows of a CSV, sorted, as servers may order equal texts in their own way."""
    assert ran.status == 0, ran.err
    return sorted(csv.reader(io.StringIO(ran.out)))


def counted(run: Run, server: Virtuoso, graph: str) -> int:
    """Return how many triples a server holds in a graph."""
    Path("count.rq").write_text(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
    ran = run("query", "--file", "count.rq", "--endpoint", server.endpoint, "--format", "csv")
    return int(rows(ran)[0][0])


def test_loaded_graph_answers_questions_as_the_example_does(
    run: Run, allowed: Virtuoso, example: Path, store: Path
) -> None:
    ran = upload(run, allowed, example)
    assert ran.status == 0, ran.err
    assert f"is in {allowed.endpoint}" in ran.err
    for question in QUESTIONS:
        there = run("query", *question, "--endpoint", allowed.endpoint, "--format", "csv")
        here = run("query", *question, "--store", store, "--format", "csv")
        assert rows(there) == rows(here)
        assert len(rows(here)) > 1


def test_load_repairs_what_an_upload_that_broke_off_has_left(
    run: Run, allowed: Virtuoso, example: Path, tmp_path: Path
) -> None:
    assert upload(run, allowed, example).status == 0
    whole = counted(run, allowed, STATEMENTS)
    (tmp_path / "part.ttl").write_text("<http://x/a> <http://x/p> 1 .")
    assert upload(run, allowed, tmp_path / "part.ttl", "--graph", "statements/2011").status == 0
    assert counted(run, allowed, STATEMENTS) == 1
    assert upload(run, allowed, example).status == 0
    assert counted(run, allowed, STATEMENTS) == whole


def test_wrong_password_is_told_and_not_shown(
    run: Run, virtuoso: Virtuoso, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HCC_KG_USER", "dba")
    monkeypatch.setenv("HCC_KG_PASSWORD", SECRET)
    ran = upload(run, virtuoso, example)
    assert (ran.status, ran.out) == (2, "")
    assert "answered 401" in ran.err
    assert "is not accepted" in ran.err
    assert SECRET not in ran.err


def test_missing_credentials_are_told(run: Run, virtuoso: Virtuoso, example: Path) -> None:
    ran = upload(run, virtuoso, example)
    assert ran.status == 2
    assert "set HCC_KG_USER and HCC_KG_PASSWORD" in ran.err


def test_servers_own_words_are_told(run: Run, virtuoso: Virtuoso, tmp_path: Path) -> None:
    (tmp_path / "bad.rq").write_text("SELECT * {\n ?s ?p FOO }")
    ran = run("query", "--file", "bad.rq", "--endpoint", virtuoso.endpoint)
    assert (ran.status, ran.out) == (2, "")
    assert "line 2, column 8" in ran.err
    assert "Virtuoso 37000 Error" in ran.err


@pytest.mark.parametrize(
    "arguments", [("graph", "load", "x.ttl", "--graph", "mine"), ("query", "therapies")]
)
def test_server_that_is_not_there_is_told(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "x.ttl").write_text("<http://x/a> <http://x/p> 1 .")
    ran = run(*arguments, "--endpoint", "http://127.0.0.1:9/sparql")
    assert (ran.status, ran.out) == (3, "")
    assert "cannot be reached (4 tries)" in ran.err


def test_server_that_is_slow_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ask.rq").write_text("ASK {}")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = ("--endpoint", f"http://127.0.0.1:{silent.getsockname()[1]}/sparql")
        ran = run("query", "--file", "ask.rq", *where, "--timeout", "0.2")
    assert ran.status == 3
    assert "has not answered for 0.2 seconds" in ran.err


def test_our_own_server_is_asked_with_a_token(
    run: Run, served: Served, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--endpoint", served.address + "sparql")
    monkeypatch.setenv("HCC_KG_TOKEN", SECRET)
    for question in QUESTIONS:
        there = run("query", *question, *where, "--format", "csv")
        here = run("query", *question, "--store", store, "--format", "csv")
        assert rows(there) == rows(here)
    monkeypatch.setenv("HCC_KG_TOKEN", "wrong")
    ran = run("query", "therapies", *where)
    assert (ran.status, ran.out) == (2, "")
    assert "answered 401: a token is needed" in ran.err


def test_our_own_server_takes_no_upload(
    run: Run, served: Served, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HCC_KG_TOKEN", SECRET)
    ran = run("graph", "load", example, "--endpoint", served.address + "sparql")
    assert ran.status == 2
    assert "answered 403: this endpoint is read-only: uploads are refused" in ran.err
