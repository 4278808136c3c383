"""The start page in a real browser: what a person sees and does there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browser import WIDTHS, fresh_page, scrolls_sideways
from serving import Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

DONE = re.compile(r"^\d+ rows? in ")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server of what is served by default."""
    with serving() as found:
        yield found


@pytest.fixture(params=WIDTHS)
def page(
    server: Served, chromium: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The start page, on a desk and on a telephone."""
    with fresh_page(chromium, request.param) as found:
        found.goto(server.address)
        yield found
        assert not scrolls_sideways(found)


def status(page: Page, expected: str | re.Pattern[str]) -> str:
    """Wait until the page says something, and return it."""
    found = page.locator("#status").filter(has_text=expected)
    found.wait_for()
    return found.inner_text()


def test_page_loads_and_runs_its_first_query(page: Page, server: Served) -> None:
    assert "SPARQL endpoint" in page.title()
    assert page.locator("#address").inner_text() == server.address + "sparql"
    page.click("#run")
    assert status(page, DONE)
    assert page.locator("#result th").all_inner_texts() == ["therapy", "verdict", "patients"]
    assert page.locator("#downloads").is_visible()


def test_saved_question_runs_and_can_be_edited(page: Page) -> None:
    page.locator("#saved option[value=therapies]").wait_for(state="attached")
    page.select_option("#saved", "therapies")
    assert page.locator("#question").inner_text().endswith("?")
    page.click("#run")
    assert int(status(page, DONE).split()[0]) == page.locator("#result tbody tr").count() > 1
    page.fill("#query", page.input_value("#query") + "\nLIMIT 1")
    page.press("#query", "Control+Enter")
    assert status(page, "1 row in ")
    assert page.locator("#result tbody tr").count() == 1


def test_graph_is_shown_as_text(page: Page) -> None:
    page.fill("#query", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5")
    page.click("#run")
    assert status(page, "A graph in ")
    assert page.locator("#result pre").inner_text().strip().endswith(".")


def test_error_tells_its_line_and_the_page_goes_on(page: Page) -> None:
    page.fill("#query", "SELECT * {\n ?s ?p FOO\n}")
    page.click("#run")
    assert re.search(r"line 2|at 2:", status(page, "400: "))
    assert page.locator("#result").inner_text() == ""
    page.fill("#query", "ASK { ?s ?p ?o }")
    page.click("#run")
    assert status(page, "An answer in ")
    assert page.locator("#result pre").inner_text() == "true"


def test_query_is_in_the_address_and_prefixes_are_added(page: Page, server: Served) -> None:
    page.fill("#query", "ASK { ?x a hcc:Patient }")
    page.click("#prefixes")
    assert page.input_value("#query").startswith("PREFIX hcc: <https://w3id.org/hcc-kg/>")
    page.click("#run")
    assert status(page, "An answer in ")
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    assert page.input_value("#query").endswith("ASK { ?x a hcc:Patient }")
