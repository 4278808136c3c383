"""Bad input to the command: what it says, with which status, and that nothing is lost."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran

Run = Callable[..., Ran]
RFA = ("--therapy", "rfa", "--format", "csv")


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ids(ran: Ran) -> list[str]:
    return [row["patient_id"] for row in csv.DictReader(ran.out.splitlines(keepends=True))]


# Usage and files: status 2, one message, no output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "name a table of patients, or pass --example; one of the two"),
        ("p.csv --example", "name a table of patients, or pass --example; one of the two"),
        ("--example --lesions p.csv", "brings its own lesions; leave --lesions out"),
        ("none.csv", "none.csv: no such file; check the path"),
        (".", "is a folder; name a table in it"),
        ("p.doc", ".doc is not a known format; tables are read from .csv"),
        ("odd.csv", "unknown column 'tumour_cout' (nearest: tumour_count)"),
        ("p.csv --lesions none.csv", "none.csv: no such file; check the path"),
        ("both.csv", "both.csv: unknown column 'a, b'; correct the name, or pass --ignore-unknown"),
        ("p.csv --sheet x", "p.csv is no workbook: it has no sheet 'x'; leave --sheet out"),
        ("p.csv --unit inr", "--unit 'inr' is not of the form NAME=UNIT"),
        ("p.csv --unit bilirubin=mg/dL", "'bilirubin' is not a variable; the nearest is 'bilirub"),
        ("p.csv --unit albumin_g_l=mmol/l", "'mmol/l' is no unit of albumin_g_l; its units are: g"),
        ("p.csv --missing inx=9", "'inx' is not a variable; the nearest is 'inr'"),
        ("p.csv --keep age", "p.csv has no column 'age' to keep; the columns are patient_id, ecog"),
        (
            "p.csv --keep ecg",
            "p.csv has no column 'ecg' to keep; the nearest is 'ecog'; the columns",
        ),
        ("p.csv --mapping none.toml", "none.toml: the mapping cannot be read: No such file"),
        ("id.csv", "no column patient_id; every row needs one; if 'ID' is that column, rename"),
        ("bars.csv", "is one column, 'patient_id^ecog': separate cells by commas, semicolons,"),
        ("f.json", "this looks like FHIR, which 'hcc-kg import' reads"),
        ("far.csv", "no column patient_id; every row needs one; the columns are ecog, inr\n"),
        ("p.csv --output p.csv", "p.csv is a file that is read; name another file for the result"),
        ("p.csv --output r.csv --rejects r.csv", "r.csv is named for two results; give each"),
        (
            "p.csv --output verd",
            "verd has no extension; end it in one of .csv, .json, .jsonl, .ttl",
        ),
        ("p.csv --output .", ". is a folder; name a file to write to"),
        ("p.csv --output out.xml", "'xml' is not a format; the formats are table, csv, json"),
        ("p.csv --therapy rfb", "rfb"),
        ("p.csv --explain --format csv", "explain goes with format json or jsonl"),
        ("p.csv --explain", "explain goes with format json or jsonl"),
        ("p.csv --compact --format json", "compact goes with format csv or parquet"),
        ("p.csv --output . --format csv", "is a folder; name a file to write to"),
        ("p.csv --output none/out.csv", "none; make it, or name another file\n"),
        ("bad.csv --format csv --rejects none/r.csv", "none/r.csv cannot be written: there is no"),
        ("bad.csv --output out.csv --rejects none/r.csv", "none; make it, or name another file"),
        ("bad.csv --rejects none/r.csv", "bad.csv, row 2: column ecog: '9' is out of range"),
        ("bad.csv --rejects .", ". is a folder; name a file to write to with --rejects"),
    ],
)
def test_wrong_usage_ends_with_a_message_and_without_output(
    run: Run, tmp_path: Path, arguments: str, told: str
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\np,1\n")
    (tmp_path / "bad.csv").write_text("patient_id,ecog\np,1\nq,9\n")
    (tmp_path / "odd.csv").write_text("patient_id,tumour_cout\np,1\n")
    (tmp_path / "both.csv").write_text('patient_id;"a, b"\np;1,5\n')
    (tmp_path / "id.csv").write_text("ecog,ID\n1,p\n")
    (tmp_path / "far.csv").write_text("ecog,inr\n1,1\n")
    (tmp_path / "bars.csv").write_text("patient_id^ecog\np^1\n")
    (tmp_path / "f.json").write_text('{\n "resourceType": "Bundle",\n "id": "x"\n}')
    (tmp_path / "p.doc").touch()
    before = sorted(tmp_path.iterdir())
    ran = run("classify", *arguments.split())
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("hcc-kg: ")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "command",
    [
        "classify --example --engine oracle",
        "classify --example --format oracle",
        "certify --engine oracle",
        "explain p.csv p --engine oracle",
        "graph build --example --store a --engine oracle",
    ],
)
def test_a_choice_that_is_none_ends_with_the_choices(
    run: Run, tmp_path: Path, command: str
) -> None:
    ran = run(*command.split())
    assert (ran.status, ran.out) == (2, "")
    told = " ".join(ran.err.replace("│", " ").split())
    choices = "'table', 'csv'" if "--format" in command else "'compiled', 'hermit'"
    assert f"'oracle' is not one of {choices}" in told
    assert not list(tmp_path.iterdir())


def test_unknown_option_is_wrong_usage_too(run: Run) -> None:
    assert run("classify", "--exampel").status == 2


@pytest.mark.parametrize("option", ["--output", "--rejects"])
@pytest.mark.parametrize("table", ["p.csv", "l.csv"])
def test_input_is_not_written_over(run: Run, tmp_path: Path, option: str, table: str) -> None:
    texts = {"p.csv": "patient_id,ecog\np,9\n", "l.csv": "patient_id,lesion_id\np,1\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    ran = run("classify", "p.csv", "--lesions", "l.csv", option, tmp_path / table)
    assert ran.status == 2
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == texts


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("template --output none/t.csv", "none/t.csv cannot be written: there is no folder "),
        ("graph build --example --store none/a", "none/a: no store can be made here: there is no "),
        ("query --file nothing.rq", "nothing.rq: no such file; check the path"),
    ],
)
def test_missing_folder_or_file_is_told_alike_by_every_command(
    run: Run, tmp_path: Path, command: str, told: str
) -> None:
    ran = run(*command.split())
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"hcc-kg: {told}")
    assert not list(tmp_path.iterdir())


def test_help_has_no_line_breaks_of_its_source(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = run("classify", "--help").out
    (line,) = [line for line in told.splitlines() if "Spark reads text tables" in line]
    following = told.splitlines()[told.splitlines().index(line) + 1]
    assert following.strip().startswith("remote output in CSV")


def test_default_file_for_rejects_that_cannot_be_written_is_told_with_the_option(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\np,1\nq,9\n")
    monkeypatch.chdir("/proc")
    ran = run("classify", tmp_path / "p.csv", "--format", "csv")
    assert (ran.status, ran.out) == (2, "")
    assert f"{tmp_path}/p.csv, row 2: column ecog: '9' is out of range" in ran.err
    assert "p.rejected.csv cannot be written: No such file or directory in /proc" in ran.err
    assert ran.err.endswith("; name another file with --rejects\n")


def test_bad_cell_is_quoted_as_it_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,child_pugh_class\np,Child A\nq,B\n")
    assert ids(run("classify", "p.csv", *RFA)) == ["q"]
    (row,) = rejected(tmp_path / "p.rejected.csv")
    assert row["_reason"].startswith("column child_pugh_class: 'Child A' is not a value")


def test_reasons_stand_in_the_order_of_the_columns(run: Run, tmp_path: Path) -> None:
    for columns in (("ecog", "age_years", "inr"), ("inr", "age_years", "ecog")):
        (tmp_path / "p.csv").write_text(f"patient_id,{','.join(columns)}\np,x,x,x\n")
        assert run("classify", "p.csv").status == 1
        (row,) = rejected(tmp_path / "p.rejected.csv")
        (tmp_path / "p.rejected.csv").unlink()
        told = [part.split(":")[0] for part in row["_reason"].split("; ") if "column" in part]
        assert told == [f"column {name}" for name in columns]


def test_a_key_is_not_taken_for_another_column(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\na,1\n", "utf-8")
    (tmp_path / "l.csv").write_text("patient_id,lesion_id,diameter_cm\na,1,2\n", "utf-8")
    told = run("classify", "p.csv", "--lesions", "p.csv").err
    assert "has no column lesion_id; every row needs one; " in told
    assert "'patient_id' is that column" not in told
    assert "'lesion_id', 'diameter_cm' (nearest: max_tumour" in run("classify", "l.csv").err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe_is_told_from_a_missing_file(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.csv")
    assert "p.csv is no file but a pipe or device; read it with -" in run("classify", "p.csv").err


def test_template_is_no_workbook(run: Run, tmp_path: Path) -> None:
    assert "name a file that ends in .csv" in run("template", "--output", "t.xlsx").err
    assert not (tmp_path / "t.xlsx").exists()


@pytest.mark.parametrize("kind", ["patients", "lesions", "columns"])
def test_template_says_what_it_wrote_and_replaces_nothing(
    run: Run, tmp_path: Path, kind: str
) -> None:
    ran = run("template", kind, "--output", "new.csv")
    head, *rows = (tmp_path / "new.csv").read_text().splitlines()
    size = f"a header of {head.count(',') + 1} columns, {len(rows) or 'no'} rows"
    assert (ran.status, ran.out, ran.err) == (0, "", f"Wrote new.csv: {size}.\n")
    (tmp_path / "new.csv").write_text("patient_id\np1\n")
    ran = run("template", kind, "--output", "new.csv")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "hcc-kg: new.csv exists; name another file, or remove it\n"
    assert (tmp_path / "new.csv").read_text() == "patient_id\np1\n"


# Bad rows: status 1, the others classified, the bad ones kept whole


def test_rejected_rows_are_kept_whole_and_can_be_corrected_and_fed_back(
    run: Run, tmp_path: Path
) -> None:
    text = 'ecog,_note,patient_id,inr\n1,n,p1,1\n9,"a, ""b""",p2,\n2,,p3,"1,5"\n3,,p3,1\n'
    (tmp_path / "p.csv").write_text(text)
    ran = run("classify", "p.csv", *RFA)
    assert ran.status == 1
    assert ids(ran) == ["p1"]
    assert "3 rows rejected: see p.rejected.csv" in ran.err
    assert "The first: p.csv, row 2: column ecog: '9' is out of range" in ran.err
    path = tmp_path / "p.rejected.csv"
    assert path.read_text().splitlines()[0] == "ecog,_note,patient_id,inr,_row,_reason"
    one, two, three = rejected(path)
    assert (one["_note"], one["ecog"], one["_row"]) == ('a, "b"', "9", "2")
    assert (two["inr"], two["_row"], three["_row"]) == ("1,5", "3", "4")
    assert "decimal comma" in two["_reason"]
    assert "p3 is in more than one row" in two["_reason"]
    fixed = path.read_text().replace("9,", "4,").replace('"1,5"', "1.5").replace("p3,1,", "p4,1,")
    path.write_text(fixed)
    again = run("classify", path, *RFA)
    assert (again.status, ids(again)) == (0, ["p2", "p3", "p4"])


