"""The ontology says what the contract says: its variables, criteria, therapies and statements.

The contract and the guideline's text are kept outside the repository (fixture `shared`).
"""

from __future__ import annotations

import csv
import hashlib
import re
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.checks.names import published
from kg.guideline import Criterion, Guideline, Recommendation, Response, Statement, Therapy
from kg.guideline.intervals import Interval
from kg.guideline.values import Variable
from kg.ontology import HCC

KINDS = {
    "indication": "indication",
    "precondition": "precondition",
    "absolute": "absolute_contraindication",
    "relative": "relative_contraindication",
}
# What the passages of statements leave of the text: numbers of items, and headings.
ITEM = re.compile(r"\(\d+\)|[①-⑩]")
HEADING = re.compile(r"(\([iB]\) [^.]+\.)? ?([1-7][.,] ?[^.]+\.)?|Contraindications:")


# Readings that the contract marks above a table, for some of its rows.
ROUTE = {"ABL-R2a", "ABL-R2b"}  # the percutaneous route
SECTION = {"cryoablation", "hifu", "tae", "tai"}  # criteria that the text states for others


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def variables(shared: Path) -> list[dict[str, str]]:
    spec = shared / "spec"
    return rows_of(spec / "variables.tsv") + rows_of(spec / "2026" / "variables.tsv")


@pytest.fixture(scope="module")
def statements(shared: Path) -> list[dict[str, str]]:
    return rows_of(shared / "guideline" / "statements.tsv")


