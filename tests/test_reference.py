"""What is written from the ontology for readers: the reference, and the templates."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.guideline import Guideline
from kg.reference.book import book
from kg.reference.cards import groups
from kg.reference.parts import TEMPLATES


@pytest.fixture(scope="module")
def page(guideline: Guideline) -> str:
    """The page of the reference."""
    return book(guideline)


def test_every_term_has_its_heading_and_is_in_the_contents(guideline: Guideline, page: str) -> None:
    contents, _, _ = page.partition("\n### ")
    terms = [
        *(guideline.criteria | guideline.definitions | groups(guideline)),
        *(guideline.therapies | guideline.mentioned),
        *(guideline.recommendations | guideline.responses | guideline.variables),
    ]
    assert len(terms) > 150
    for term in terms:
        assert page.count(f"\n### {term}\n") == 1
        assert f"[{term}](#{term.lower()})" in contents


def test_every_link_of_the_reference_leads_to_a_place(page: str) -> None:
    links = set(re.findall(r"\]\(#(.+?)\)", page))
    titles = re.findall(r"^##+ (.+)$", page, re.M)
    places = {re.sub(r"[^\w-]", "", t.lower().replace(" ", "-")) for t in titles}
    places |= set(re.findall(r'<a id="(.+?)">', page))
    assert len(links) > 300
    assert links <= places


def test_terms_show_formula_places_reading_and_both_syntaxes(page: str) -> None:
    entry = page.partition("\n### ABL-R4\n")[2].partition("\n### ")[0]
    assert "Met when: distance from the main hepatic ducts below 5 mm" in entry
    assert "`hepatic_duct_distance_mm some xsd:decimal[< 5.0]`" in entry
    assert "[S085](#s085) (A.3(3), characters 7434–7550)" in entry
    assert "Reading: The text says" in entry


def test_rules_that_derive_and_conflict_are_told_in_words(page: str) -> None:
    rules = page.partition("\n## Derivations and conflicts\n")[2]
    assert "7 to 9 points: Child-Pugh class: B." in rules
    assert "international normalised ratio 1.7 to 2.3: 2 points." in rules
    assert "gross tumour type: nodular and largest tumour diameter above 10 cm" in rules


def test_filled_templates_are_classified(run: Callable[..., object], tmp_path: Path) -> None:
    for kind, cells in (("patients", "ann"), ("lesions", "ann,s3,2.4")):
        run("template", kind, "--output", f"{kind}.csv")
        file = tmp_path / f"{kind}.csv"
        head = file.read_text("utf-8")
        filled = cells + "," * (head.count(",") - cells.count(","))
        file.write_text(f"{head}{filled}\n", "utf-8")
    status, out, err = run(  # type: ignore[misc]
        *("classify", "patients.csv", "--lesions", "lesions.csv"),
        *("--therapy", "rfa", "--format", "csv"),
    )
    assert status == 0, err
    assert "ann,rfa,undetermined" in out


def test_columns_describe_every_variable_that_the_edition_uses_with_its_cell(
    guideline: Guideline,
) -> None:
    rows = list(csv.DictReader(io.StringIO(TEMPLATES["columns"](guideline))))
    described = [row["column"] for row in rows if row["table"] == "patients"]
    used = {"patient_id", *guideline.used}
    assert described == [name for name in guideline.variables if name in used]
    assert all(row["cell"] and row["definition"] for row in rows)
