"""Columns of one's own: they travel into results, and reports are grouped by them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran

import kg
from kg.cohorts.opened import open_cohort
from kg.guideline import Guideline
from kg.patients.reading import Reading
from kg.readers.uploads import Upload
from kg.ui.tables import joined, workbook

Run = Callable[..., Ran]
TABLE = "patient_id,ecog,arm,survival,verdict\na,1,A,12,x\nb,9,B,3,y\nc,4,B,7.5,\nd,0,,1,z\n"
KEEP = ("--keep", "arm", "--keep", "survival", "--ignore-unknown")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "p.csv").write_text(TABLE)
    return tmp_path / "p.csv"


@pytest.mark.usefixtures("table")
def test_kept_columns_stand_in_every_row_of_the_result(run: Run) -> None:
    ran = run(
        "classify", "p.csv", "--format", "csv", "--therapy", "rfa", "--therapy", "tace", *KEEP
    )
    assert ran.status == 1
    rows = list(csv.DictReader(ran.out.splitlines()))
    told = [(row["patient_id"], row["arm"], row["survival"]) for row in rows]
    assert told == [
        (p, a, s) for p, a, s in (("a", "A", "12"), ("c", "B", "7.5"), ("d", "", "1")) for _ in "xy"
    ]
    assert "p.csv: 1 column left out: verdict." in ran.err
    for form in ("--compact", "--reasons"):
        ran = run("classify", "p.csv", "--format", "csv", form, *KEEP)
        assert {row["patient_id"]: row["arm"] for row in csv.DictReader(ran.out.splitlines())} == {
            "a": "A",
            "c": "B",
            "d": "",
        }


@pytest.mark.usefixtures("table")
def test_kept_columns_stand_in_json_under_a_key_of_their_own(run: Run) -> None:
    ran = run("classify", "p.csv", "--format", "jsonl", *KEEP)
    kept = [json.loads(line)["kept"] for line in ran.out.splitlines()]
    assert kept[0] == {"arm": "A", "survival": "12"}
    plain = run("classify", "p.csv", "--format", "jsonl", "--ignore-unknown").out
    assert "kept" not in json.loads(plain.splitlines()[0])


@pytest.mark.usefixtures("table")
def test_kept_column_of_a_name_that_the_result_has_is_called_otherwise(run: Run) -> None:
    ran = run("classify", "p.csv", "--format", "csv", "--keep", "verdict", *KEEP)
    rows = list(csv.DictReader(ran.out.splitlines()))
    assert rows[0]["table_verdict"] == "x"
    assert rows[0]["verdict"] != "x"


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("form", ["table", "ttl"])
def test_formats_without_room_say_so(run: Run, form: str) -> None:
    ran = run("classify", "p.csv", "--format", form, *KEEP)
    assert ran.status == 2
    assert f"keep goes with format csv, parquet, json, jsonl, not {form}" in ran.err


def test_numbers_and_dates_of_a_table_in_text_are_kept_as_such(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "patient_id,n,months,at,code,note,odd\na,1,7.5,2024-05-01,007,x,2024-13-01\n"
        "b,NA,3,,012,,\nc,-2,,2024-05-02 00:00:00,1,2,2024-01-01\n"
    )
    keep = ["n", "months", "at", "code", "note", "odd"]
    for result in (
        kg.classify_table(tmp_path / "p.csv", keep=keep, ignore_unknown=True, therapies="rfa"),
        kg.open_cohort(tmp_path / "p.csv", ignore_unknown=True),
    ):
        frame = result.frame if isinstance(result, kg.TableResult) else result.frame(keep)
        rows = frame.unique("patient_id", maintain_order=True)
        assert rows["n"].to_list() == [1, None, -2]
        assert rows["months"].to_list() == [7.5, 3.0, None]
        assert rows["at"].to_list() == [date(2024, 5, 1), None, date(2024, 5, 2)]
        assert {rows.schema[name] for name in ("code", "note", "odd")} == {pl.String()}


def test_kept_columns_keep_their_types(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"patient_id": ["a"], "visit": [date(2024, 5, 1)], "months": [7.5], "tags": [["x"]]}
    )
    result = kg.classify_table(frame, keep=["visit", "months", "tags"], therapies="rfa")
    (row,) = result.frame.to_dicts()
    assert (row["visit"], row["months"], row["tags"]) == (date(2024, 5, 1), 7.5, "['x']")
    assert result.compact["visit"].to_list() == [date(2024, 5, 1)]
    kg.classify_file(frame, tmp_path / "out.parquet", keep=["visit", "months"], ignore_unknown=True)
    written = pl.read_parquet(tmp_path / "out.parquet")
    assert (written["visit"].dtype, written["months"].dtype) == (pl.Date, pl.Float64)


def test_variables_may_be_kept_too(table: Path) -> None:
    result = kg.classify_table(table, keep="ecog", ignore_unknown=True)
    assert result.compact["ecog"].to_list() == [1, 4, 0]


def test_explorer_downloads_kept_columns(guideline: Guideline) -> None:
    held = Upload("p.csv", TABLE.encode())
    opened = open_cohort(guideline, held, reading=Reading(ignore_unknown=True))
    assert opened.columns == ["patient_id", "ecog", "arm", "survival", "verdict"]
    rows = list(csv.DictReader(opened.download("csv", ["arm"]).decode().splitlines()))
    assert [row["arm"] for row in rows][:: len(guideline.therapies)] == ["A", "B", ""]
    assert "arm" not in opened.download("csv").decode()
    sheet = pl.read_excel(io.BytesIO(workbook(joined(opened.frame(["arm"])))))
    assert sheet["arm"].to_list() == opened.frame(["arm"])["arm"].to_list()
    assert sheet["missing"][0] == ";".join(opened.frame()["missing"][0])


@pytest.mark.usefixtures("table")
def test_report_by_a_column_adds_up_and_has_percentages(run: Run) -> None:
    ran = run("cohort", "p.csv", "--by", "arm", "--ignore-unknown", "--format", "json")
    report = json.loads(ran.out)
    assert report["by"] == "arm"
    groups = {group["value"]: group["report"] for group in report["groups"]}
    assert list(groups) == ["A", "B", None]
    assert sum(group["patients"] for group in groups.values()) == report["patients"] == 3
    for i, therapy in enumerate(report["therapies"]):
        for word, count in therapy["verdicts"].items():
            assert sum(g["therapies"][i]["verdicts"][word] for g in groups.values()) == count
    shown = run("cohort", "p.csv", "--by", "arm", "--ignore-unknown").out
    assert "arm = B: 1 patient" in shown
    assert "arm = (empty): 1 patient" in shown
    assert "100%" in shown
    python = kg.cohort_report("p.csv", by="arm", ignore_unknown=True)
    assert [group.value for group in python.groups] == ["A", "B", None]


def test_column_with_too_many_values_groups_nothing(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"p{i},{i}\n" for i in range(60))
    (tmp_path / "p.csv").write_text(f"patient_id,x\n{rows}")
    ran = run("cohort", "p.csv", "--by", "x")
    assert ran.status == 2
    assert "p.csv: column 'x' has more than 50 values; group by one with fewer" in ran.err
    assert "no column 'y' to keep" in run("cohort", "p.csv", "--by", "y").err