@pytest.fixture(scope="module")
def text(shared: Path) -> str:
    return (shared / "guideline" / "text.txt").read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def tables(shared: Path) -> dict[str, list[str]]:
    """The rows of the tables of criteria.md, cells by the first cell."""
    lines = (shared / "spec" / "criteria.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line[1:-1].split(" | ")] for line in lines if "|" in line]
    return {row[0].strip("` "): row for row in cells if len(row) > 2}


def in_words(variable: Variable) -> str:
    """Return the range or the values of a variable in the words of variables.tsv."""
    if variable.is_number:
        return range_in_words(variable.range)
    return "|".join(variable.words) if variable.type == "enum" else ""


def range_in_words(interval: Interval) -> str:
    low, high = interval.low, interval.high
    assert low is not None
    if high is None:
        return f">={low.normalize():f}"
    if interval.low_open:
        return f">{low.normalize():f} to {high.normalize():f}"
    return f"{low.normalize():f}-{high.normalize():f}"


def test_variables_are_those_of_the_contract(
    guideline: Guideline, variables: list[dict[str, str]]
) -> None:
    assert list(guideline.variables) == [row["name"] for row in variables]


def test_types_roles_and_ranges_are_those_of_the_contract(
    guideline: Guideline, variables: list[dict[str, str]]
) -> None:
    said = {v.name: (v.type, v.role, in_words(v)) for v in guideline.variables.values()}
    due = {
        row["name"]: (row["type"], row["role"], row["unit_or_values"].rsplit(", ", 1)[-1])
        for row in variables
        if row["role"] != "key"
    }
    assert {name: said[name] for name in due} == due


def test_numbers_with_a_unit_in_the_contract_show_it(
    guideline: Guideline, variables: list[dict[str, str]]
) -> None:
    numbers = [row for row in variables if row["type"] == "decimal"]
    units = {row["name"]: row["unit_or_values"].rsplit(", ", 1)[0] for row in numbers}
    spoken = {"percent": "%", "ratio": "1", "years": "a", "months": "mo", "10^9/L": "10*9/L"}
    assert units
    due = {name: spoken.get(unit, unit) for name, unit in units.items()}
    assert {name: guideline.variables[name].unit for name in due} == due


def test_ranges_are_put_into_words() -> None:
    assert range_in_words(Interval(Decimal("0.0"), Decimal("40.0"), low_open=True)) == ">0 to 40"
    assert range_in_words(Interval(Decimal("0.5"), Decimal("20.0"))) == "0.5-20"


def test_published_identifiers_are_those_of_the_contract(
    guideline: Guideline, tables: dict[str, list[str]], variables: list[dict[str, str]]
) -> None:
    coded = {name for name in tables if re.fullmatch(r"[A-Z]{3}-[A-Z0-9]+[a-z]?", name)}
    folder = guideline.ontology.folder
    names = {**published(folder), **published(folder / guideline.edition)}
    assert coded == {*names["criteria"], *names["recommendations"], *names["responses"]}
    rows = {name for name, row in tables.items() if len(row) == 5 and re.fullmatch("[a-z_]+", name)}
    assert rows == set(names["therapies"])
    assert names["variables"] == tuple(row["name"] for row in variables)


def test_statements_are_those_of_the_inventory(
    guideline: Guideline, statements: list[dict[str, str]]
) -> None:
    due = [
        Statement(
            id=row["id"],
            section=row["section"],
            start=int(row["start"]),
            end=int(row["end"]),
            kind=row["kind"],
            decidable=row["decidable"] == "yes",
            therapies=tuple(filter(None, row["therapies"].split(","))),
            paraphrase=row["paraphrase"],
        )
        for row in statements
    ]
    assert len(due) == 231
    assert list(guideline.statements.values()) == due


def test_classes_name_the_statements_that_support_them(
    guideline: Guideline, statements: list[dict[str, str]]
) -> None:
    due: dict[str, list[str]] = {}
    for row in statements:
        for name in filter(None, row["criteria"].split(",")):
            due.setdefault(name, []).append(row["id"])
    due["PEI-R1"] = due["PEI-I2"]  # of the same passage; it is newer than the inventory
    classes: list[Criterion | Recommendation | Response] = [
        *guideline.criteria.values(),
        *guideline.recommendations.values(),
        *guideline.responses.values(),
    ]
    assert {item.id: list(item.statements) for item in classes} == due


def test_the_text_is_the_one_that_the_ontology_names(guideline: Guideline, text: str) -> None:
    node = ox.NamedNode(HCC + "GuidelineText")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert guideline.ontology.text(node, HCC + "sha256") == digest
    assert guideline.ontology.number(node, HCC + "characterCount") == len(text)


def test_passages_cover_the_text_but_for_headings_and_item_numbers(
    guideline: Guideline, text: str
) -> None:
    end, gaps = 0, []
    for statement in guideline.statements.values():
        gaps.append(text[end : statement.start])
        end = max(end, statement.end)
    left = [ITEM.sub("", gap).strip() for gap in [*gaps, text[end:]]]
    assert [gap for gap in left if not HEADING.fullmatch(gap)] == []


def test_places_and_kinds_are_those_of_the_contract(
    guideline: Guideline, tables: dict[str, list[str]]
) -> None:
    for criterion in guideline.criteria.values():
        _, kind, _, places = tables[criterion.id]
        assert criterion.kind == KINDS[kind.split(",")[0]], criterion.id
        assert [place for place in criterion.places if place not in places] == [], criterion.id


def test_the_readings_of_the_contract_and_no_others_are_editorial_notes(
    guideline: Guideline, tables: dict[str, list[str]]
) -> None:
    items: list[Criterion | Recommendation | Response | Therapy] = [
        *guideline.criteria.values(),
        *guideline.recommendations.values(),
        *guideline.responses.values(),
        *guideline.therapies.values(),
    ]
    read = {item.id for item in items if "[reading]" in " ".join(tables[item.id])}
    assert len(read) >= 30
    assert {item.id for item in items if item.note} == read | ROUTE | SECTION


def test_readings_of_shared_definitions_and_of_all_ablation_are_those_of_the_contract(
    guideline: Guideline, shared: Path
) -> None:
    spec = (shared / "spec" / "criteria.md").read_text(encoding="utf-8")
    defined = re.findall(r"^- `([A-Z-]+)` = (.*)$", spec, re.MULTILINE)
    read = {name for name, text in defined if "[reading]" in text}
    assert {item.id for item in guideline.definitions.values() if item.note} == read
    assert [t.id for t in guideline.mentioned.values() if t.note] == ["local_ablation"]
    assert [rule.id for rule in guideline.derivations if rule.note] == ["ChildPughDerivation"]


def test_rows_of_therapies_are_those_of_the_contract(
    guideline: Guideline, shared: Path, tables: dict[str, list[str]]
) -> None:
    spec = (shared / "spec" / "criteria.md").read_text(encoding="utf-8")
    groups = dict(re.findall(r"^`([A-Z]+-COMMON)` = (.*)\.$", spec, re.MULTILINE))
    assert len(groups) == 2

    def criteria(cell: str) -> set[str]:
        listed = re.sub(r"\(.*\)", "", cell)
        for group, members in groups.items():
            listed = listed.replace(group, members)
        return {name for name in re.split(r", ?", listed.strip()) if name != "none"}

    for therapy in guideline.therapies.values():
        parts = therapy.indications, therapy.preconditions, therapy.absolute, therapy.relative
        assert [set(part) for part in parts] == [criteria(c) for c in tables[therapy.id][1:]]


def test_recommendations_concern_the_therapies_of_the_contract(
    guideline: Guideline, tables: dict[str, list[str]]
) -> None:
    said = {r.id: set(r.concerns) for r in guideline.recommendations.values()}
    due = {name: set(filter(None, tables[name][5].split(", "))) for name in said}
    assert said == due
