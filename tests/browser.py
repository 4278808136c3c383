"""A real browser for tests: Debian's chromium, driven by Playwright, kept from the internet."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from kg.paths import pages_folder

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Error, Locator, Page, Request

PAGES = sorted(path.stem for path in pages_folder().glob("[a-z]*.py"))
CHROMIUM = shutil.which("chromium")
FIRST = "start"  # the page without a name in its address
WIDTHS = (1280, 400)  # a desk and a telephone
Scheme = Literal["light", "dark"]
_ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
_HEIGHT = 900
_PATIENCE = 60_000  # milliseconds; a busy machine is slow, not broken


@contextmanager
def launched(profile: Path) -> Iterator[BrowserContext]:
    """Run a chromium while the block runs; in its profile is what it loaded and compiled before.

    Most of what a page costs is Streamlit's own program, megabytes of it. A tab that goes on to
    the next page has that at hand.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--js-flags=--single-threaded", _ALONE],
        )
        context.set_default_timeout(_PATIENCE)
        try:
            yield context
        finally:
            context.close()


@contextmanager
def fresh_page(
    browser: BrowserContext, width: int = WIDTHS[0], scheme: Scheme = "light"
) -> Iterator[Page]:
    """Give an empty page, in the tab of the one before unless that failed.

    The test fails where a page had an error that nobody caught. Where one fails, what the page
    tells then, as a screen reader is told it, is printed.
    """
    errors: list[str] = []
    page = browser.pages[0] if browser.pages else browser.new_page()
    page.set_viewport_size({"width": width, "height": _HEIGHT})
    page.emulate_media(color_scheme=scheme, media="null", reduced_motion="reduce")

    def note(error: Error) -> None:
        errors.append(str(error))

    page.on("pageerror", note)
    left = False
    try:
        yield page
        page.goto("about:blank")
        left = True
    finally:
        if not left:
            print(page.url, page.locator("body").aria_snapshot())
        page.remove_listener("pageerror", note)
        for tab in browser.pages[int(left) :]:  # a tab in which a test failed goes too
            tab.close()
        browser.clear_cookies()
    assert errors == []


def scrolls_sideways(page: Page) -> bool:
    """Tell whether a page is wider than its window."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(wide))


@dataclass(frozen=True)
class Explorer:
    """A running explorer, and the browser in which it is looked at."""

    address: str
    browser: BrowserContext

    @contextmanager
    def opened(
        self,
        page: str = "patient",
        width: int = WIDTHS[0],
        *,
        scheme: Scheme = "light",
        **parameters: str,
    ) -> Iterator[Page]:
        """Open a page in a browser that remembers nothing of others.

        The test fails where it called anything outside.
        """
        outside: list[str] = []
        host = urlsplit(self.address).netloc

        def note(request: Request) -> None:
            called = urlsplit(request.url)
            if called.scheme in ("http", "https", "ws", "wss") and called.netloc != host:
                outside.append(request.url)

        with fresh_page(self.browser, width, scheme) as found:
            found.on("request", note)
            try:
                found.goto(urljoin(self.address, "_stcore/health"))  # no page that writes meanwhile
                found.evaluate("sessionStorage.clear(), localStorage.clear()")
                found.goto(self.at(page, **parameters))
                ready(found)
                yield found
            finally:
                found.remove_listener("request", note)
        assert outside == [], "nothing but the explorer itself may be called"

    def at(self, page: str = "", **parameters: str) -> str:
        """Return the address of a page."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return urljoin(self.address, "" if page == FIRST else page) + query


def ready(page: Page) -> None:
    """Wait until a page has been shown whole: its run ended, and each part of it is drawn.

    Kinds of parts are loaded as they are first needed, and come in any order: until then the
    first of a kind that is found may be another than the first of the page.
    """
    whole = "[data-test-script-state=notRunning]:not(:has([data-testid=stSkeleton]))"
    page.locator(f"[data-testid=stApp]{whole}").wait_for()


def middle(element: Locator) -> tuple[float, float]:
    """Return the middle of what is on a page."""
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds that a locator cannot say."""
    end = time.monotonic() + _PATIENCE / 1000
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        page.wait_for_timeout(50)


def settled(page: Page) -> None:
    """Wait until a page has been shown whole and nothing in it moves any more.

    Pictures and tables are drawn after the words; no frame of the page changes its shape for a
    tenth of a second when they are there.
    """
    ready(page)
    page.wait_for_function(_AT_REST, polling=100)


_AT_REST = """() => {
  const now = JSON.stringify([...document.querySelectorAll("canvas, svg, [data-testid]")].map(
    (e) => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }));
  const same = now === window.hccBefore;
  window.hccBefore = now;
  const moves = document.getAnimations().some((a) =>
    a.playState === "running" && a.effect.getComputedTiming().endTime < 10000);
  return same && !moves && document.fonts.status === "loaded";
}"""
