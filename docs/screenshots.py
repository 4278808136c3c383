"""Takes the pictures of the explorer in docs/screenshots/: `python docs/screenshots.py`.

Needs the extra `dev` and a chromium on the path. Each picture is a page in a telling state, made
from the example cohort; an address says which.
"""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from kg.benchmarks.running import served
from kg.guideline import load
from kg.paths import example_cohort, explorer_app
from kg.patients.drafts import draft_of, query_string

FOLDER = Path(__file__).parent / "screenshots"
_PATIENT, _OPENED = "small-tumour-not-visible", "rfa"
_WIDE, _TALL, _NARROW = (1280, 800), (1280, 1100), (400, 800)
_COLOURS = 128  # of a picture; they are flat, so that more are not seen


@dataclass(frozen=True)
class Picture:
    """What a picture shows, and how."""

    name: str
    address: str
    size: tuple[int, int] = _WIDE
    dark: bool = False


def pictures() -> list[Picture]:
    """Return every picture."""
    patient = f"patient?{_example()}&open={_OPENED}"
    chosen = {"cohort": "example", "view": "overlaps", "chosen": "tace,tae,tai"}
    asked = {"question": "why", "p.patient": _PATIENT, "p.therapy": _OPENED}
    return [
        Picture("start", ""),
        Picture("patient", patient),
        Picture("patient-dark", patient, dark=True),
        Picture("patient-narrow", patient, _NARROW),
        Picture("therapies", "therapies?therapy=rfa&view=graph&node=ABL-I3"),
        Picture("guideline", "guideline?statement=S011"),
        Picture("search", "search?text=bleeding"),
        Picture("term", "term?id=ABL-I2"),
        Picture("query", f"query?{urlencode(asked)}"),
        Picture("cohort", f"cohort?{urlencode(chosen)}"),
        Picture("compare", "compare?therapy=rfa", _TALL),
        Picture("about", "about"),
    ]


def _example() -> str:
    """Return the address of a patient of the example cohort."""
    rows = pl.read_csv(example_cohort(), infer_schema=False)
    (row,) = rows.filter(pl.col("patient_id") == _PATIENT).to_dicts()
    return query_string(draft_of(load(), row, []))


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with served(explorer_app()) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for picture in pictures():
            path = FOLDER / f"{picture.name}.png"
            path.write_bytes(taken(browser, address, picture))
            print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB")
        browser.close()


def taken(browser: Browser, address: str, picture: Picture) -> bytes:
    """Return a picture as a small PNG."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address + picture.address)
    _settle(page)
    shot = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    small = io.BytesIO()
    flat = shot.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    flat.save(small, "PNG", optimize=True)
    return small.getvalue()


def _settle(page: Page) -> None:
    """Wait until a page is whole and its charts and graphs are drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator("[data-testid=stSkeleton]").last.wait_for(state="detached")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2_000)


if __name__ == "__main__":
    main()
