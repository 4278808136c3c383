"""Search over everything: words in any order, their beginnings, other words for the same."""

from __future__ import annotations

import pytest
from explorer import app, place, texts

from kg.guideline import Guideline
from kg.reference.search import highlights, search


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("RFA", "rfa"),
        ("rfa", "rfa"),
        ("HIFU", "hifu"),
        ("ABL-C2a", "ABL-C2a"),
        ("hemorrhage variceal month", "ABL-C5"),
        ("tumor size", "max_tumour_diameter_cm"),
        ("PVTT", "portal_vein_thrombus"),
        ("embolization", "tae"),
        ("surface visc", "ABL-C3"),
        ("plts", "platelets_10e9_l"),
        ("clotting", "ABL-C6"),  # coagulopathy
        ("spleen", "HAI-C8a"),
        ("RFA contraindications", "S063"),  # a plural
    ],
)
def test_the_term_that_is_meant_comes_first(guideline: Guideline, text: str, first: str) -> None:
    assert search(guideline, text).hits[0].id == first


def test_an_abbreviation_is_not_found_within_a_word(guideline: Guideline) -> None:
    found = search(guideline, "RFA").hits
    assert not any("surface" in hit.label for hit in found)
    assert any(hit.sort == "statement" for hit in found), "statements by what they are about"


def test_all_words_have_to_be_there(guideline: Guideline) -> None:
    some = {hit.id for hit in search(guideline, "portal vein").hits}
    assert {hit.id for hit in search(guideline, "vein portal").hits} == some
    assert {hit.id for hit in search(guideline, "portal vein RFA").hits} < some


def test_codes_find_their_terms(guideline: Guideline) -> None:
    found = search(guideline, "C113691", {"child_pugh_class": "NCIt C113691"}).hits
    assert [hit.id for hit in found] == ["child_pugh_class"]


def test_a_slip_is_told_with_what_may_have_been_meant(guideline: Guideline) -> None:
    found = search(guideline, "radiofrequensy ablation")
    assert not found.hits
    assert "radiofrequency ablation" in found.instead
    assert search(guideline, " ,; ").hits == ()


def test_words_that_were_sought_are_marked(guideline: Guideline) -> None:
    pieces = highlights(guideline, "bleed tumor", "Tumour haemorrhage, no shunt")
    assert [text for text, marked in pieces if marked] == ["Tumour", "haemorrhage"]
    assert "".join(text for text, _ in pieces) == "Tumour haemorrhage, no shunt"


def test_the_page_opens_the_first_hit_and_links_hold_the_search() -> None:
    test = app("search", text="bleeding")
    assert not test.exception
    assert place(test) == {"text": ["bleeding"]}
    assert "variceal bleeding within one month" in test.subheader[0].value
    test.button(key="hit:criterion:ABL-C6").click().run()
    assert "coagulopathy" in test.subheader[0].value
    assert place(test)["hit"] == ["ABL-C6"]
    test.text_input(key="search:text").input("radiofrequensy").run()
    assert "Did you mean" in texts(test)
    assert not test.exception


def test_a_code_is_found_on_the_page() -> None:
    test = app("search", text="C113691")
    assert "Child\\-Pugh" in test.subheader[0].value


@pytest.mark.parametrize("hostile", ["<script>", "**b** [x](y)", "(((", "'; DROP", "\\"])
def test_a_hostile_search_is_text(hostile: str) -> None:
    test = app("search", text=hostile)
    assert not test.exception