def test_rejects_go_where_they_are_told_or_beside_the_output(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "p.csv").write_text("patient_id,ecog\np1,1\np2,9\n")
    for options in ([], ["--output", "out/o.csv"], ["--rejects", "out/mine.txt"]):
        assert run("classify", "in/p.csv", *RFA, *options).status == 1
    places = ("p.rejected.csv", "out/p.rejected.csv", "out/mine.txt")
    assert len({(tmp_path / place).read_bytes() for place in places}) == 1
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["p.csv"]


def test_run_without_bad_rows_writes_no_rejects(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\np1,1\n")
    assert run("classify", "p.csv").status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


@pytest.mark.parametrize("bad", ["patient", "lesion", "stranger"])
def test_strict_run_ends_at_the_first_bad_row_without_any_file(
    run: Run, tmp_path: Path, bad: str
) -> None:
    lesion = {"patient": "p1,1,1", "lesion": "p1,1,0", "stranger": "x,1,1"}[bad]
    (tmp_path / "p.csv").write_text(f"patient_id,ecog\np1,{9 if bad == 'patient' else 1}\n")
    (tmp_path / "l.csv").write_text(f"patient_id,lesion_id,diameter_cm\n{lesion}\n")
    options = ["--lesions", "l.csv", "--strict", "--output", "o.csv"]
    ran = run("classify", "p.csv", *options)
    assert ran.status == 2
    place = "l.csv, row 1: " if bad == "stranger" else "p.csv, row 1: "
    assert ran.err.startswith("hcc-kg: " + place)
    assert ran.err.endswith("; no result was written, as the run is strict\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["l.csv", "p.csv"]


def test_lesions_of_rejected_patients_are_kept_so_that_both_can_be_fed_back(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\na,1\nb,9\nc,1\n")
    lesions = "patient_id,lesion_id,diameter_cm\na,1,2\nb,1,2\nb,2,3\nc,1,2\nc,2,zero\nx,1,1\n"
    (tmp_path / "l.csv").write_text(lesions)
    ran = run("classify", "p.csv", "--lesions", "l.csv", *RFA)
    assert (ran.status, ids(ran)) == (1, ["a"])
    assert "5 lesions rejected: see p.rejected.lesions.csv" in ran.err
    patients, bad = tmp_path / "p.rejected.csv", tmp_path / "p.rejected.lesions.csv"
    found = [(row["patient_id"], row["lesion_id"], row["_row"]) for row in rejected(bad)]
    assert found == [
        ("b", "1", "2"),
        ("b", "2", "3"),
        ("c", "1", "4"),
        ("c", "2", "5"),
        ("x", "1", "6"),
    ]
    patients.write_text(patients.read_text().replace("b,9", "b,2"))
    kept = [line for line in bad.read_text().splitlines() if not line.startswith("x,")]
    bad.write_text("\n".join(kept).replace("c,2,zero", "c,2,1"))
    again = run("classify", patients, "--lesions", bad, *RFA)
    assert (again.status, ids(again)) == (0, ["b", "c"])


def test_rejects_of_many_batches_are_one_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.readers.source.TEXT_BATCH", 2)
    text = '"patient_id",ecog\np1,9\np2,1\np3,9\np4,1,beyond\np5\np6,x\n'
    (tmp_path / "p.csv").write_text(text)
    assert ids(run("classify", "p.csv", *RFA)) == ["p2"]
    found = rejected(tmp_path / "p.rejected.csv")
    assert [row["_row"] for row in found] == ["1", "3", "4", "5", "6"]
    assert all(set(row) == {"patient_id", "ecog", "_row", "_reason"} for row in found)
    assert "the extra cell is 'beyond'" in found[2]["_reason"]


def test_broken_json_lines_are_kept_in_the_rejects(run: Run, tmp_path: Path) -> None:
    lines = ['{"patient_id": "a"}', '{"patient_id": "b", ', '{"patient_id": "c", "ecog": [1]}']
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    ran = run("classify", "p.jsonl", *RFA)
    assert (ran.status, ids(ran)) == (1, ["a"])
    broken, nested = rejected(tmp_path / "p.rejected.csv")
    assert broken["_reason"] == f"the line is not a JSON object; it is {lines[1].strip()}"
    assert (nested["patient_id"], nested["ecog"]) == ("c", "[1]")


def test_rejected_parquet_values_are_written_as_they_stand(run: Run, tmp_path: Path) -> None:
    frame = pl.DataFrame({"patient_id": [1, 2], "ecog": [2.0, 2.5], "cachexia": [True, False]})
    frame.write_parquet(tmp_path / "p.parquet")
    ran = run("classify", "p.parquet", *RFA)
    assert (ran.status, ids(ran)) == (1, ["1"])
    (row,) = rejected(tmp_path / "p.rejected.csv")
    assert (row["patient_id"], row["ecog"], row["cachexia"], row["_row"]) == (
        "2",
        "2.5",
        "false",
        "2",
    )


# Cells that try to break it


def test_megabyte_in_one_cell_is_taken_as_identifier_and_cut_in_messages(
    run: Run, tmp_path: Path
) -> None:
    huge = "x" * 1_000_000
    (tmp_path / "p.csv").write_text(f'"patient_id",ecog\n{huge},1\np2,{huge}\n{huge}y,9\n')
    ran = run("classify", "p.csv", *RFA)
    assert (ran.status, ids(ran)) == (1, [huge])
    assert len(ran.err) < 2_000
    one, two = rejected(tmp_path / "p.rejected.csv")
    assert one["ecog"] == huge
    assert two["patient_id"] == huge + "y"
    assert len(one["_reason"]) < 500


def test_identifier_that_is_a_formula_is_accepted_with_a_warning(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\n=cmd(),1\n@x,1\np,1\n")
    ran = run("classify", "p.csv", *RFA)
    assert (ran.status, ids(ran)) == (0, ["=cmd()", "@x", "p"])
    assert "Identifiers that begin with =, +, - or @: 2. A spreadsheet would run them" in ran.err
    assert "spreadsheet" not in run("classify", "p.csv", "--format", "json").err


@pytest.mark.parametrize("name", ["[red]", "[/]", ":smile:", "\x1b[31m", "é\u202e", "a\nb"])
def test_identifier_comes_out_as_it_went_in(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps({"patient_id": name, "ecog": 1}))
    (tmp_path / "r.jsonl").write_text(json.dumps({"patient_id": name, "ecog": name}))
    (told,) = json.loads(run("classify", "p.jsonl", "--format", "json").out)
    assert told["patient_id"] == name
    assert ids(run("classify", "p.jsonl", *RFA)) == [name]
    assert run("classify", "r.jsonl").status == 1
    (row,) = rejected(tmp_path / "r.rejected.csv")
    assert (row["patient_id"], row["ecog"]) == (name, name)


def test_control_characters_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    good, bad = {"patient_id": "a\x1b[31mb\x07\nc"}, {"patient_id": "d", "ecog": "\x1b[2J"}
    (tmp_path / "p.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(bad)}")
    ran = run("classify", "p.jsonl")
    assert "a·[31mb··c" in ran.out
    assert "\x1b" not in ran.out + ran.err


def test_words_in_brackets_are_told_as_they_stand(run: Run, tmp_path: Path) -> None:
    (tmp_path / "[bold]").mkdir()
    (tmp_path / "[bold]" / "p.csv").write_text("patient_id,ecog\np,[red]:smile:[/red]\n")
    ran = run("classify", "[bold]/p.csv", "--output", "[bold]/out.csv")
    assert "see [bold]/p.rejected.csv" in ran.err
    assert "column ecog: '[red]:smile:[/red]' is not a number" in ran.err


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl", "ttl", "parquet"])
def test_table_without_rows_gives_an_empty_result(run: Run, tmp_path: Path, form: str) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\n")
    ran = run("classify", "p.csv", "--format", form, "--output", "out")
    assert ran.status == 0
    assert "p.csv has a header and no rows: nothing was classified." in ran.err
    assert (tmp_path / "out").is_file()


# In a process of its own


def test_exit_status_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\np,1\nq,9\n")
    command = [sys.executable, "-m", "kg", "classify", "p.csv", "--format", "json"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert [p["patient_id"] for p in json.loads(ran.stdout)] == ["p"]
    assert "Traceback" not in ran.stderr
