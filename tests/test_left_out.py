"""Columns that are not variables: left out when asked, whatever they hold, and never in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran

import kg
from kg.cohorts.opened import open_cohort
from kg.guideline import Guideline
from kg.patients.headers import close_to
from kg.patients.reading import Reading
from kg.readers.uploads import Upload

Run = Callable[..., Ran]
IGNORE = ("--therapy", "rfa", "--format", "csv", "--ignore-unknown")


def told(ran: Ran) -> list[str]:
    return [line for line in ran.err.splitlines() if "left out" in line]


def test_columns_of_both_tables_are_left_out_and_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,tumor_count,note,note,physician\na,2,x,y,z\n")
    (tmp_path / "l.csv").write_text("patient_id,lesion_id,diameter_cm,segment\na,l1,2.4,VIII\n")
    ran = run("classify", "p.csv", "--lesions", "l.csv", *IGNORE)
    assert ran.status == 0
    assert told(ran) == [
        "p.csv: 4 columns left out: tumor_count, note, note, physician; close to a variable: "
        "tumor_count (tumour_count?).",
        "l.csv: 1 column left out: segment.",
    ]
    for command in ("cohort", "graph build --store s"):
        again = run(*command.split(), "p.csv", "--lesions", "l.csv", "--ignore-unknown")
        assert (again.status, told(again)) == (0, told(ran))


def test_unknown_column_of_lesions_is_an_error_unless_it_may_be_left_out(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("patient_id\na\n")
    (tmp_path / "l.csv").write_text("patient_id,lesion_id,segment\na,l1,VIII\n")
    ran = run("classify", "p.csv", "--lesions", "l.csv")
    assert (ran.status, ran.out) == (2, "")
    assert "l.csv: unknown column 'segment'" in ran.err


FRAME = pl.DataFrame(
    {
        "patient_id": ["a", "b"],
        "ecog": [0, 9],
        "visit": [date(2024, 5, 1), None],
        "list": [[1], [2]],
        "struct": [{"a": 1}, None],
        "bytes": [b"1", None],
    }
)
WIDE = "4 columns left out: visit, list, struct, bytes"


def test_parquet_columns_of_any_type_are_left_out_and_kept_in_the_rejects(
    run: Run, tmp_path: Path
) -> None:
    FRAME.write_parquet(tmp_path / "p.parquet")
    ran = run("classify", "p.parquet", *IGNORE)
    assert ran.status == 1
    assert told(ran) == [f"p.parquet: {WIDE}."]
    (row,) = pl.read_csv(tmp_path / "p.rejected.csv").to_dicts()
    assert (row["patient_id"], row["list"]) == ("b", "[2]")


def test_frames_of_any_type_are_left_out_in_python() -> None:
    result = kg.classify_table(FRAME, ignore_unknown=True)
    assert result.summary.patients == 1
    assert result.summary.notes == (f"the frame: {WIDE}",)
    assert result.rejected["list"].to_list() == ["[2]"]
    with pytest.raises(kg.UnknownColumnsError, match=r"unknown column 'visit'.*, 'list'"):
        kg.classify_table(FRAME)
    with pytest.raises(kg.InputError, match="column ecog: values of type Date are not cells"):
        kg.classify_table(pl.DataFrame({"patient_id": ["a"], "ecog": [date(2024, 5, 1)]}))


def test_explorer_gets_the_same_notes(guideline: Guideline) -> None:
    held = Upload("p.csv", b"patient_id,tumor_count\na,2\n")
    opened = open_cohort(guideline, held, reading=Reading(ignore_unknown=True))
    (note,) = opened.report.notes
    assert note.endswith("close to a variable: tumor_count (tumour_count?)")


def test_mixed_column_of_pandas_is_named_where_it_is_read() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"patient_id": ["a", "b"], "ecog": [1, ">=2"], "x": [1, "y"]})
    with pytest.raises(kg.InputError, match=r"the frame, column ecog: .*keep one type a column"):
        kg.classify_table(frame, ignore_unknown=True)
    frame["ecog"] = [1, 2]
    assert kg.classify_table(frame, ignore_unknown=True).summary.patients == 2


def test_nested_json_under_an_unknown_key_is_left_out(run: Run, tmp_path: Path) -> None:
    lines = '{"patient_id": "a", "x": {"y": [1]}}\n{"patient_id": "b", "ecog": [1]}\n'
    (tmp_path / "p.jsonl").write_text(lines)
    ran = run("classify", "p.jsonl", *IGNORE)
    assert ran.status == 1
    assert ran.out.splitlines()[1].startswith("a,rfa,")
    assert "p.jsonl: 1 column left out: x." in ran.err
    assert "column ecog: a list or an object is not a cell" in ran.err


def test_empty_columns_and_rows_of_spreadsheets_say_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog,,\na,1,,\n,,,\nb,2\n,,,,,\n")
    ran = run("classify", "p.csv", "--therapy", "rfa", "--format", "csv")
    assert ran.status == 1
    assert "2 cells where the header names 4" in ran.err
    assert len(ran.out.splitlines()) == 2
    (tmp_path / "p.csv").write_text("patient_id,ecog,,\na,1,,\n,,,\nb,2,,,,\n,,,,,\n")
    ran = run("classify", "p.csv", "--therapy", "rfa", "--format", "csv")
    assert (ran.status, len(ran.out.splitlines())) == (0, 3)
    assert not told(ran)


def test_nameless_column_that_holds_something_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(",patient_id,ecog\n0,a,1\n1,b,2\n")
    assert "unknown column 1, which has no name; correct" in run("classify", "p.csv").err
    ran = run("classify", "p.csv", *IGNORE)
    assert (ran.status, told(ran)) == (0, ["p.csv: 1 column left out: one without a name."])


def test_variable_that_is_there_twice_is_an_error_even_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog,ecog,x,x\na,1,2,3,4\n")
    ran = run("classify", "p.csv", *IGNORE)
    assert ran.status == 2
    assert "more than one column ecog; keep one" in ran.err


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("max_tumour_diamter_cm", "max_tumour_diameter_cm"),
        ("max_tumor_diameter_cm", "max_tumour_diameter_cm"),
        ("portal_vein_thrombosis", "portal_vein_thrombus"),
        ("INR", "inr"),
        ("Bilirubin", "bilirubin_umol_l"),
        ("albumin", "albumin_g_l"),
        ("Child-Pugh class", "child_pugh_class"),
        ("ecog_ps", "ecog"),
        ("physician", None),
        ("treatment", None),
        ("visit_date", None),
        ("id", None),
    ],
)
def test_names_that_are_close_to_a_variable(
    guideline: Guideline, name: str, near: str | None
) -> None:
    assert close_to(name, guideline.variables) == near


# Identifiers


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_identifiers_are_compared_without_blanks_and_composed(
    run: Run, tmp_path: Path, form: str
) -> None:
    composed, decomposed = "\u00c5sa", "A\u030asa"
    patients = pl.DataFrame({"patient_id": ["p1 ", f"\u00a0{decomposed}", "x", " x"]})
    lesions = pl.DataFrame(
        {"patient_id": ["p1", composed], "lesion_id": ["1", "1 "], "diameter_cm": ["2.4", "3"]}
    )
    for name, frame in (("p", patients), ("l", lesions)):
        writer = {"csv": frame.write_csv, "jsonl": frame.write_ndjson}.get(form)
        (writer or frame.write_parquet)(tmp_path / f"{name}.{form}")
    ran = run("classify", f"p.{form}", "--lesions", f"l.{form}", "--format", "csv")
    assert ran.status == 1
    ids = list(dict.fromkeys(line.split(",")[0] for line in ran.out.splitlines()[1:]))
    assert ids == ["p1", composed]
    assert "2 rows rejected" in ran.err
    assert "is in more than one row" in ran.err
    assert "lesions rejected" not in ran.err


def test_lesion_of_nobody_names_who_is_only_written_otherwise(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id\n1\n2\nP-007\nq 3\nQ3\n")
    (tmp_path / "l.csv").write_text("patient_id,lesion_id\n1.0,a\n1.0,b\np7,a\nP-009,a\nq-3,a\n")
    assert run("classify", "p.csv", "--lesions", "l.csv", "--format", "csv").status == 1
    strangers = pl.read_csv(tmp_path / "p.rejected.lesions.csv")["_reason"]
    no = "column patient_id: the patient table has no such patient"
    assert strangers.to_list() == [f"{no}; it has '1'"] * 2 + [f"{no}; it has 'P-007'", no, no]
