"""Drafts of records: nothing typed is lost, and what is wrong counts as unknown."""

from __future__ import annotations

import pytest

from kg.guideline import Guideline
from kg.patients.drafts import (
    LESION,
    Draft,
    draft_at,
    draft_of,
    parameters_of,
    query_string,
    read_draft,
    rows_of,
    written,
)
from kg.patients.records import read_record

CELLS = {"tumour_count": "1", "child_pugh_class": "A|B", "inr": ">=1.7", "cachexia": "no"}
LESIONS = ({"lesion_id": "l;1", "diameter_cm": "2.4"}, {"lesion_id": "l:2", "diameter_cm": "<3"})


def test_a_draft_reads_as_the_row_of_a_table_does(guideline: Guideline) -> None:
    reading = read_draft(guideline, Draft("p", CELLS, LESIONS))
    assert reading.faults == {}
    assert reading.record == read_record(guideline, "p", CELLS, LESIONS)


def test_a_wrong_cell_is_told_and_the_others_stand(guideline: Guideline) -> None:
    reading = read_draft(guideline, Draft("p", CELLS | {"ecog": "9"}))
    assert list(reading.faults) == ["ecog"]
    assert "out of range" in reading.faults["ecog"]
    assert reading.record == read_record(guideline, "p", CELLS)


def test_a_wrong_lesion_sets_the_whole_list_aside(guideline: Guideline) -> None:
    reading = read_draft(guideline, Draft("p", {}, (*LESIONS, {"diameter_cm": "big"})))
    assert "diameter_cm" in reading.faults[LESION]
    assert reading.record == read_record(guideline, "p", {})


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("at least 3", ">=3"),
        ("at least 3,4", ">=3.4"),
        ("2,4 mg/dL", "2.4 mg/dL"),
        ("0,125", "0.125"),
        ("1,200", "1,200"),  # a decimal comma, or thousands
        ("At most 2.5", "<=2.5"),
        ("more than 1", ">1"),
        ("below 4", "<4"),
        ("1 to 2", "1..2"),
        ("between 1 and 2.5", "1..2.5"),
        ("1 - 2", "1..2"),
        (" 2.4 ", "2.4"),
        (">= 3", ">= 3"),
        ("1e-3", "1e-3"),
        ("-1", "-1"),
        ("about 3", "about 3"),
    ],
)
def test_bounds_may_be_said_in_words(typed: str, cell: str) -> None:
    assert written(typed) == cell


def test_an_empty_cell_leaves_the_draft(guideline: Guideline) -> None:
    assert Draft("p", CELLS).with_cell("inr", " ").cells.keys() == CELLS.keys() - {"inr"}


def test_an_address_holds_a_draft_whole(guideline: Guideline) -> None:
    draft = Draft("p/1 & <x>", CELLS, LESIONS)
    assert draft_at(guideline, parameters_of(draft)) == (draft, ())
    assert "lesion=lesion_id%3A" in query_string(draft)


def test_what_is_no_part_of_a_record_is_named(guideline: Guideline) -> None:
    draft, strangers = draft_at(
        guideline, {"tumor_count": ["1"], "ecog": ["1", "2"], LESION: ["diameter_cm:2;size:3"]}
    )
    assert draft == Draft("", {"ecog": "2"}, ({"diameter_cm": "2"},))
    assert strangers == ("tumor_count", "lesion: size")


def test_a_row_becomes_a_draft_of_what_it_says(guideline: Guideline) -> None:
    row = {"patient_id": "p", "ecog": "1", "inr": "", "age_years": None, "cachexia": "NA", "x": "1"}
    assert draft_of(guideline, row) == Draft("p", {"ecog": "1"})


def test_a_lesion_without_a_name_gets_one_that_no_other_has() -> None:
    draft = Draft(lesions=({"diameter_cm": "3"}, {"lesion_id": "1"}, {"lesion_id": "b"}, {}))
    assert [row["lesion_id"] for row in rows_of(draft, "p")[1]] == ["2", "1", "b", "3"]
