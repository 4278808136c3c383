"""A patient in one line: what is read, and what is not guessed."""

from __future__ import annotations

import pytest
from explorer import app, texts

from kg.guideline import Guideline
from kg.patients.cells import parse_cell
from kg.patients.drafts import Draft
from kg.patients.lines import read_line
from kg.ui.patient.line import EXAMPLE

_CLASS_A = {"child_pugh_class": "A"}
_SPREAD = {"distant_metastasis": "limited|extensive"}
_LABS = {"inr": "1.2", "platelets_10e9_l": "55", "albumin_g_l": "31"}


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
        *[
            (f"{said}, Child A", {"age_years": "62"} | _CLASS_A)
            for said in ("62M", "62 yo male", "62yoM", "62/F", "A 62-year-old man", "62 y.o. lady")
        ],
        ("62M Child A5", {"age_years": "62", "child_pugh_score": "5"} | _CLASS_A),
        ("Child A5 or A6", {"child_pugh_score": "5..6"} | _CLASS_A),
        ("A5 Child-Pugh", {"child_pugh_score": "5"} | _CLASS_A),
        ("HCC, max. 5 cm", {"max_tumour_diameter_cm": "5"}),
        ("no variceal bleeding", {"variceal_bleed_within_month": "false"}),
        ("no infection, ascites: -", {"active_infection": "none", "ascites": "none"}),
        ("largest 35 mm", {"max_tumour_diameter_cm": "3.5"}),
        ("3.5 cm HCC", {"max_tumour_diameter_cm": "3.5"}),
        ("Vp3", {"portal_vein_thrombus": "vp3"}),
        ("PLT 80000/uL", {"platelets_10e9_l": "80"}),
        ("AFP > 400 ng/mL", {"afp_ng_ml": ">400"}),
        ("ECOG 1-2", {"ecog": "1..2"}),
        ("Child-Pugh B or C", {"child_pugh_class": "B|C"}),
        ("CP A/B7", {"child_pugh_class": "A|B"}),
        ("PVTT Vp3 or Vp4", {"portal_vein_thrombus": "vp3|vp4"}),
        ("Vp3/4", {"portal_vein_thrombus": "vp3|vp4"}),
        ("ascites: none or mild", {"ascites": "none|mild"}),
        ("58 year old", {"age_years": "58"}),
        ("HE grade 2", {"encephalopathy": "grade_1_2"}),
        ("ascites", {"ascites": "mild|moderate_severe"}),
        ("no HE or ascites", {"encephalopathy": "none", "ascites": "none"}),
        ("near gallbladder: no", {"near_gallbladder": "false"}),
        ("not near the gallbladder", {"near_gallbladder": "false"}),
        ("largest 3,4 cm", {"max_tumour_diameter_cm": "3.4"}),
        ("HCC 3,4 cm", {"max_tumour_diameter_cm": "3.4"}),
        ("HCC > 3 cm", {"max_tumour_diameter_cm": ">3"}),
        ("nodules 2-3 cm", {"max_tumour_diameter_cm": "2..3"}),
        ("3 nodules max 4cm", {"tumour_count": "3", "max_tumour_diameter_cm": "4"}),
        (
            "HCC 4.5 cm near gallbladder",
            {"max_tumour_diameter_cm": "4.5", "near_gallbladder": "true"},
        ),
        (
            "HCC 5.5 cm with Vp2 PVTT",
            {"max_tumour_diameter_cm": "5.5", "portal_vein_thrombus": "vp2"},
        ),
        ("INR 1.5 plt 55 Child A", {"inr": "1.5", "platelets_10e9_l": "55", **_CLASS_A}),
        ("Bili 2,4 mg/dl", {"bilirubin_umol_l": "40.8"}),
        ("plt 90,000/µL", {"platelets_10e9_l": "90"}),
        ("Plt: 55.000/µl", {"platelets_10e9_l": "55"}),
        ("platelets 55k", {"platelets_10e9_l": "55"}),
        ("HE-, ascites(-)", {"encephalopathy": "none", "ascites": "none"}),
        ("mets -", {"distant_metastasis": "none"}),
        ("CP-A", _CLASS_A),
        *[
            (f"Child-Pugh {said}", {"child_pugh_class": "B", "child_pugh_score": "8"})
            for said in ("B8", "B 8", "B (8)", "B (8 points)", "B score 8")
        ],
        ("CP A 5 cm", _CLASS_A | {"max_tumour_diameter_cm": "5"}),
        ("unresectable", {"resectable": "false"}),
        ("N0M0", {"distant_metastasis": "none", "hilar_node_metastasis_only": "false"}),
        ("M1", {"distant_metastasis": "limited|extensive"}),
        ("main PVT", {"portal_vein_thrombus": "vp4"}),
        ("patent portal vein", {"portal_vein_thrombus": "vp0"}),
        ("largest diameter 5,2 cm", {"max_tumour_diameter_cm": "5.2"}),
        ("INR 1.2\tPlt 55\tAlb 31 g/l", _LABS),
        ("PS 1, 3 cm HCC", {"ecog": "1", "max_tumour_diameter_cm": "3"}),
        ("cirrhosis without ascites", {"cirrhosis": "true", "ascites": "none"}),
        ("Child A with no ascites", _CLASS_A | {"ascites": "none"}),
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
        "tumour 3 x 2 cm",
        "life expectancy 5 years",
        "TACE 2 years ago",
        "possible PVT",
        "no Vp3 or Vp4",
        "bilirubin 2.4 mg/dL or less",
        "sugar 5",
        "CP D",
        "no overt encephalopathy",
        "no tumour near gallbladder",
        "ascites not present",
        "PVT excluded",
        "not free of ascites",
        "tumour 340 cm",
        "plt 55,2 tumours",
        "Hb 10 plt 55",
        "AFP 1,200 ng/mL",
        "AFP 1.200 ng/mL",
        "spleen 15 cm",
        "PV 12 mm",
        "portal vein dilated",
        "tumour 1 cm from gallbladder",
        "no Vp4",  # another value may be so
        "not unresectable",
        "inoperable",  # the tumour, or the patient
        "PVT false",
        "PVT n/a",
        "PV was patent",
        "keine PVT",
        "suspicion of PVT",
        "encephalopathy grade 0",
        "minimal/no ascites",
        "ascites no PVT",
        "PVT = 1",
        "ascites 2 cm",
        "borderline resectable",
        "target INR 2-3",
        "direct bilirubin 20 umol/l",
        "wife Child A",
        "portosystemic shunt",
        "intrahepatic metastases",
        "liver mets",
        "left PV patent",
        "mets in the liver",
        "no lung mets",
        "lung mets: none",
        "up to 3 lesions",
        "largest of 3 lesions 4 cm",
        "liver 15 cm",
        "no mets except lung",
        "cirrhosis 10 years",
        "survival 2 years",
        "HCC 2010",
        "lesion 2",
        "seg 5/8 lesion",
        "2 LI-RADS 5 lesions",
        "at least 3 lesions",
        "2 tumours in the left lobe",
        "tumour 3 cm (was 5 cm)",
        "3 cm HCC + 1 cm cyst",
        "INR 1.1 1.2",
        "HCC 3. 5 cm",
        "largest 35",  # cm or mm
        "up to 3",  # nodules?
        "2019 HCC 3 cm",
        "HCC 5 cm+",
        "Child B+",
        "PVT, 3 cm",
        "10 y cirrhosis",
        "62 y HBV cirrhosis",  # of the patient, or of the cirrhosis
        "variceal bleed",  # when?
        "HBV infection",
        "renal dysfunction",
        "bleeding tendency",
        "shunt",
        "not visible",
        "HVTT not visible on ultrasound",
        "margins clear",  # of a resection
        "ascites +/-",
        "PVT/HVTT: +/-",
        "ascites -/+",
        "PVT – HVTT +",
        "ascites: - HE: +",
        "PVT: F",
        "20 F catheter",
        "18F FDG PET no mets",
        "62M and 58F",
    ],
)
def test_what_is_not_clear_is_told_and_not_guessed(guideline: Guideline, text: str) -> None:
    found = read_line(guideline, text)
    assert found.understood == ()
    assert found.sizes == ()
    assert found.not_understood == (text,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bili 2.4", "in µmol/L or mg/dL?"),
        ("bili 2.4 mg/ml", "'mg/ml' is not a unit of it: µmol/L or mg/dL"),
        ("age 620", "out of range: expected a number of at least 0 and at most 130 years"),
        ("AFP 1,200", "1.2 or 1200?"),
        ("tumours 3,4 cm", "one size with a decimal comma, or two sizes?"),
        ("plt 55,2 tumours", "a decimal comma, or two numbers?"),
        ("spleen 15 cm", "the size of what?"),
        ("Hb 10 plt 55", "the number before the name, or the one behind it?"),
        ("tumour 3 x 2 cm", "two diameters of one tumour: give the larger alone"),
        ("platlets 120", "do you mean platelets?"),
        ("Hb 10.2 g/dL", "no variable of the guideline is named beside the number"),
        ("platelets low", "no number"),
        ("possible PVT", "the words beside it may change what it says"),
    ],
)
def test_why_a_number_was_not_read_is_told(guideline: Guideline, text: str, why: str) -> None:
    found = read_line(guideline, text)
    assert found.why == {text.removeprefix("tumours "): why}


