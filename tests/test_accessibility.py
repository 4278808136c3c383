"""No page has a serious barrier, or is wider than its window, in any main state and either width.

axe scans; what it calls serious or critical counts.

A finding that is Streamlit's own and cannot be fixed here would be let through by its rule and
its selector together, with the reason; there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browser import PAGES, WIDTHS, Explorer, fresh_page, scrolls_sideways, settled
from serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

_SERIOUS = ("serious", "critical")
_HEIGHT = 900
# Rules that find nothing serious do not run. Of what would be loaded for it anew, no other rule
# makes use: style sheets, sounds.
_SCAN = """() => axe.run({
  resultTypes: ["violations"],
  preload: false,
  rules: Object.fromEntries(axe._audit.rules
    .filter((rule) => ["minor", "moderate"].includes(rule.impact))
    .map((rule) => [rule.id, {enabled: false}])),
})"""
_PATIENT = {"tumour_count": "1", "max_tumour_diameter_cm": "2..3", "tumour_morphology": "diffuse"}
STATES: dict[str, list[dict[str, str]]] = {  # beside a page as it is opened first: each kind once
    "patient": [_PATIENT | {"open": "rfa", "other.tumour_count": "3"}],
    "therapies": [
        {"therapy": "tace_plus_rfa", "view": "graph"},
        {"therapy": "tace", "view": "statements"},
    ],
    "guideline": [{"view": "criteria"}, {"view": "coverage"}],
    "query": [{"question": "verdict-counts", "view": "Chart"}],
    "cohort": [{"cohort": "example", "view": view} for view in ("verdicts", "overlaps", "missing")],
}
TITLES = {  # of the tab: where one is
    ("start", ""): "Start · hcc-kg",
    ("patient", ""): "Patient · hcc-kg",
    ("therapies", "tace"): "transarterial chemoembolisation · Therapies · hcc-kg",
}
ALL = [(page, state) for page in PAGES for state in ({}, *STATES.get(page, ()))]


def findings(page: Page, script: str) -> list[str]:
    """Return what axe finds, one line an element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(script)
    found = page.evaluate(_SCAN)
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in _SERIOUS
        for node in violation["nodes"]
    ]


@pytest.fixture(scope="module")
def axe() -> str:
    """The program that scans."""
    base = pytest.importorskip("axe_playwright_python.base")
    return str(base.AXE_SCRIPT)


def everywhere(page: Page) -> Iterator[str]:
    """Show a page in each width and each theme, and tell which one it is."""
    for width, scheme in zip(WIDTHS, ("light", "dark"), strict=True):
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        page.emulate_media(color_scheme=scheme)
        settled(page)
        yield f"{width} {scheme}"


def scanned(page: Page, axe: str) -> dict[str, list[str]]:
    """Return the findings of a page: on a desk in light colours, on a telephone in dark ones."""
    found = {}
    for how in everywhere(page):
        told = findings(page, axe)
        if scrolls_sideways(page):
            told.append("the page is wider than its window")
        if told:
            found[how] = told
    return found


def test_every_state_is_of_a_page() -> None:
    assert set(STATES) <= set(PAGES)
    assert len(PAGES) > 5


@pytest.mark.parametrize(
    ("name", "state"), ALL, ids=lambda x: x if isinstance(x, str) else "-".join(x.values())
)
def test_page_has_no_serious_barrier_and_fits(
    explorer: Explorer, axe: str, name: str, state: dict[str, str]
) -> None:
    with explorer.opened(name, **state) as page:
        page.locator("h1, h2").first.wait_for()
        assert scanned(page, axe) == {}
        assert page.locator("[data-testid=stException]").count() == 0
        assert page.locator("h1").count() == 1
        page.wait_for_function(
            "title => document.title.endsWith(title)",
            arg=TITLES.get((name, state.get("therapy", "")), " · hcc-kg"),
        )


def test_start_page_of_the_endpoint_has_no_serious_barrier(
    chromium: BrowserContext, axe: str
) -> None:
    with serving() as served, fresh_page(chromium) as page:
        page.goto(served.address)
        page.click("#run")
        page.locator("#result th").first.wait_for()
        for how in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if how == "dark" else "light")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": _HEIGHT})
                assert findings(page, axe) == [], f"{width} {how}"


def test_scan_finds_a_barrier_where_there_is_one(chromium: BrowserContext, axe: str) -> None:
    with fresh_page(chromium) as page:
        page.set_content("<html lang=en><title>x</title><p style='color: #bbb'>pale</p></html>")
        assert any("color-contrast" in line for line in findings(page, axe))
