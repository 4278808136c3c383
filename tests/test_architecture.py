"""The map of the code, docs/architecture.md, is true: its rooms, its journeys, its names."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import test_house

from kg.engines.registry import LOCAL

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
TEXT = PAGE.read_text("utf-8")
NAME = re.compile(r"`(kg(?:\.\w+)*)[`(]")
JOURNEYS = re.findall(r"^\*\*(.+?)\*\* (.+)$", TEXT, re.M)


@cache
def house() -> test_house.Imports:
    """Return what each module imports; an engine is loaded by its name."""
    found = test_house.imports(test_house.sources())
    registry = found["kg.engines.registry"] | {f"kg.engines.{name}" for name in LOCAL}
    return {**found, "kg.engines.registry": registry}


def module_of(name: str) -> str:
    """Return the module that a name is, or is in; it has to be there."""
    if any(module == name or module.startswith(f"{name}.") for module in house()):
        return name
    home, _, attribute = name.rpartition(".")
    assert hasattr(import_module(home), attribute), name
    return home


def reached(door: str) -> set[str]:
    """Return the modules that one module imports, by however many steps."""
    found, new = set[str](), {door}
    while new:
        found |= new
        new = {name for module in new for name in house().get(module, ())} - found
    return found


def test_map_is_short() -> None:
    assert TEXT.count("\n") <= 100


def test_rooms_are_those_of_the_house_in_their_order() -> None:
    section = TEXT.partition("## Rooms")[2].partition("##")[0]
    rows = [NAME.findall(line.split("|")[1]) for line in section.splitlines() if "| `kg" in line]
    assert rows == [[r for r in line if r != "app"] for line in test_house.ROOMS]


def test_names_are_there() -> None:
    found = set(NAME.findall(TEXT))
    assert len(found) > 60
    assert all(module_of(name) for name in found)


def test_there_are_six_journeys() -> None:
    assert len(JOURNEYS) == 6


@pytest.mark.parametrize(("title", "way"), JOURNEYS, ids=[title for title, _ in JOURNEYS])
def test_journey_goes_where_its_door_leads(title: str, way: str) -> None:
    door, *steps = [module_of(name) for name in NAME.findall(way)]
    assert len(steps) >= 5
    assert set(steps) <= reached(door), title