@pytest.mark.parametrize("denied", ["no PVT", "no relevant ascites"])
def test_no_before_the_first_leaves_the_next_open(guideline: Guideline, denied: str) -> None:
    assert "metastases" in read_line(guideline, f"{denied}, metastases").not_understood


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("ascites, PVT: none", {"portal_vein_thrombus": "vp0"}),
        ("ascites & HE: no", {"encephalopathy": "none"}),
        ("Child A, mets, suspected", _CLASS_A),
        ("Child A, HE grade 1, resolved", _CLASS_A),
        ("Child A, 10 years", _CLASS_A),
        ("Child A, plt 40, now 82", _CLASS_A),
        ("Child A, alb 31, 28", _CLASS_A),
        ("Child A, bili was 80 umol/l", _CLASS_A),
        ("Child A. Before TACE: PVT, HE grade 1", _CLASS_A),
        ("Child A, HCC 3x4 cm, lesion 2 cm", _CLASS_A),
        ("Child A, 1 HCC; 1 HCC", _CLASS_A),
        ("3 cm HCC; 2 cm haemangioma", {"max_tumour_diameter_cm": "3"}),
        ("Plt 55 (ref 150-400)", {"platelets_10e9_l": "55"}),
        ("Bili 41 umol/l 0-21", {"bilirubin_umol_l": "41"}),
        ("Bili\t2.4\tmg/dL\tH\t0.2-1.2", {"bilirubin_umol_l": "40.8"}),
        ("Plt 55 (low)", {"platelets_10e9_l": "55"}),
        ("T3aN1M0", {"distant_metastasis": "none"}),
        ("62 y, wife HCV, Child A", {"age_years": "62"}),
        ("Child A; sister died of HCC, age 50", _CLASS_A),
        ("Child A, donor: 32 y, plt 250", _CLASS_A),
        ("Child A; HBV 20 years", _CLASS_A),
        ("HCC 3 cm, 2 years", {"max_tumour_diameter_cm": "3"}),
        ("Child A, plt 80, dropped to 55", _CLASS_A),
        ("plt 80, Child A; deteriorated to B", {"platelets_10e9_l": "80"}),
        ("Child A, HCC 3 cm, resected", _CLASS_A),
        ("Child A, HCC 5 cm, shrunk to 3 cm", _CLASS_A),
        ("HCC 3 cm, now 2 cm", {"max_tumour_diameter_cm": "2"}),
        ("Child A, 2 HCCs, both ablated", _CLASS_A),
        ("Child A, PVT, bland", _CLASS_A),
        ("Child A, mets, biopsy awaited", _CLASS_A),
        ("Child A, HE grade 2, in 2019", _CLASS_A),
        ("Child A, plt 55, at diagnosis", _CLASS_A),
        ("Previously Child B, ECOG 2, plt 40. Now Child A", _CLASS_A),
        ("Child A. In 2019 plt 55, INR 1.5", _CLASS_A),
        ("Child A. Labs (12/03/2021): plt 55, INR 1.5", _CLASS_A),
        ("Child A. If plt > 50, INR < 1.5", _CLASS_A),
        ("Child A. 3 months later plt 50, INR 1.5", _CLASS_A),
        ("Child A, ascites, HE, varices absent", _CLASS_A),
        ("Child A, PVT, mets all negative", _CLASS_A),
        ("Child A, ascites, HE, none", _CLASS_A),
        ("ascites, HE: nil, Child A", _CLASS_A),
        ("Child A; history of SBP, HE", _CLASS_A),
        ("62M, ? SBP, ascites", {"age_years": "62"}),
        ("Child A; ascites, HE, PVT: +, -, -", _CLASS_A),
        ("Child A, lung mets +, largest 1.2 cm", _CLASS_A | _SPREAD),
        ("Child A; LN, max 2 cm", _CLASS_A),
        ("62 yo, lesion 2: 3 cm", {"age_years": "62"}),
        ("previous TACE, Bloods: Child A, post TACE 2021", _CLASS_A),
        ("In 2019, Child B, ECOG 2. Child A", _CLASS_A),
        ("62M, Vp2, extended to Vp4", {"age_years": "62"}),
        ("62M, unresectable; became resectable", {"age_years": "62"}),
        ("62M, cirrhosis, no", {"age_years": "62"}),
        ("62 yo, AFP 400, after TACE AFP 20", {"age_years": "62"}),
        ("62 yo. HCC 5 cm. Post TACE 3 cm", {"age_years": "62"}),
        ("62 yo, Child-Pugh B8 (bili 3, INR 1, HE 1)", {"age_years": "62"}),
        ("62 yo, lesion 1: 3 cm, lesion 2: resected", {"age_years": "62"}),
    ],
)
def test_words_beside_take_back_what_they_change(
    guideline: Guideline, text: str, cells: dict[str, str]
) -> None:
    found = read_line(guideline, text)
    assert said(guideline, text) == cells
    assert found.sizes == ()
    assert found.not_understood


