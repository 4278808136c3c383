"""Patient tables: which columns and rows are taken, which are rejected, and with what reason."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

import kg
from kg.errors import InputError
from kg.guideline import Guideline
from kg.patients.reading import Reading
from kg.patients.tables import PatientTable, find_patient


def table_of(
    guideline: Guideline, folder: Path, text: str, lesions: str | None = None, **options: bool
) -> PatientTable:
    path, lesion_path = folder / "p.csv", folder / "l.csv"
    path.write_text(text)
    if lesions is not None:
        lesion_path.write_text(lesions)
    return PatientTable(guideline, path, lesion_path if lesions is not None else None, **options)


def split(table: PatientTable) -> tuple[list[str], dict[int, str]]:
    """Return the identifiers of the good rows, and the reason of each rejected row."""
    good, bad = [], {}
    for batch in table.batches():
        good += batch.cells["patient_id"].to_list()
        bad.update(batch.rejected.select("_row", "_reason").iter_rows())
    return good, bad


# Columns


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("patient_id,tumor_count", r"unknown column 'tumor_count' \(nearest: tumour_count\)"),
        (
            "patient_id,ECOG",
            r"'ECOG' \(nearest: ecog\); correct the name, or pass ignore_unknown=True",
        ),
        ("patient_id,zzz,ecgo", r"unknown column 'zzz', 'ecgo' \(nearest: ecog\)"),
        ("patient_id,ecog,inr,ecog", "has more than one column ecog; keep one"),
        ("patient_id,ecog,patient_id", "has more than one column patient_id; keep one"),
        ("patientid,ecog", "has no column patient_id; every row needs one; if 'patientid' is that"),
        ("ecog,inr", "has no column patient_id; every row needs one; the columns are ecog, inr$"),
    ],
)
def test_header_that_is_wrong_is_an_error_that_helps(
    guideline: Guideline, tmp_path: Path, header: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        table_of(guideline, tmp_path, header + "\n")


def test_unknown_columns_can_be_left_out(guideline: Guideline, tmp_path: Path) -> None:
    table = table_of(
        guideline, tmp_path, "x,patient_id,_y\n1,p,2\n", reading=Reading(ignore_unknown=True)
    )
    assert split(table) == (["p"], {})


def test_table_without_rows_has_no_rows(guideline: Guideline, tmp_path: Path) -> None:
    table = table_of(guideline, tmp_path, "patient_id,ecog\n", "patient_id,lesion_id\n")
    assert table.height == 0
    assert split(table) == ([], {})


# Cells


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("tumour_count", "0", "'0' is out of range; expected a whole number of at least 1"),
        ("max_tumour_diameter_cm", '"3,5"', "'3,5' has a decimal comma; write 3.5"),
        ("cachexia", "maybe", "'maybe' is neither true nor false; write true, false or nothing"),
        ("child_pugh_class", "D", "'D' is not a value; expected one of A, B, C"),
    ],
)
def test_bad_cell_rejects_its_row_with_column_cell_and_what_was_expected(
    guideline: Guideline, tmp_path: Path, column: str, cell: str, told: str
) -> None:
    text = f"patient_id,{column}\np1,\np2,{cell}\np3,unknown\n"
    good, bad = split(table_of(guideline, tmp_path, text))
    assert good == ["p1", "p3"]
    assert list(bad) == [2]
    assert bad[2].startswith(f"column {column}: ")
    assert told in bad[2]


@pytest.mark.parametrize("cell", ["1e400", ">=1e400", "9" * 400, "1e3"])
def test_huge_number_within_an_open_range_is_accepted(
    guideline: Guideline, tmp_path: Path, cell: str
) -> None:
    text = f"patient_id,tumour_count,afp_ng_ml\np,{cell},{cell}\n"
    assert split(table_of(guideline, tmp_path, text)) == (["p"], {})


def test_every_bad_cell_of_a_row_is_told(guideline: Guideline, tmp_path: Path) -> None:
    _, bad = split(table_of(guideline, tmp_path, "patient_id,ecog,inr\np,9,x\n"))
    first, second = bad[1].split("; column inr: ")
    assert first.startswith("column ecog: '9' is out of range")
    assert second.startswith("'x' is not a number")


@pytest.mark.parametrize("digits", ["5.00000000000000000001", "5.0" + "0" * 500 + "1"])
def test_diameter_is_compared_with_all_its_digits(
    guideline: Guideline, tmp_path: Path, digits: str
) -> None:
    five = f"patient_id,max_tumour_diameter_cm\np1,5\np2,{digits}\np3,5.{'0' * 50}\n"
    (batch,) = table_of(guideline, tmp_path, five).batches()
    at, above, zeros = batch.knowledge["max_tumour_diameter_cm"]
    assert above == at << 1
    assert zeros == at


PARQUET = [
    # column, values, rows that are good
    ("tumour_count", pl.Series([2.0, 2.5, float("nan"), float("inf"), None]), [1, 3, 5]),
    ("tumour_count", pl.Series([2.0, 2.5, None], dtype=pl.Float16), [1, 3]),
    ("cachexia", pl.Series([1.0, 0.0, 0.5, None], dtype=pl.Float16), [1, 2, 4]),
    ("cachexia", pl.Series([1.0, 0.0, 0.5, None]), [1, 2, 4]),
    ("tumour_count", pl.Series([True, False]), []),
    ("inr", pl.Series([1.0, float("nan"), -float("inf"), None]), [1, 2, 4]),
    ("child_pugh_class", pl.Series([1, 2, None]), [3]),
    ("child_pugh_class", pl.Series([True, None]), [2]),
    ("cachexia", pl.Series([1, 0, 2, None]), [1, 2, 4]),
    ("ecog", pl.Series([0, 4, 5, -1], dtype=pl.Int8), [1, 2]),
]


@pytest.mark.parametrize(("column", "values", "good"), PARQUET)
def test_parquet_value_of_the_wrong_type_rejects_its_row(
    guideline: Guideline, tmp_path: Path, column: str, values: pl.Series, good: list[int]
) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame(
        {"patient_id": pl.Series(range(1, len(values) + 1)), column: values}
    ).write_parquet(path)
    found, bad = split(PatientTable(guideline, path))
    assert found == list(map(str, good))
    assert set(bad) == set(range(1, len(values) + 1)) - set(good)
    assert all(reason.startswith(f"column {column}: ") for reason in bad.values())


# Identifiers


@pytest.mark.parametrize("cell", ["", " ", "NA", "null", "Unknown", '" na "'])
def test_row_without_identifier_is_rejected(
    guideline: Guideline, tmp_path: Path, cell: str
) -> None:
    good, bad = split(table_of(guideline, tmp_path, f"patient_id,ecog\np1,1\n{cell},1\n{cell},2\n"))
    assert good == ["p1"]
    assert bad == dict.fromkeys([2, 3], "column patient_id: every row needs an identifier")


def test_all_rows_of_a_repeated_patient_are_rejected(guideline: Guideline, tmp_path: Path) -> None:
    text = "patient_id,ecog\np1,1\np2,1\np1,2\np1,1\n"
    good, bad = split(table_of(guideline, tmp_path, text))
    assert good == ["p2"]
    told = "p1 is in more than one row; keep one row"
    assert bad == dict.fromkeys([1, 3, 4], f"column patient_id: {told}")


def test_repeated_patient_is_found_across_batches(
    guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.readers.source.TEXT_BATCH", 1)
    text = '"patient_id",ecog\np1,1\np2,1\np1,2\n'
    good, bad = split(table_of(guideline, tmp_path, text))
    assert good == ["p2"]
    assert list(bad) == [1, 3]


# Lesions

PATIENTS = "patient_id,ecog\na,1\nb,1\nc,1\n"


@pytest.mark.parametrize(
    ("lesion", "told"),
    [
        ("b,2,0,", "lesion table, row 3: column diameter_cm: '0' is out of range"),
        ("b,2,1,often", "lesion table, row 3: column hypervascular: 'often' is neither true"),
        ("b,1,2,", "lesion table, row 2: column lesion_id: '1' is in more than one row"),
        ("b,,2,", "lesion table, row 3: column lesion_id: every lesion needs an identifier"),
        ("b,NA,2,", "lesion table, row 3: column lesion_id: every lesion needs an identifier"),
        ("b,2", "lesion table, row 3: the row has 2 cells where the header names 4"),
    ],
)
def test_bad_lesion_rejects_its_patient_with_all_lesions(
    guideline: Guideline, tmp_path: Path, lesion: str, told: str
) -> None:
    text = f"patient_id,lesion_id,diameter_cm,hypervascular\na,1,1,\nb,1,1,\n{lesion}\nb,9,1,\n"
    (batch,) = table_of(guideline, tmp_path, PATIENTS, text).batches()
    assert batch.cells["patient_id"].to_list() == ["a", "c"]
    assert batch.rejected["_reason"].item().startswith(told)
    assert batch.rejected_lesions is not None
    assert batch.rejected_lesions["_row"].to_list() == [2, 3, 4]
    assert batch.rejected_lesions["_reason"].unique().item().startswith(told)


def test_lesions_without_identifier_do_not_make_each_other_repeated(
    guideline: Guideline, tmp_path: Path
) -> None:
    lesions = "patient_id,lesion_id\na,1\na,\na,\n"
    _, bad = split(table_of(guideline, tmp_path, PATIENTS, lesions))
    assert bad == {1: "lesion table, row 2: column lesion_id: every lesion needs an identifier"}


def test_same_lesion_id_in_two_patients_is_fine(guideline: Guideline, tmp_path: Path) -> None:
    table = table_of(guideline, tmp_path, PATIENTS, "patient_id,lesion_id\na,1\nb,1\n")
    assert split(table) == (["a", "b", "c"], {})


def test_lesion_of_an_unknown_patient_is_a_stranger(guideline: Guideline, tmp_path: Path) -> None:
    lesions = "patient_id,lesion_id\na,1\nz,1\n,2\n"
    table = table_of(guideline, tmp_path, PATIENTS, lesions)
    assert table.lesions is not None
    assert table.lesions.strangers["_row"].to_list() == [2, 3]
    stranger, nobodys = table.lesions.strangers["_reason"]
    assert stranger == "column patient_id: the patient table has no such patient"
    assert nobodys.startswith("column patient_id: every lesion needs the identifier of its patient")
    assert split(table) == (["a", "b", "c"], {})  # what is below z is none of theirs


def test_lesions_below_that_name_no_patient_leave_the_list_above_incomplete(
    guideline: Guideline, tmp_path: Path
) -> None:
    lesions = "patient_id,lesion_id\na,1\n,2\nNA,3\nb,1\n"
    table = table_of(guideline, tmp_path, PATIENTS, lesions)
    good, bad = split(table)
    assert good == ["b", "c"]
    told = (
        "lesion table, row 2: column patient_id: every lesion needs the identifier of its patient"
    )
    assert bad == {1: f"{told}; where cells are merged, write it in each row"}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("patient_id,diameter_cm", "has no column lesion_id; every row needs one"),
        ("lesion_id,diameter_cm", "has no column patient_id"),
        ("patient_id,lesion_id,diameter_mm", r"'diameter_mm' \(nearest: diameter_cm\)"),
        ("patient_id,lesion_id,tumour_count", "unknown column 'tumour_count'"),
    ],
)
def test_lesion_header_that_is_wrong_is_an_error(
    guideline: Guideline, tmp_path: Path, header: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        table_of(guideline, tmp_path, PATIENTS, header + "\n")


def test_lesions_in_parquet_say_what_lesions_in_csv_say(
    guideline: Guideline, tmp_path: Path
) -> None:
    frame = pl.DataFrame({"patient_id": ["a", "a"], "lesion_id": [1, 2], "diameter_cm": [2.5, 3.0]})
    frame.write_parquet(tmp_path / "l.parquet")
    text = table_of(guideline, tmp_path, PATIENTS, frame.write_csv())
    typed = PatientTable(guideline, tmp_path / "p.csv", tmp_path / "l.parquet")
    (one,), (two,) = text.batches(), typed.batches()
    assert list(text.records(one)) == list(typed.records(two))


# One patient


def test_one_patient_is_found_with_its_lesions(guideline: Guideline, tmp_path: Path) -> None:
    table_of(guideline, tmp_path, PATIENTS, "patient_id,lesion_id,diameter_cm\nb,1,3\n")
    record = find_patient(guideline, tmp_path / "p.csv", "b", tmp_path / "l.csv")
    assert record.patient_id == "b"
    assert record.derived["max_tumour_diameter_cm"] == "LesionDerivation"


def test_patient_that_is_not_there_names_some_that_are(
    guideline: Guideline, tmp_path: Path
) -> None:
    table_of(guideline, tmp_path, "patient_id\npatient-17\nother\n")
    with pytest.raises(InputError, match=r"has no patient 'patient-71'.*for instance, patient-17"):
        find_patient(guideline, tmp_path / "p.csv", "patient-71")
    table_of(guideline, tmp_path, "patient_id\n")
    with pytest.raises(InputError, match="has no patient 'x'; it has no rows"):
        find_patient(guideline, tmp_path / "p.csv", "x")


def test_patient_whose_row_is_rejected_is_told_why(guideline: Guideline, tmp_path: Path) -> None:
    table_of(guideline, tmp_path, "patient_id,ecog\na,1\nb,9\n")
    with pytest.raises(InputError, match=r"p\.csv, row 2: column ecog: '9' is out of range"):
        find_patient(guideline, tmp_path / "p.csv", "b")


def test_of_many_unknown_columns_those_that_may_be_variables_are_told() -> None:
    names = [f"lab_{number}" for number in range(40)]
    table = pl.DataFrame({"patient_id": ["p"], **dict.fromkeys(names, 1), "tumor_count": 1})
    with pytest.raises(kg.UnknownColumnsError) as raised:
        kg.classify_table(table)
    assert "unknown column 'tumor_count' (nearest: tumour_count)" in str(raised.value)
    assert re.search(r" and \d+ more; correct the name, or pass ignore", str(raised.value))
