"""A real browser for tests: Debian's chromium, driven by Playwright, kept from the internet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
WIDTHS = (1280, 400)  # a desk and a telephone
_ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
_HEIGHT = 900
_PATIENCE = 30_000  # milliseconds


@contextmanager
def chromium_page(width: int = WIDTHS[0], height: int = _HEIGHT) -> Iterator[Page]:
    """Give an empty page; the test fails where a page had an error that nobody caught."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    errors: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", _ALONE]
        )
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(_PATIENCE)
            page.on("pageerror", lambda error: errors.append(str(error)))
            yield page
        finally:
            browser.close()
    assert errors == []


def scrolls_sideways(page: Page) -> bool:
    """Tell whether a page is wider than its window."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(wide))