_OPEN = (
    "?{}|{}?|{} (?)|possible {}|susp. {}|prob. {}|V.a. {}|Z.n. {}|r/o {}|cannot exclude {}|"
    "history of {}|h/o {}|PMH: {}|previous {}|no history of {}|risk of {}|{} +/-|{}: +/-|"
    "{} ±|{} in 2019|{}, in 2019|"
    "{} (2019)|in 2019 {}|2019: {}|father: {}|father had {}|family history: {}|donor {}|if {}|"
    "{} likely|{} pending|{}, pending|{} resolved|{}, resolved|{}; resolved|{}. Resolved|"
    "{} treated|{}, treated|{}, tbc|{}: unknown|{}: n/a|{} not assessed|to exclude {}|kein {}|"
    "no definite {}|no new {}|no longer {}|new {}|{} → none|{} before TACE|{}, before TACE|"
    "post-op {}|{}, post-op"
)


@pytest.mark.parametrize("name", ["PVT", "ascites", "HE", "mets", "HVTT", "cachexia", "cirrhosis"])
def test_what_is_left_open_is_neither_there_nor_absent(guideline: Guideline, name: str) -> None:
    for way in _OPEN.split("|"):
        text = way.format(name)
        for line in (text, f"plt 55; {text}; Child A"):
            found = read_line(guideline, line)
            assert set(said(guideline, line)) <= {"platelets_10e9_l", "child_pugh_class"}, line
            assert any(name in words for words in found.not_understood), line


