"""The page on dependencies names those of pyproject.toml, no more and no fewer; notices ship."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kg import errors

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PAGE = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
ROW = re.compile(r"^\| \[([\w.-]+)\]\(https://\S+\) \|(.+)\|$", re.M)
EXTRAS = PROJECT["project"]["optional-dependencies"]
PARTS = {"core": PROJECT["project"]["dependencies"], **EXTRAS}
del PARTS["all"]  # it is made of others
REQUIREMENTS = {
    part: {r.name: r for r in map(Requirement, texts) if r.name != "hcc-kg"}
    for part, texts in PARTS.items()
}


def rows(part: str) -> dict[str, list[str]]:
    """Return the cells of the table of a part of the page, by package."""
    start = "## Core" if part == "core" else f"pip install '.[{part}]'`: "
    text = PAGE.partition(start)[2]
    table = text[text.index("\n| [") :].partition("\n\n")[0]
    return {name: [c.strip() for c in cells.split("|")] for name, cells in ROW.findall(table)}


@pytest.mark.parametrize("part", list(PARTS))
def test_every_dependency_has_its_line_and_every_line_its_dependency(part: str) -> None:
    assert list(rows(part)) == list(REQUIREMENTS[part])


@pytest.mark.parametrize("part", list(PARTS))
def test_every_line_says_what_for_licence_and_a_release_of_the_range(part: str) -> None:
    for name, (use, _, licence, release) in rows(part).items():
        assert use, name
        assert licence, name
        version, _, date = release.partition(", ")
        assert REQUIREMENTS[part][name].specifier.contains(version), name
        assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", date), name


@pytest.mark.parametrize("part", list(PARTS))
def test_every_dependency_is_bounded_on_both_sides(part: str) -> None:
    for requirement in REQUIREMENTS[part].values():
        signs = {specifier.operator for specifier in requirement.specifier}
        assert signs == {">=", "<"}, requirement.name


def test_notices_ship_with_the_wheel_and_name_what_is_bundled() -> None:
    notices = (ROOT / "docs" / "notices.md").read_text("utf-8")
    assert "docs/notices.md" in PROJECT["project"]["license-files"]
    licences = [path.name for path in (ROOT / "kg" / "ui" / "assets").glob("*.LICENSE.txt")]
    assert licences
    assert [name for name in licences if name not in notices] == []
    for name in ("HermiT", "OWL API", "Classpath exception"):
        assert name in notices


def test_errors_name_the_extra_of_every_library() -> None:
    for extra, libraries in errors.EXTRAS.items():
        imported = {"jpype1": "jpype", "sparqlwrapper": "SPARQLWrapper"}
        imported["vl-convert-python"] = "vl_convert"
        named = {imported.get(name, name) for name in REQUIREMENTS[extra]}
        assert set(libraries) <= named if extra == "dev" else set(libraries) == named
