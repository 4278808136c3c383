"""Readers: each format gives the same cells, and tells what it cannot read and where."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from kg import readers
from kg.engines.registry import engine_of
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.keys import PROBLEM, ROW
from kg.patients.tables import PatientTable
from kg.readers import csv as csv_reader
from kg.readers import open_source, source

DATA = Path(__file__).parent / "data"
SAMPLES = sorted(
    path
    for path in DATA.glob("*.*")
    if path.suffix in readers.FORMATS and "edition" not in path.stem
)


def rows(path: Path, *names: str) -> list[tuple[object, ...]]:
    """Return the number, some cells and the problem of every row."""
    frames = open_source(path, load()).batches()
    return [row for f in frames for row in f.select(ROW, *names, PROBLEM).iter_rows()]


def problem(path: Path) -> str:
    """Return the one problem of a table of one row."""
    ((*_, told),) = rows(path)
    assert isinstance(told, str)
    return told


def verdicts(guideline: Guideline, path: Path) -> pl.DataFrame:
    """Return the results of a table, without the numbers of the rows."""
    table, engine = PatientTable(guideline, path), engine_of("compiled", guideline).batches()
    batches = list(table.batches())
    assert not any(len(batch.rejected) for batch in batches), batches[0].rejected
    return pl.concat([engine(table, batch) for batch in batches]).drop(ROW)


# The same cells in every format


def test_every_format_has_a_sample() -> None:
    assert {sample.suffix for sample in SAMPLES} == set(readers.FORMATS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_sample_gives_the_same_results(guideline: Guideline, sample: Path) -> None:
    found = verdicts(guideline, sample)
    assert found["patient_id"].to_list() == ["d1", "d2", "d3", "d4"]
    assert found.equals(verdicts(guideline, SAMPLES[0].with_name("patients.csv")))


def test_ending_of_a_name_may_be_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "P.CSV").write_text("patient_id\np1\n")
    assert rows(tmp_path / "P.CSV", "patient_id") == [(1, "p1", None)]


@pytest.mark.parametrize("name", ["cohort[1]", "*", "a?", "~", "{x}", "%41", "né"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_signs_in_the_name_of_a_file_mean_nothing(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / f"{name}.{form}"
    if form == "parquet":
        pl.DataFrame({"patient_id": ["p1"], "ecog": ["1"]}).write_parquet(path)
    else:
        path.write_text("patient_id,ecog\np1,1\n" if form == "csv" else '{"patient_id": "p1"}')
    (tmp_path / f"cohort1.{form}").write_text("patient_id,ecog\nanother,1\n")
    assert rows(path, "patient_id") == [(1, "p1", None)]


# CSV


@pytest.mark.parametrize(
    "text",
    [
        "patient_id,ecog\np1,1\np2,\n",
        "patient_id,ecog\np1,1\np2,",
        "\ufeffpatient_id,ecog\np1,1\np2,\n",
        "patient_id,ecog\r\np1,1\r\np2,\r\n",
        "\ufeffpatient_id,ecog\r\np1,1\r\np2,\r\n",
        " patient_id , ecog\np1,1\np2,\n",
        '"patient_id",ecog\np1,"1"\n"p2",""\n',
        "patient_id,ecog\n\np1,1\n\n\np2,\n\n",
        "patient_id,_reason,ecog,_row,_row\np1,x,1,7,8\np2,y,,9,10\n",
    ],
    ids=["plain", "no-end", "bom", "crlf", "bom-crlf", "blanks", "quotes", "blank-lines", "notes"],
)
def test_the_ways_to_write_csv_give_the_same_cells(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(text.encode())
    found = [
        (number, name, ecog or None, told)
        for number, name, ecog, told in rows(path, "patient_id", "ecog")
    ]
    assert found == [(1, "p1", "1", None), (2, "p2", None, None)]
    assert open_source(path, load()).columns == ["patient_id", "ecog"]


def test_quotes_commas_and_line_ends_stand_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('patient_id,ecog\n"a ""b"", c",1\n"line\nline",2\n')
    assert rows(path, "patient_id") == [(1, 'a "b", c', None), (2, "line\nline", None)]


@pytest.mark.parametrize("blank", ["", "\n", "\n\n"])
def test_blank_lines_are_no_rows_of_a_table_of_one_column(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"patient_id\n{blank}p1\n{blank}p2\n{blank}")
    assert [row[1] for row in rows(path, "patient_id")] == ["p1", "p2"]


def test_row_that_is_too_short_is_a_problem_and_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("patient_id,ecog,inr\np1,1,1\np2,1\np3,1,1\n")
    told = "the row has 2 cells where the header names 3"
    assert rows(path, "patient_id") == [(1, "p1", None), (2, "p2", told), (3, "p3", None)]


def test_row_that_is_too_long_tells_the_cells_beyond(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('patient_id,ecog\np1,3,5,"a, b"\n')
    told = "the row has 4 cells where the header names 2; the extra cells are '5', 'a, b'"
    assert problem(path) == told


@pytest.mark.parametrize("cell", ['"open', '"a"b', '"p1,1\np2,2\n'])
def test_broken_quotes_are_an_error_that_names_the_row(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"patient_id,ecog\np0,1\n{cell},1\n")
    with pytest.raises(InputError, match=r"p\.csv, data row 2: not valid CSV: .*check the quotes"):
        rows(path)


def test_broken_quotes_in_the_header_are_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('"patient_id"x,ecog\n')
    with pytest.raises(InputError, match=r"p\.csv, line 1: not valid CSV"):
        open_source(path, load())


def test_header_of_blanks_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("\np1,1\n")
    with pytest.raises(InputError, match="no header row; its first line should name the columns"):
        open_source(path, load())


def test_batches_number_the_rows_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "BATCH", 2)
    monkeypatch.setattr(source, "TEXT_BATCH", 2)
    path = tmp_path / "p.csv"
    for header in ("patient_id,ecog", '"patient_id",ecog'):
        path.write_text(header + "".join(f"\np{i},1" for i in range(1, 6)))
        assert [row[:2] for row in rows(path, "patient_id")] == [(i, f"p{i}") for i in range(1, 6)]


# JSON Lines


def jsonl(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    cells = ["5.00000000000000000001", "1e400", "-0", "1" * 5000, "2.50", "NaN"]
    path = jsonl(tmp_path, *(f'{{"patient_id": "p", "inr": {cell}}}' for cell in cells))
    assert [row[1] for row in rows(path, "inr")] == cells


def test_json_booleans_numbers_and_null_become_cells(tmp_path: Path) -> None:
    path = jsonl(tmp_path, '{"patient_id": 7, "inr": true}', '{"inr": false}', '{"inr": null}')
    found = [(1, "7", "true", None), (2, None, "false", None), (3, None, None, None)]
    assert rows(path, "patient_id", "inr") == found


def test_json_keys_may_come_late_and_in_any_order(tmp_path: Path) -> None:
    path = jsonl(tmp_path, '{"patient_id": "a"}', '{"inr": 1, "patient_id": "b"}')
    assert open_source(path, load()).columns == ["patient_id", "inr"]
    assert rows(path, "patient_id", "inr") == [(1, "a", None, None), (2, "b", "1", None)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nope", "the line is not a JSON object; it is nope"),
        ("[1]", "the line is not a JSON object; it is [1]"),
        ('{"a": 1', 'the line is not a JSON object; it is {"a": 1'),
        ("[" * 100_000, "the line nests too deeply; it is [[["),
        ('{"inr": 1, "inr": 2}', 'the line names \'inr\' twice; it is {"inr": 1, "inr": 2}'),
        (r'{"patient_id": "\ud800"}', "the line has half of a surrogate pair"),
        ('{"inr": [1.50, null, {"a": true}]}', "column inr: a list or an object is not a cell"),
    ],
    ids=["word", "list", "cut", "deep", "twice", "surrogate", "nested"],
)
def test_json_line_that_is_no_row_is_a_problem_that_keeps_the_line(
    tmp_path: Path, line: str, told: str
) -> None:
    path = jsonl(tmp_path, '{"patient_id": "p", "inr": 1}', line)
    (_, _, none), (number, _, found) = rows(path, "inr")
    assert none is None
    assert number == 2
    assert str(found).startswith(told)


def test_nested_json_stays_as_it_was_written(tmp_path: Path) -> None:
    path = jsonl(tmp_path, '{"patient_id": "p", "inr": [1.50, null, {"é": true}]}')
    assert rows(path, "inr")[0][1] == '[1.50, null, {"é": true}]'


def test_whole_surrogate_pair_is_one_character(tmp_path: Path) -> None:
    path = jsonl(tmp_path, r'{"patient_id": "\ud83d\ude00"}')
    assert rows(path, "patient_id") == [(1, "😀", None)]


def test_json_batches_number_the_rows_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "TEXT_BATCH", 2)
    path = jsonl(tmp_path, *(f'{{"patient_id": "p{i}"}}' for i in range(1, 6)))
    assert [row[:2] for row in rows(path, "patient_id")] == [(i, f"p{i}") for i in range(1, 6)]


@pytest.mark.parametrize("text", ["nope\n", "\n\n", "[]\n{\n"])
def test_file_without_any_json_object_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"holds no JSON object.*; write one object per line"):
        open_source(jsonl(tmp_path, text), load())


# Parquet


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1]]),
        pl.Series([{"a": 1}]),
        pl.Series(["2024-01-01"]).str.to_date(),
        pl.Series(["2024-01-01"]).str.to_datetime(),
        pl.Series([b"1"]),
        pl.Series([1], dtype=pl.Duration),
    ],
    ids=lambda series: str(series.dtype),
)
def test_parquet_column_that_can_be_no_cell_is_an_error(tmp_path: Path, values: pl.Series) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"patient_id": ["p"], "inr": values}).write_parquet(path)
    with pytest.raises(InputError, match=r"column inr: values of type .* are not cells; store"):
        PatientTable(load(), path)


def test_text_that_is_named_parquet_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.parquet").write_text("patient_id,ecog\np1,1\n" * 10)
    with pytest.raises(InputError, match=r"p\.parquet is not a Parquet file that can be read"):
        open_source(tmp_path / "p.parquet", load())


@pytest.mark.parametrize("where", ["end", "middle"])
def test_damaged_parquet_is_an_error(tmp_path: Path, where: str) -> None:
    path = tmp_path / "p.parquet"
    ids = pl.Series([f"patient {i * 7919 % 10007}" for i in range(5000)])
    pl.DataFrame({"patient_id": ids}).write_parquet(path)
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(data[:half] if where == "end" else data[:40] + bytes(half) + data[40 + half :])
    with pytest.raises(InputError, match=r"not a Parquet file that can be read|is damaged"):
        rows(path)


# What is not a table at all


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty; it needs a header row or records"),
        ("patient_id\np1\n".encode("utf-16-le"), "is not text: it has a zero byte at byte 1"),
        (b"PK\x03\x04\x00\x00", "zero byte at byte 4. It begins as a .xlsx file does"),
        (b"patient_id\np1\n\xf0\x9f\x98", "line 3: a byte that is not UTF-8"),
        ("patient_id\n\u20ac\nzo\u00eb\n".encode() + b"\xe9", "line 4: a byte that is not UTF-8"),
        ("patient_id\nzo\u00eb\n".encode() + b"\xe9", "line 3: a byte that is not UTF-8"),
    ],
    ids=["empty", "utf-16-no-bom", "zip", "cut", "one-byte", "last-byte"],
)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_file_that_is_no_utf8_text_is_an_error(
    tmp_path: Path, data: bytes, told: str, form: str
) -> None:
    path = tmp_path / f"p.{form}"
    path.write_bytes(data)
    with pytest.raises(InputError, match=told):
        open_source(path, load())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ("{}\nzo\u00eb\n".encode("latin-1"), "line 2: a byte that is not UTF-8"),
        (b"\xff{}\n", "line 1: a byte that is not UTF-8"),
    ],
)
def test_json_lines_are_utf8_and_nothing_else(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "p.jsonl").write_bytes(data)
    with pytest.raises(InputError, match=told):
        open_source(tmp_path / "p.jsonl", load())


def test_character_on_the_edge_of_two_chunks_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.readers.text._CHUNK", 1)
    path = tmp_path / "p.csv"
    path.write_text("patient_id\n€😀\n")
    assert rows(path, "patient_id") == [(1, "€😀", None)]
    path.write_bytes("patient_id\n€\n".encode() + b"\xff")
    with pytest.raises(InputError, match="line 3: a byte that is not UTF-8"):
        open_source(path, load())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("folder", "is a folder; name a table in it: .csv, .gz, .json, "),
        ("none.csv", "none.csv: no such file; check the path"),
        ("p.xls", ".xls is not a known format; save the workbook as .xlsx"),
        ("p", "p: no file extension; tables are read from .csv"),
    ],
)
def test_path_that_names_no_table_is_an_error(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "p.xls").touch()
    (tmp_path / "p").touch()
    with pytest.raises(InputError, match=told):
        open_source(tmp_path / name, load())
