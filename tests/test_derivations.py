"""Derivations that several sources share: scores, sums, and one variable from another."""

from __future__ import annotations

import json
from itertools import product
from random import Random

import polars as pl
import pytest

from kg.engines.registry import engine_of
from kg.guideline import Guideline, load
from kg.patients.records import Record, read_record
from kg.patients.tables import PatientTable
from kg.readers.frame import FrameSource
from kg.reasoning.logic import STATE

G = load(edition="2026")
COMPONENTS = ("bilirubin_umol_l", "albumin_g_l", "inr", "ascites", "encephalopathy")
ONE_EACH = {"bilirubin_umol_l": "20", "inr": "1.1", "ascites": "none", "encephalopathy": "none"}


def record(*lesions: dict[str, str], guideline: Guideline = G, **cells: str) -> Record:
    return read_record(guideline, "p", cells, list(lesions) or None)


def left(found: Record, name: str) -> str:
    return G.variables[name].wording(found.known[name])


@pytest.mark.parametrize(
    ("cells", "scores", "classes"),
    [
        (ONE_EACH, "<=7", "A|B"),
        ({"child_pugh_class": "B"}, "7..9", "B"),
        ({"child_pugh_score": "9"}, "9", "B"),
        ({"child_pugh_score": ">=6", "child_pugh_class": "A"}, "6", "A"),
        ({**ONE_EACH, "child_pugh_class": "B"}, "7", "B"),
        ({**ONE_EACH, "child_pugh_score": "6"}, "6", "A"),
        ({}, "", ""),
    ],
)
def test_class_score_and_components_narrow_one_another(
    cells: dict[str, str], scores: str, classes: str
) -> None:
    found = record(**cells)
    assert (left(found, "child_pugh_score"), left(found, "child_pugh_class")) == (scores, classes)
    assert not found.conflicts


@pytest.mark.parametrize(
    ("cells", "scores", "classes"),
    [
        ({"child_pugh_score": "9", "child_pugh_class": "A"}, "<=6 or 9", "A|B"),
        ({**ONE_EACH, "albumin_g_l": "40", "child_pugh_class": "C"}, "5 or >=10", "A|C"),
    ],
)
def test_sources_that_clash_leave_what_each_says(
    cells: dict[str, str], scores: str, classes: str
) -> None:
    found = record(**cells)
    assert (left(found, "child_pugh_score"), left(found, "child_pugh_class")) == (scores, classes)
    (conflict,) = found.conflicts
    assert set(conflict.variables) == set(cells)


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        ({"tumour_count": "1", "max_tumour_diameter_cm": "4.5"}, "4.5"),
        ({"tumour_count": "3", "max_tumour_diameter_cm": "2.7"}, ">2.7 and <=8.1"),
        ({"tumour_count": "3", "max_tumour_diameter_cm": "<=2.7"}, ""),
        ({"tumour_count": ">=2", "max_tumour_diameter_cm": "2.7"}, ""),
    ],
)
def test_number_and_largest_diameter_bound_the_sum(cells: dict[str, str], total: str) -> None:
    assert left(record(**cells), "total_tumour_diameter_cm") == total


@pytest.mark.parametrize(
    ("diameters", "total"),
    [
        (["3", "2.5"], "5.5"),
        (["3", ""], ">3"),
        (["3", "1..2"], "4..5"),
        (["3", "<2"], ">3 and <5"),
    ],
)
def test_the_sum_of_lesions_is_that_of_their_diameters(diameters: list[str], total: str) -> None:
    found = record(*({"diameter_cm": text} for text in diameters))
    assert left(found, "total_tumour_diameter_cm") == total


def test_a_sum_that_its_parts_cannot_give_is_a_conflict() -> None:
    cells = {"tumour_count": "2", "max_tumour_diameter_cm": "2", "total_tumour_diameter_cm": "5"}
    (conflict,) = record(**cells).conflicts
    assert conflict.variables == tuple(sorted(cells))
    assert not record(**{**cells, "total_tumour_diameter_cm": "4"}).conflicts


