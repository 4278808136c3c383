"""Pictures in the docs: there, small, told in words, and one of each page of the explorer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import PAGES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "screenshots"
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
SHOWN = [
    (page, alt, target)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for alt, target in PICTURE.findall(page.read_text("utf-8"))
]


@pytest.mark.parametrize(
    ("page", "alt", "target"), SHOWN, ids=lambda x: x.name if isinstance(x, Path) else ""
)
def test_picture_is_there_and_told_in_words(page: Path, alt: str, target: str) -> None:
    assert (page.parent / target).is_file()
    assert len(alt.split()) >= 5


def test_every_page_is_shown_and_no_picture_lies_about() -> None:
    shown = {(page.parent / target).resolve() for page, _, target in SHOWN}
    assert {FOLDER / f"{name}.png" for name in PAGES} <= shown
    assert set(FOLDER.glob("*")) <= shown


def test_pages_show_pictures() -> None:
    assert len(SHOWN) >= len(PAGES) > 0


def test_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.glob("*.png")]
    assert sizes
    assert max(sizes) < 200_000
