"""Classification: the command against the contract, real patients, and the records themselves."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import Ran

from kg.engines.compiled import Compiled
from kg.guideline import Guideline
from kg.paths import example_cohort, example_lesions
from kg.patients.tables import PatientTable

Run = Callable[..., Ran]


def classified(run: Run, *arguments: str | Path) -> list[dict[str, Any]]:
    ran = run("classify", *arguments, "--format", "json")
    assert ran.status == 0, ran.err
    return list(json.loads(ran.out))


def test_worked_examples_get_the_results_of_the_contract(run: Run, shared: Path) -> None:
    expected = json.loads((shared / "spec" / "examples.json").read_text(encoding="utf-8"))
    found = classified(run, shared / "spec" / "examples.csv")
    for patient in found:
        patient["conflicts_reported"] = bool(patient.pop("conflicts"))
        del patient["edition"]  # newer than the examples
        for therapy in patient["therapies"].values():
            del therapy["intent"]  # newer than the examples, as notes are
            therapy.pop("notes", None)
    assert len(found) == 20
    assert found == expected


def test_real_patients_are_all_classified(run: Run, shared: Path, tmp_path: Path) -> None:
    found = classified(run, shared / "data" / "uci-hcc-survival" / "patients.csv")
    assert len(found) == 165
    assert len({patient["patient_id"] for patient in found}) == 165
    assert not list(tmp_path.iterdir())


def test_columns_give_what_the_records_give_one_by_one(run: Run, guideline: Guideline) -> None:
    table = PatientTable(guideline, example_cohort(), example_lesions())
    records = [record for batch in table.batches() for record in table.records(batch)]
    compiled = Compiled(guideline)
    for record, told in zip(records, classified(run, "--example"), strict=True):
        result = compiled.classify(record)
        assert told["patient_id"] == result.patient_id
        assert [c["message"] for c in told["conflicts"]] == [c.message for c in record.conflicts]
        for name, answer in result.therapies.items():
            found = told["therapies"][name]
            assert found["verdict"] == answer.verdict
            for key in ("met", "missing", "unchecked"):
                assert tuple(found[key]) == getattr(answer, key)
        assert told["recommendations"] == result.recommendations
        assert told["response_to_ablation"] == result.response_to_ablation


def test_order_of_columns_means_nothing(run: Run, tmp_path: Path) -> None:
    frame = pl.read_csv(example_cohort(), infer_schema=False)
    frame.select(reversed(frame.columns)).write_csv(tmp_path / "p.csv")
    lesions = example_lesions()
    assert classified(run, "p.csv", "--lesions", lesions) == classified(run, "--example")


def test_absent_column_says_what_an_empty_one_says(run: Run, tmp_path: Path) -> None:
    frame = pl.read_csv(example_cohort(), infer_schema=False).drop("ecog", "inr")
    frame.write_csv(tmp_path / "absent.csv")
    frame.with_columns(ecog=pl.lit(""), inr=pl.lit("NA")).write_csv(tmp_path / "empty.csv")
    null = frame.with_columns(ecog=pl.lit(None), inr=pl.lit(None, pl.Float64))
    null.write_parquet(tmp_path / "null.parquet")
    absent = classified(run, "absent.csv")
    assert classified(run, "empty.csv") == absent
    assert classified(run, "null.parquet") == absent


@pytest.mark.parametrize("form", ["quoted", "jsonl", "parquet"])
def test_example_cohort_gives_the_same_in_every_format(run: Run, tmp_path: Path, form: str) -> None:
    with example_cohort().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path = tmp_path / f"p.{form.replace('quoted', 'csv')}"
    if form == "parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        pl.DataFrame(rows).write_csv(path, quote_style="always")
    lesions = example_lesions()
    assert classified(run, path, "--lesions", lesions) == classified(run, "--example")


def test_patient_without_lesions_has_nothing_derived_from_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\na,1\nb,1\n")
    (tmp_path / "l.csv").write_text("patient_id,lesion_id,diameter_cm\nb,1,2\n")
    alone, with_lesion = classified(run, "p.csv", "--lesions", "l.csv")
    assert alone == classified(run, "p.csv")[0]
    assert with_lesion != classified(run, "p.csv")[1]


def test_digits_beyond_a_float_decide(run: Run, tmp_path: Path) -> None:
    cells = {"at": "5", "above": "5.00000000000000000001"}
    lines = [f'{{"patient_id": "{k}", "max_tumour_diameter_cm": {v}}}' for k, v in cells.items()]
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    rows = "".join(f"{k},{v}\n" for k, v in cells.items())
    (tmp_path / "p.csv").write_text("patient_id,max_tumour_diameter_cm\n" + rows)
    at, above = classified(run, "p.jsonl")
    assert at["therapies"] != above["therapies"]
    assert classified(run, "p.csv") == [at, above]


def test_unknown_columns_can_be_left_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ward,ecog\na,7,1\n")
    assert run("classify", "p.csv").status == 2
    (tmp_path / "q.csv").write_text("patient_id,ecog\na,1\n")
    assert classified(run, "p.csv", "--ignore-unknown") == classified(run, "q.csv")


def test_the_command_that_is_installed_prints_what_it_prints_in_process(run: Run) -> None:
    arguments = ["classify", "--example", "--therapy", "rfa", "--format", "csv"]
    command = Path(sys.executable).with_name("hcc-kg")
    way = [str(command)] if command.exists() else [sys.executable, "-m", "kg"]
    found = subprocess.run([*way, *arguments], capture_output=True, text=True, check=True)
    assert found.stdout == run(*arguments).out
    assert found.stdout.startswith("patient_id,therapy,verdict")
