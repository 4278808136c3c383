"""The explorer as a browser sees it: first page, a changed field, a cohort, a saved question.

It needs Playwright and Chromium. It is compared with a page of Streamlit that does nothing but
repeat one field: what the page of a patient takes on top of that is ours.

1. A server is started, and a browser that has never seen it opens the page (cold).
2. A field gets one value after the other. The clock runs in the page itself, from the key that
   enters a value to the moment at which the line that sums the patient up has changed and the
   page has come to rest.
3. A table is uploaded to the page Cohort, and saved questions are chosen on the page Query; the
   clock runs from the click to the page at rest with the answer.
"""

from __future__ import annotations

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kg.benchmarks.cohort import write_cohort
from kg.benchmarks.figures import Figure, compared, figure
from kg.benchmarks.running import missing_extra, served
from kg.catalogue.queries import catalogue
from kg.guideline import load
from kg.paths import explorer_app

_BARE = """
import streamlit as st
text = st.text_input("largest tumour diameter (cm)")
st.markdown(f"One tumour, {text or 'unknown'} cm; nothing else")
"""
_FIELD = "largest tumour diameter (cm)"
_RECORD = (
    "patient?tumour_count=1&max_tumour_diameter_cm=2&child_pugh_class=A&distant_metastasis=none"
)
_AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
_CHANGES = 60
_ROWS = re.compile(r"\d rows?$")
_ANSWERED = """(value) => new Promise((resolve, reject) => {
  const start = performance.now();
  const done = () => {
    const rest = document.querySelector("[data-testid=stApp]").dataset.testScriptState;
    const line = [...document.querySelectorAll("p")].some(
      (e) => e.textContent.includes(`, ${value} cm`));
    if (line && rest === "notRunning") resolve(performance.now() - start);
    else if (performance.now() - start > 20000) reject(new Error("no answer"));
    else requestAnimationFrame(done);
  };
  const field = document.querySelector("input[aria-label='largest tumour diameter (cm)']");
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", code: "Enter", bubbles: true}));
  done();
})"""


def figures() -> Iterator[Figure]:
    """Yield the figures of the page of a patient, each compared with the bare page."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(_BARE, encoding="utf-8")
        theirs = measure("bare page", bare, "", _CHANGES)
        ours = measure("page of a patient", explorer_app(), _RECORD, _CHANGES)
        tables = list(_tables(Path(folder)))
    for other, own, target in zip(theirs, ours, (1.5, 150.0, 250.0), strict=True):
        yield other
        yield Figure(**(asdict(compared(own, other)) | {"target": target, "of_median": True}))
    yield from tables


def _tables(folder: Path) -> Iterator[Figure]:
    """Yield how long tables take to open, and saved questions to be answered."""
    with _browser(explorer_app()) as (address, page):
        page.goto(f"{address}cohort?cohort=example")  # reads the guideline
        page.get_by_text("with conflicts").wait_for()
        for size, target in ((165, 1.5), (100_000, 2.0)):
            path = folder / f"{size}.parquet"
            write_cohort(load(), path, size, seed=1)
            taken = [_opened(page, address, path) for _ in range(3)]
            yield figure(f"a table of {size:,} patients opened", "s", taken, target)
        page.goto(f"{address}query?question=why")
        page.get_by_text(_ROWS).filter(visible=True).first.wait_for()
        taken = [_asked(page, name) for name in ("verdict-counts", "recommendations", "criteria")]
        yield figure("a saved question answered", "s", taken, 0.5)


def _opened(page: Any, address: str, path: Path) -> float:
    page.goto(f"{address}cohort")
    place = page.get_by_label("Table of patients", exact=True)
    place.locator("input[type=file]").set_input_files(path)
    place.get_by_text(re.compile("[KM]B$")).wait_for()
    start = time.perf_counter()
    page.get_by_role("button", name="Classify").click()
    page.get_by_text("with conflicts").wait_for()
    page.locator(_AT_REST).wait_for()
    return time.perf_counter() - start


def _asked(page: Any, name: str) -> float:
    page.get_by_role("combobox", name="Saved question").fill(catalogue()[name].question)
    start = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**question={name}**")
    page.locator(_AT_REST).wait_for()
    return time.perf_counter() - start


@contextmanager
def _browser(script: Path) -> Iterator[tuple[str, Any]]:
    """Run a script as a server, and give its address and a fresh page of a browser."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here is it needed
    except ImportError as error:
        raise missing_extra("playwright") from error

    with served(script) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield address, browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def measure(name: str, script: Path, parameters: str, changes: int) -> list[Figure]:
    """Return the time to the first page, and the median and 95th percentile of answers."""
    with _browser(script) as (address, page):
        started = time.perf_counter()
        page.goto(address + parameters)
        page.locator("p", has_text="One tumour").first.wait_for()
        first = time.perf_counter() - started
        times = sorted(_changed(page, 2 + i / 10) for i in range(1, changes + 1))
    high = times[int(len(times) * 0.95)]
    return [
        figure(f"{name}: first page in a fresh browser, server just started", "s", [first]),
        figure(f"{name}: a changed field answered, p50", "ms", [statistics.median(times)]),
        figure(f"{name}: a changed field answered, p95", "ms", [high]),
    ]


def _changed(page: Any, value: float) -> float:
    """Return the milliseconds until a value of the field is answered."""
    page.get_by_role("textbox", name=_FIELD).fill(f"{value:g}")
    took: float = page.evaluate(_ANSWERED, f"{value:g}")
    page.wait_for_timeout(100)
    return took