@pytest.mark.parametrize("start", ["V.a.", "Z. n.", "neg.", "susp.", "e.g."])
def test_a_short_word_ends_no_sentence(guideline: Guideline, start: str) -> None:
    assert said(guideline, f"{start} PVT") == {}
    assert said(guideline, f"Child A. {start} PVT. plt 55") == _CLASS_A | {"platelets_10e9_l": "55"}


def test_a_segment_beside_a_tumour_is_told_and_takes_nothing_back(guideline: Guideline) -> None:
    text = "Solitary HCC 4.5 cm in segment VIII near the diaphragm"
    cells = {"tumour_count": "1", "max_tumour_diameter_cm": "4.5", "near_diaphragm": "true"}
    assert said(guideline, text) == cells
    assert read_line(guideline, text).not_understood == ("in segment VIII",)
    found = read_line(guideline, "two HCCs, 2.8 cm (seg 8) and 1.2 cm (S5)")
    assert (found.sizes, found.not_understood) == (("2.8", "1.2"), ("(seg 8) and", "(S5)"))


def test_decimal_commas_part_no_sizes_where_tumours_are_counted(guideline: Guideline) -> None:
    assert read_line(guideline, "two tumours 3,4 and 2,1 cm").sizes == ("3.4", "2.1")
    assert read_line(guideline, "lesion 1: 3.4 cm, lesion 2: 2.1 cm").sizes == ("3.4", "2.1")
    assert read_line(guideline, "3 tumours 3,4 and 2 cm").sizes == ()


def test_a_slash_parts_sizes_where_tumours_are_counted(guideline: Guideline) -> None:
    assert read_line(guideline, "3 nodules 3.1/2.2/1.5 cm").sizes == ("3.1", "2.2", "1.5")
    assert read_line(guideline, "HCC 3/4 cm").not_understood == ("3/4 cm",)


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
        absent = (*variable.absent_labels, *variable.site_labels, *variable.wider_labels)
        for name in (variable.label, *variable.alt_labels, *variable.hidden_labels, *absent):
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
    test.text_input(key="patient:line").input("2 tumours, CP B8, INR 15, sugar 5").run()
    assert "Nothing is entered until you take it" in texts(test)
    assert "sugar 5” (no variable of the guideline is named beside the number)" in texts(test)
    assert "15 is implausible, and is read as it stands" in texts(test)
    assert not dict(test.query_params)
    next(b for b in test.button if b.label == "Take these").click().run()
    assert test.query_params["tumour_count"] == "2"
    assert test.query_params["child_pugh_class"] == "B"
    assert test.text_input(key="patient:line").value == "sugar 5", "it stays in sight"
