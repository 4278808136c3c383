"""The front page: what this is, which guideline, three doors; and what stands above every page."""

from __future__ import annotations

from urllib.parse import parse_qs

from explorer import app, texts
from streamlit.testing.v1 import AppTest

from kg.guideline import Guideline
from kg.paths import explorer_script


def test_it_names_the_guideline_its_year_and_what_it_is_for(guideline: Guideline) -> None:
    test = app("start")
    assert not test.exception
    said = texts(test).replace("\\", "")
    for told in ("research and teaching", guideline.source.title, guideline.source.year):
        assert told in said
    assert test.button_group(key="shell:edition").value == guideline.edition
    assert "hcc-kg" in test.title[0].value


def test_each_door_has_an_example_that_opens() -> None:
    test = app("start")
    links = [each.proto for each in test.get("page_link") if "Example" in each.proto.label]
    assert len(links) == 3
    for link in links:
        page = next(p for p in ("patient", "therapies", "cohort") if _is_of(link, p))
        opened = app(page, **parse_qs(link.query_string))
        assert not opened.exception
        assert not opened.warning


def _is_of(link: object, page: str) -> bool:
    parameters = str(link.query_string)  # type: ignore[attr-defined]
    first = {"patient": "patient_id=", "therapies": "therapy=", "cohort": "cohort="}
    return parameters.startswith(first[page])


def test_a_record_in_the_first_address_opens_the_page_patient() -> None:
    test = AppTest.from_file(str(explorer_script()), default_timeout=60)
    test.query_params["tumour_count"] = "2"
    test.run()
    assert not test.exception
    assert test.title[0].value == "Patient"
    assert test.text_input(key="cell:tumour_count").value == "2"
