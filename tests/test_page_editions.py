"""Every page in every edition of the guideline, and the switch between them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from explorer import app, place, texts
from streamlit.testing.v1 import AppTest

from kg.guideline import load
from kg.paths import edition_names, ontology_folder

EDITIONS = edition_names(ontology_folder())
VIEWS: list[tuple[str, dict[str, Any]]] = [
    ("start", {}),
    ("patient", {"tumour_count": "1", "max_tumour_diameter_cm": "2.4", "open": "tace"}),
    ("therapies", {}),
    ("therapies", {"therapy": "tace", "view": "statements"}),
    ("therapies", {"therapy": "tace", "view": "graph"}),
    ("therapies", {"therapy": "tace", "view": "recommendations"}),
    ("therapies", {"therapy": "tace", "view": "codes"}),
    ("therapies", {"therapy": "rfa", "view": "editions"}),
    ("guideline", {"view": "reading"}),
    ("guideline", {}),
    ("guideline", {"view": "criteria"}),
    ("guideline", {"view": "coverage"}),
    ("search", {"text": "tace"}),
    ("query", {"question": "verdict-counts"}),
    ("cohort", {"cohort": "example"}),
    ("cohort", {"cohort": "example", "view": "overlaps"}),
    ("compare", {"view": "cohort"}),
    ("about", {}),
]


def switch(test: AppTest, edition: str) -> AppTest:
    test.button_group(key="shell:edition").set_value(edition).run()
    return test


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("page", "parameters"), VIEWS)
def test_every_view_of_every_edition(edition: str, page: str, parameters: dict[str, Any]) -> None:
    test = app(page, **parameters, edition=edition)
    assert not test.exception
    assert not [each.value for each in (*test.error, *test.warning) if "not part" in each.value]
    assert test.button_group(key="shell:edition").value == edition


def test_a_patient_stays_and_is_judged_by_the_other_edition() -> None:
    test = app("patient", tumour_count="1", open="rfa")
    switch(test, "2026")
    assert not test.exception
    assert place(test)["edition"] == ["2026"]
    assert place(test)["tumour_count"] == ["1"]
    labels = " ".join(each.label for each in test.expander).replace("\\", "")
    for therapy in load(edition="2026").therapies.values():
        assert therapy.label in labels
    switch(test, "2011")
    assert place(test)["edition"] == ["2011"]


def test_the_form_has_the_variables_of_the_edition() -> None:
    only = load(edition="2026").used - load(edition="2011").used
    assert only
    for edition in EDITIONS:
        test = app("patient", edition=edition)
        found: set[str] = set()
        for group in ("key", *load(edition=edition).groups):
            test.button_group(key="patient:group").set_value(group).run()
            found |= {str(w.key) for w in (*test.text_input, *test.button_group)}
        assert ({f"cell:{name}" for name in only} <= found) == (edition == "2026")


def test_the_example_cohort_is_judged_anew() -> None:
    test = app("cohort", cohort="example", therapy="rfa", view="why-not")
    switch(test, "2026")
    assert not test.exception
    assert test.session_state["cohort"].guideline.edition == "2026"
    assert (place(test)["view"], place(test)["therapy"]) == (["why-not"], ["rfa"])


@pytest.mark.parametrize(
    ("page", "there"),
    [
        ("search", {"text": "sorafenib"}),
        ("therapies", {"therapy": "mwa", "view": "graph"}),
        ("compare", {"view": "cohort"}),
    ],
)
def test_where_one_is_stays_in_the_other_edition(page: str, there: dict[str, str]) -> None:
    test = switch(app(page, **there), "2026")
    assert not test.exception
    assert place(test) == {name: [value] for name, value in (there | {"edition": "2026"}).items()}


def test_what_the_other_edition_has_not_is_told() -> None:
    test = switch(app("term", id="ABL-C5"), "2026")
    assert "Not in this edition: ABL" in texts(test)
    assert place(test) == {"edition": ["2026"]}


def test_what_is_typed_as_the_edition_is_switched_is_heard_too() -> None:
    test = app("search")
    test.text_input(key="search:text").set_value("sorafenib")
    assert not switch(test, "2026").exception
    assert place(test)["text"] == ["sorafenib"]


@pytest.fixture(scope="module")
def with_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the ontology's folder with one edition more, which is read once."""
    folder = Path(shutil.copytree(ontology_folder(), tmp_path_factory.mktemp("mini") / "ontology"))
    (folder / "mini").mkdir()
    shutil.copy(Path(__file__).parent / "data" / "mini-edition.ttl", folder / "mini/edition.ttl")
    return folder


@pytest.mark.parametrize(
    ("page", "parameters"),
    [
        ("start", {}),
        ("patient", {"tumour_count": "1", "open": "rfa"}),
        ("therapies", {"therapy": "rfa"}),
        ("guideline", {"view": "criteria"}),
        ("cohort", {"cohort": "example"}),
        ("compare", {"view": "guideline", "to": "mini"}),
        ("compare", {"view": "cohort", "to": "mini"}),
        ("compare", {"view": "patient", "to": "mini", "record.tumour_count": "1"}),
    ],
)
def test_a_made_up_edition_has_every_page(
    with_mini: Path, monkeypatch: pytest.MonkeyPatch, page: str, parameters: dict[str, Any]
) -> None:
    for module in ("kg.ui.shell", "kg.guideline"):
        monkeypatch.setattr(f"{module}.ontology_folder", lambda: with_mini)
    test = app(page, **parameters, edition="mini")
    assert not test.exception
    assert not test.error
    assert not [each.value for each in test.warning if "not read" in each.value]
    assert test.button_group(key="shell:edition").value == "mini"


def test_an_edition_that_is_not_there_is_told() -> None:
    test = app("patient", edition="1899", tumour_count="1")
    assert not test.exception
    assert "There is no edition" in texts(test)
    assert test.text_input(key="cell:tumour_count").value == "1"


def test_the_contraindications_of_a_therapy_stand_side_by_side() -> None:
    test = app("therapies", therapy="rfa", view="editions")
    assert [each.value for each in test.subheader][1:] == [
        "2011, China",
        "2026, China",
    ]
    said = texts(test)
    for edition in EDITIONS:
        guideline = load(edition=edition)
        for name in guideline.therapies["rfa"].absolute:
            assert f":small[{name.replace('-', chr(92) + '-')}]" in said


def test_the_guideline_is_read_in_its_order() -> None:
    test = app("guideline", view="reading", chapter="B.4")
    assert not test.exception
    text = "".join(each.proto.body for each in test.get("html"))
    statements = [s for s in load().statements.values() if s.section.partition("(")[0] == "B.4"]
    assert statements
    places = [text.index(f"{each.id} [") for each in sorted(statements, key=lambda s: s.start)]
    assert places == sorted(places)