@pytest.mark.parametrize(
    ("name", "value", "follows", "is_"),
    [
        ("hepatic_vein_thrombus", "no", "vena_cava_thrombus", "false"),
        ("cirrhosis", "yes", "chronic_liver_disease", "true"),
        ("chronic_liver_disease", "no", "cirrhosis", "false"),
        ("hilar_node_metastasis_only", "yes", "distant_metastasis", "limited|extensive"),
        ("shunt_portal_hypertensive_bleeding", "yes", "shunt_portal_hypertension", "true"),
        ("downsizing_before_resection", "yes", "conversion_planned", "true"),
    ],
)
def test_one_variable_follows_from_another(name: str, value: str, follows: str, is_: str) -> None:
    assert left(record(**{name: value}), follows) == is_
    assert left(record(**{name: {"yes": "no", "no": "yes"}[value]}), follows) == ""


def test_renal_dysfunction_and_creatinine_are_not_derived_from_each_other() -> None:
    assert left(record(creatinine_umol_l="400"), "severe_renal_dysfunction") == ""
    assert left(record(severe_renal_dysfunction="yes"), "creatinine_umol_l") == ""


def test_conflicts_come_in_the_order_of_their_rules() -> None:
    cells = {
        "vena_cava_thrombus": "yes",
        "hepatic_vein_thrombus": "no",
        "tumour_count": "1",
        "foci_in_different_areas": "yes",
        "child_pugh_score": "9",
        "child_pugh_class": "A",
    }
    ids = [conflict.id for conflict in record(**cells).conflicts]
    assert ids == ["ChildPughDerivation", "FociConflict", "VenaCavaDerivation"]


@pytest.mark.parametrize("edition", ["2011", "2026"])
def test_tables_derive_as_records_do(edition: str) -> None:
    """Every combination of class and score, with random components, counts and diameters."""
    random, guideline = Random(5), load(edition=edition)  # noqa: S311
    words = {
        "child_pugh_class": ["", "A", "B|C", "C"],
        "child_pugh_score": ["", "5", "6..9", ">=10", "9"],
        "total_tumour_diameter_cm": ["", "4", "<=8", "9"],
    }
    others = {
        "bilirubin_umol_l": ["", "20", ">=40", "60"],
        "albumin_g_l": ["", "40", "20"],
        "inr": ["", "1.1", "1.7..3"],
        "ascites": ["", "none", "mild|moderate_severe"],
        "encephalopathy": ["", "none", "grade_3_4"],
        "tumour_count": ["", "1", "3", ">=2"],
        "max_tumour_diameter_cm": ["", "2.7", "4", "<3"],
        "hepatic_vein_thrombus": ["", "yes", "no"],
        "vena_cava_thrombus": ["", "yes", "no"],
        "cirrhosis": ["", "yes", "no"],
        "chronic_liver_disease": ["", "yes", "no"],
    }
    rows = [
        dict(zip(words, chosen, strict=True)) | {k: random.choice(v) for k, v in others.items()}
        for chosen in product(*words.values())
        for _ in range(4)
    ]
    frame = pl.DataFrame([{"patient_id": str(i)} | row for i, row in enumerate(rows)])
    table = PatientTable(guideline, FrameSource(frame))
    engine = engine_of("compiled", guideline)
    found = pl.concat([engine.batches()(table, batch) for batch in table.batches()])
    for row, told in zip(rows, found.iter_rows(named=True), strict=True):
        one = read_record(guideline, "p", row)
        result = engine.classify(one)
        assert {name: STATE[told["state:" + name]] for name in result.states} == result.states
        conflicts = [list(conflict.variables) for conflict in one.conflicts]
        assert [c["variables"] for c in json.loads(told["conflicts"])] == conflicts
