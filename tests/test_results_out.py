"""Results for other systems: GuidanceResponse of FHIR, cohorts of OMOP."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from fhir.resources.R4B.guidanceresponse import GuidanceResponse

import kg
from kg.errors import InputError
from kg.paths import example_cohort, example_lesions
from kg.reference.parts import TEMPLATES

GUIDELINE = kg.load()
STATUS = {"undetermined": "data-required", "eligible_unchecked": "data-requested"}


def test_every_verdict_is_a_guidance_response_with_what_is_missing(tmp_path: Path) -> None:
    output = tmp_path / "guidance.ndjson"
    kg.classify_file(example_cohort(), output, example_lesions(), format="fhir")
    table = kg.classify_table(example_cohort(), example_lesions()).frame
    lines = output.read_text("utf-8").splitlines()
    assert len(lines) == len(table) > 500
    seen = set()
    for line, row in zip(lines, table.iter_rows(named=True), strict=True):
        said = json.loads(line)
        GuidanceResponse(**said)
        values = {p["name"]: p for p in said["contained"][0]["parameter"]}
        assert values["verdict"]["valueCoding"]["code"] == row["verdict"]
        assert said["status"] == STATUS.get(row["verdict"], "success")
        asked = [r["codeFilter"][0]["code"][0]["code"] for r in said.get("dataRequirement", [])]
        if row["verdict"] == "undetermined":
            assert asked == row["missing"]
        assert bool(asked) == (bool(row["missing"]) or bool(row["unchecked"]))
        seen.add(row["verdict"])
    assert seen >= {"undetermined", "eligible_unchecked", "eligible", "contraindicated"}


def test_cohorts_hold_every_patient_once_a_therapy(tmp_path: Path) -> None:
    source, output = tmp_path / "patients.csv", tmp_path / "cohort.csv"
    pl.DataFrame({"patient_id": ["1", "2"], "platelets_10e9_l": ["55", None]}).write_csv(source)
    kg.classify_file(source, output, format="omop")
    rows = list(csv.DictReader(output.read_text("utf-8").splitlines()))
    assert Counter(row["subject_id"] for row in rows) == {
        "1": len(GUIDELINE.therapies),
        "2": len(GUIDELINE.therapies),
    }
    names = {
        row["cohort_definition_id"]: row["cohort_definition_name"]
        for row in csv.DictReader(TEMPLATES["cohorts"](GUIDELINE).splitlines())
    }
    tace = GUIDELINE.therapies["tace"].label
    of_tace = [n for r in rows if (n := names[r["cohort_definition_id"]]).startswith(tace + ":")]
    assert of_tace == [f"{tace}: contraindicated", f"{tace}: undetermined"]


def test_a_subject_of_omop_is_a_number(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a subject of OMOP is a whole number"):
        kg.classify_file(example_cohort(), tmp_path / "cohort.csv", format="omop")
    assert not (tmp_path / "cohort.csv").exists()
