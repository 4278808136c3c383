"""A patient in one line: what is read, and what is not guessed."""

from __future__ import annotations

import pytest
from explorer import app, texts

from kg.guideline import Guideline
from kg.patients.cells import parse_cell
from kg.patients.drafts import Draft
from kg.patients.lines import read_line
from kg.ui.patient.line import EXAMPLE


def said(guideline: Guideline, text: str) -> dict[str, str]:
    return {each.variable: each.cell for each in read_line(guideline, text).understood}


def test_the_example_is_read_whole(guideline: Guideline) -> None:
    found = read_line(guideline, EXAMPLE)
    assert found.not_understood == ()
    assert found.sizes == ("3.4", "2.1")
    assert said(guideline, EXAMPLE) == {
        "age_years": "62",
        "near_gallbladder": "true",
        "portal_vein_thrombus": "vp0",
        "child_pugh_class": "B",
        "bilirubin_umol_l": "40.8",
        "albumin_g_l": "31",
        "inr": "1.5",
        "ascites": "mild",
        "encephalopathy": "none",
        "platelets_10e9_l": "55",
        "child_pugh_score": "8",
    }
    draft = found.draft(guideline, Draft("p1", {"ecog": "1"}))
    assert (draft.patient_id, draft.cells["ecog"]) == ("p1", "1")
    assert [lesion["diameter_cm"] for lesion in draft.lesions] == ["3.4", "2.1"]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("58-year-old, solitary tumour", {"age_years": "58", "tumour_count": "1"}),
        ("largest 35 mm", {"max_tumour_diameter_cm": "3.5"}),
        ("3.5 cm HCC", {"max_tumour_diameter_cm": "3.5"}),
        ("Vp3", {"portal_vein_thrombus": "vp3"}),
        ("PLT 80000/uL", {"platelets_10e9_l": "80"}),
        ("AFP > 400 ng/mL", {"afp_ng_ml": ">400"}),
        ("ECOG 1-2", {"ecog": "1..2"}),
        ("HE grade 2", {"encephalopathy": "grade_1_2"}),
        ("ascites", {"ascites": "mild|moderate_severe"}),
        ("no HE or ascites", {"encephalopathy": "none", "ascites": "none"}),
        ("near gallbladder: no", {"near_gallbladder": "false"}),
        ("not near the gallbladder", {"near_gallbladder": "false"}),
    ],
)
def test_ways_to_say_a_fact(guideline: Guideline, text: str, cells: dict[str, str]) -> None:
    found = read_line(guideline, text)
    assert said(guideline, text) == cells
    assert found.not_understood == ()


@pytest.mark.parametrize(
    "text",
    [
        "bilirubin 2.4",  # µmol/L or mg/dL
        "largest 3,4 cm",  # a decimal comma, or two numbers
        "tumour 3 x 2 cm",
        "life expectancy 5 years",
        "TACE 2 years ago",
        "possible PVT",
        "Child-Pugh B or C",
        "bilirubin 2.4 mg/dL or less",
        "sugar 5",
        "CP D",
        "no overt encephalopathy",
        "no tumour near gallbladder",
        "ascites not present",
        "PVT excluded",
        "not free of ascites",
        "tumour 340 cm",
    ],
)
def test_what_is_not_clear_is_told_and_not_guessed(guideline: Guideline, text: str) -> None:
    found = read_line(guideline, text)
    assert found.understood == ()
    assert found.sizes == ()
    assert found.not_understood == (text,)


@pytest.mark.parametrize("denied", ["no PVT", "no relevant ascites"])
def test_no_before_the_first_leaves_the_next_open(guideline: Guideline, denied: str) -> None:
    assert "metastases" in read_line(guideline, f"{denied}, metastases").not_understood


def test_a_denied_name_is_entered_as_such(guideline: Guideline) -> None:
    found = read_line(guideline, "no PVT, metastases")
    assert [each.variable for each in found.understood] == ["portal_vein_thrombus"]
    assert found.not_understood == ("metastases",)


@pytest.mark.parametrize(
    "text", ["CP B, CP C", "2 tumours 3, 2 and 1 cm", "largest 3 cm, 4 and 5 cm"]
)
def test_what_does_not_go_together_is_told(guideline: Guideline, text: str) -> None:
    found = read_line(guideline, text)
    assert found.sizes == ()
    assert found.not_understood


def test_every_name_of_a_variable_is_of_one_alone_and_every_label_is_read(
    guideline: Guideline,
) -> None:
    owner: dict[str, str] = {}
    for variable in guideline.variables.values():
        for name in (variable.label, *variable.alt_labels, *variable.hidden_labels):
            assert owner.setdefault(name.casefold(), variable.name) == variable.name, name
        if variable.type == "boolean":
            assert (
                said(guideline, f"{variable.label}: yes".replace(",", "")) or "," in variable.label
            )
        for value in variable.values if variable.type == "enum" else ():
            found = said(guideline, f"{variable.label}: {value.name}")
            assert found == {variable.name: value.name}
            assert parse_cell(variable, found[variable.name])


def test_a_line_is_shown_before_it_is_taken() -> None:
    test = app("patient")
    test.text_input(key="patient:line").input("2 tumours, CP B8, sugar 5").run()
    assert "Nothing is entered until you take it" in texts(test)
    assert "sugar 5" in texts(test)
    assert not dict(test.query_params)
    next(b for b in test.button if b.label == "Take these").click().run()
    assert test.query_params["tumour_count"] == "2"
    assert test.query_params["child_pugh_class"] == "B"
    assert test.text_input(key="patient:line").value == "sugar 5", "it stays in sight"
