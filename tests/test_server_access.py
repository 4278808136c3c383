"""Who is let in: tokens, addresses that others reach, pages of other origins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import Served, serving

from kg.server.access import is_loopback

TOKEN = "a-token-for-tests"  # noqa: S105


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to serve."""
    path = tmp_path_factory.mktemp("served") / "data.ttl"
    path.write_text("<http://x/a> <http://x/p> 1 .", "utf-8")
    return path


@pytest.fixture(scope="module")
def guarded(data: Path) -> Iterator[Served]:
    """A server that wants a token."""
    with serving("--store", data, "--token", TOKEN) as found:
        yield found


@pytest.fixture(scope="module")
def private(data: Path) -> Iterator[Served]:
    """A server of a store that was named, without a token."""
    with serving("--store", data) as found:
        yield found


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/sparql", "/queries", "/nowhere"])
@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_wrong_token_gets_401(guarded: Served, path: str, given: str) -> None:
    answer = guarded.get(path, headers={"Authorization": given} if given else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_right_token_is_let_in(guarded: Served) -> None:
    answer = guarded.ask("ASK {}", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/health", "/page.js"])
def test_what_shows_no_data_needs_no_token(guarded: Served, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_browser_asks_leave_without_the_token(guarded: Served) -> None:
    assert guarded.request("OPTIONS", "/sparql").status_code == 204


def test_named_store_is_not_for_pages_of_other_origins(private: Served) -> None:
    answer = private.ask("ASK {}", headers={"Origin": "http://elsewhere"})
    assert "access-control-allow-origin" not in answer.headers


FOREIGN = [
    {"Origin": "http://elsewhere"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/sparql", "/queries"])
def test_page_of_another_origin_may_not_even_ask(
    private: Served, path: str, headers: dict[str, str]
) -> None:
    assert private.get(path, headers=headers).status_code == 403
    assert private.get("/health", headers=headers).status_code == 200


def test_own_page_may_ask(private: Served) -> None:
    own = {"Origin": private.address.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert private.ask("ASK {}", headers=own).status_code == 200
    assert private.ask("ASK {}", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_example_may_be_asked_by_any_page() -> None:
    with serving() as server:
        for headers in FOREIGN:
            assert server.ask("ASK {}", headers=headers).status_code == 200


def test_named_store_goes_by_no_other_name(private: Served) -> None:
    assert private.ask("ASK {}", headers={"Host": "elsewhere.example:80"}).status_code == 421
    assert private.ask("ASK {}", headers={"Host": "localhost:80"}).status_code == 200
    assert private.ask("ASK {}", headers={"Host": "LOCALHOST:80"}).status_code == 200


def test_other_name_is_refused_whatever_is_asked(private: Served) -> None:
    answer = private.request("OPTIONS", "/sparql", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 421


def test_store_is_served_at_the_loopback_address_that_was_given(data: Path) -> None:
    with serving("--store", data, "--host", "127.0.0.2") as server:
        assert server.ask("ASK {}").status_code == 200
        assert server.ask("ASK {}", headers={"Host": "elsewhere.example"}).status_code == 421


def test_one_origin_can_be_allowed(data: Path) -> None:
    with serving("--store", data, "--allow-origin", "http://here") as server:
        for origin, allowed in (("http://here", "http://here"), ("http://there", None)):
            answer = server.ask("ASK {}", headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_address_that_others_reach_needs_a_token(run: Callable[..., object], host: str) -> None:
    found = run("serve", "--host", host)
    assert found.status == 2  # type: ignore[attr-defined]
    assert "--token" in found.err  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("127.1.2.3", True),
        ("0.0.0.0", False),  # noqa: S104
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_store_that_is_not_there_is_told(run: Callable[..., object]) -> None:
    found = run("serve", "--port", "0", "--store", "nowhere")
    assert found.status == 2  # type: ignore[attr-defined]
    assert "nowhere" in found.err  # type: ignore[attr-defined]


def test_store_that_cannot_be_read_is_told(run: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("this is no Turtle", "utf-8")
    found = run("serve", "--port", "0", "--store", "bad.ttl")
    assert found.status == 2  # type: ignore[attr-defined]
    assert "bad.ttl" in found.err  # type: ignore[attr-defined]
