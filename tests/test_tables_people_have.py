"""Tables as people have them: separators, encodings, workbooks, packed files, standard input."""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran

import kg
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.patients.tables import PatientTable
from kg.readers import open_source
from kg.readers.sheet import sheets_of
from kg.readers.text import readable

Run = Callable[..., Ran]
HEAD = ["patient_id", "tumour_count", "max_tumour_diameter_cm", "child_pugh_class", "cachexia"]
ROWS = [["Müller", "1", "4.2", "A", "false"], ["王", "2", "2.5", "B", "true"]]
FAULTS = ("F06_german_excel.csv", "F06_workbook.xlsx", "F12_sep_line.csv", "F13_gz.csv.gz")
FAULTS += ("F13_tab.tsv", "F16_fullwidth.csv", "F11_blank_rows.csv", "F11_trailing_commas.csv")
FAULTS += ("F08_float_flags.csv", "F10_na_words.csv")


def text(separator: str = ",", comma: str = ".", name: str = "Müller") -> str:
    rows = [[name, *ROWS[0][1:]], ["W", *ROWS[1][1:]]]
    cells = [[cell.replace(".", comma) for cell in row] for row in rows]
    return "".join(separator.join(row) + "\r\n" for row in [HEAD, *cells])


def records(path: Path) -> dict[str, dict[str, str | None]]:
    """Return the cells of a table by patient, as they are read; no row may be rejected."""
    table = PatientTable(load(), path)
    found = {}
    for batch in table.batches():
        assert batch.rejected["_reason"].to_list() == []
        for record in table.records(batch):
            known = record.recorded
            words = {n: load().variables[n].wording(k) for n, k in known.items()}
            found[record.patient_id] = dict(sorted(words.items()))
    return found


def notes(path: Path) -> str:
    return "\n".join(PatientTable(load(), path).notes)


WANTED = {
    name: {
        "cachexia": row[4],
        "child_pugh_class": row[3],
        "max_tumour_diameter_cm": row[2],
        "tumour_count": row[1],
    }
    for name, row in zip(("Müller", "W"), ROWS, strict=True)
}


@pytest.mark.parametrize("name", ["p.csv", "p.txt", "p.tsv"])
@pytest.mark.parametrize("sign", [";", "\t", "|"])
@pytest.mark.parametrize("comma", [".", ","])
def test_separator_is_found_and_told(tmp_path: Path, name: str, sign: str, comma: str) -> None:
    (tmp_path / name).write_text(text(sign, comma), encoding="utf-8")
    assert records(tmp_path / name) == WANTED
    word = {";": "semicolons", "\t": "tabs", "|": "bars"}[sign]
    assert f"{name}: cells are separated by {word}" in notes(tmp_path / name)
    assert ("commas in numbers are read as decimal points" in notes(tmp_path / name)) == (
        comma == ","
    )


def test_comma_tables_keep_their_rule_on_decimal_commas(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('patient_id,inr\np,"1,5"\n')
    (batch,) = PatientTable(load(), tmp_path / "p.csv").batches()
    assert "'1,5' has a decimal comma; write 1.5" in batch.rejected["_reason"][0]


@pytest.mark.parametrize("cell", ["1.050", "1,050", ">1.050", "1,050..2"])
def test_sign_before_three_digits_is_asked_about_in_tables_with_decimal_commas(
    tmp_path: Path, cell: str
) -> None:
    (tmp_path / "p.csv").write_text(f"patient_id;afp_ng_ml;inr\np;{cell};1,5\nq;1200,5;1\n")
    (batch,) = PatientTable(load(), tmp_path / "p.csv").batches()
    assert batch.cells["patient_id"].to_list() == ["q"]
    assert "may mean 1.050 or 1050" in batch.rejected["_reason"][0]


def test_points_stay_points_where_no_comma_is_a_decimal_comma(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id;afp_ng_ml\np;1.050\n")
    assert records(tmp_path / "p.csv") == {"p": {"afp_ng_ml": "1.05"}}


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1252", "Windows-1252"), ("utf-16", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-8", "")],
)
@pytest.mark.parametrize("patient", ["Müller", "Größe", "Şen Ünlü"])
def test_encoding_is_found_and_told(tmp_path: Path, encoding: str, name: str, patient: str) -> None:
    told = text(";", ",", patient.replace("Ş", "S"))
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    (tmp_path / "p.csv").write_bytes(mark + told.encode(encoding))
    assert list(records(tmp_path / "p.csv")) == [patient.replace("Ş", "S"), "W"]
    assert (f"p.csv: read as {name}" in notes(tmp_path / "p.csv")) == bool(name)


@pytest.mark.parametrize("patient", ["王小明", "李雷", "患者一", "检查CT", "欧阳娜娜"])
def test_table_of_a_chinese_office_is_read(tmp_path: Path, patient: str) -> None:
    (tmp_path / "p.csv").write_bytes(text(",", ".", patient).encode("gbk"))
    assert list(records(tmp_path / "p.csv")) == [patient, "W"]
    assert "read as GBK" in notes(tmp_path / "p.csv")


def test_bytes_that_may_be_two_things_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(b"patient_id,ecog\n\xd6\xd0,1\n")  # ÖÐ, or 中
    with pytest.raises(InputError, match="neither UTF-8 nor, for sure, another encoding"):
        readable(tmp_path / "p.csv")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "\ufeffSEP=;"])
def test_line_for_excel_says_the_separator(tmp_path: Path, line: str) -> None:
    (tmp_path / "p.csv").write_text(f"{line}\n{text(';', ',')}", encoding="utf-8")
    assert records(tmp_path / "p.csv") == WANTED


def test_packed_tables_are_read(run: Run, tmp_path: Path) -> None:
    for name in ("p.csv.gz", "p.gz"):
        (tmp_path / name).write_bytes(gzip.compress(text().encode()))
        assert records(tmp_path / name) == WANTED
    (tmp_path / "p.jsonl.gz").write_bytes(gzip.compress(b'{"patient_id": "a"}\n') * 2)
    assert PatientTable(load(), tmp_path / "p.jsonl.gz").height == 2
    cut = gzip.compress(text().encode())[:-12]
    for content in (b"patient_id\n", cut):
        (tmp_path / "bad.csv.gz").write_bytes(content)
        with pytest.raises(InputError, match="is not a gzip file that can be read"):
            open_source(tmp_path / "bad.csv.gz", load())


def test_what_unpacks_without_end_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.readers.uploads.LARGEST", 1 << 21)
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(b"patient_id\n" * 1_000_000))
    with pytest.raises(InputError, match="unpacks to more than 2 MiB; unpack it first"):
        open_source(tmp_path / "p.csv.gz", load())


def workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return path


def test_workbook_is_read_with_its_first_sheet_or_another(run: Run, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [],
        HEAD,
        ["Müller", 1, 4.2, "A", False],
        [],
        ["W", 2, "2,5", "B", "true"],
    ]
    other: list[list[object]] = [["patient_id", "ecog"], [1, 9]]
    workbook(tmp_path / "p.xlsx", ("Patienten", rows), ("Other", other))
    found = records(tmp_path / "p.xlsx")
    assert found == WANTED
    assert "p.xlsx: sheet 'Patienten' is read" in notes(tmp_path / "p.xlsx")
    ran = run("classify", "p.xlsx", "--sheet", "Other")
    assert ran.status == 1
    assert "row 1, which is row 2 of the sheet: column ecog: '9' is out of range" in ran.err
    none = [["Legend", "x"], ["PVT", "0 = no"]]
    workbook(tmp_path / "q.xlsx", ("Legend", none), ("Registry", rows))
    assert "sheet 'Legend' has no column patient_id" in run("classify", "q.xlsx").err
    assert "another ('Registry')" in run("classify", "q.xlsx").err
    assert sheets_of(tmp_path / "q.xlsx") == ["Legend", "Registry"]
    assert "tumour_count" in run("template", "mapping", "q.xlsx", "--sheet", "Registry").out
    assert "it has Patienten, Other" in run("classify", "p.xlsx", "--sheet", "X").err
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 broken")
    assert "b.xlsx is not a workbook that can be read" in run("classify", "b.xlsx").err
    listed = (tmp_path / "p.xlsx").read_bytes().replace(b"PK\x01\x02", b"PK\x01\x00", 1)
    (tmp_path / "b.xlsx").write_bytes(listed)  # its list of parts is broken
    assert "b.xlsx is not a workbook that can be read" in run("classify", "b.xlsx").err


def test_workbook_without_sheets_says_so(run: Run, tmp_path: Path) -> None:
    workbook(tmp_path / "p.xlsx", ("Sheet1", [HEAD]))
    with (
        zipfile.ZipFile(tmp_path / "p.xlsx") as full,
        zipfile.ZipFile(tmp_path / "none.xlsx", "w") as bare,
    ):
        for name in full.namelist():
            text = full.read(name)
            kept = re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", text)
            bare.writestr(name, kept if name == "xl/workbook.xml" else text)
    assert "none.xlsx has no sheet; it needs one" in run("classify", "none.xlsx").err


def test_a_stray_cell_far_out_does_not_end_the_process(run: Run, tmp_path: Path) -> None:
    workbook(tmp_path / "p.xlsx", ("Sheet1", [HEAD]))
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with (
        zipfile.ZipFile(tmp_path / "p.xlsx") as full,
        zipfile.ZipFile(tmp_path / "stray.xlsx", "w") as other,
    ):
        for name in full.namelist():
            other.writestr(name, full.read(name).replace(b"</sheetData>", stray))
    assert "as far out as row 1,048,576, column 16,384" in run("classify", "stray.xlsx").err


def changed(path: Path, old: bytes, new: bytes) -> Path:
    """Replace some of the first sheet of a workbook."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert old in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for name, part in parts.items():
            book.writestr(name, part)
    return path


@pytest.mark.parametrize(
    ("new", "cell"),
    [
        (b'="C2" t="e"><v>#DIV/0!</v>', "#DIV/0!"),
        (b'="C2" t="e"><f>1/0</f><v>#REF!</v>', "#REF!"),
        (b'="C2" s="1"><f>B2+1</f>', "=B2+1"),
        (b'="C2" t="n"><f>B2&gt;1</f><v></v>', "=B2>1"),
        (b'="C2"><f t="shared" si="0"/><v />', "="),
    ],
)
def test_error_or_formula_without_a_value_is_not_read_as_unknown(
    run: Run, tmp_path: Path, new: bytes, cell: str
) -> None:
    path = workbook(tmp_path / "p.xlsx", ("Sheet1", [HEAD[:3], ["a", 1, 4.2], ["b", 1, 3]]))
    changed(path, b'="C2"><v>4.2</v>', new)
    ran = run("classify", path.name, "--therapy", "rfa", "--format", "csv")
    assert f"sheet: column max_tumour_diameter_cm: {cell!r} is not a number" in ran.err
    assert ("open the workbook in Excel, and save it" in ran.err) == cell.startswith("=")
    assert [line[:2] for line in ran.out.splitlines()[1:]] == ["b,"]


def test_formula_with_a_value_is_its_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "p.xlsx", ("Sheet1", [HEAD[:3], ["a", 1, 4.2]]))
    changed(path, b'="C2"><v>', b'="C2"><f>4.1+0.1</f><v>')
    changed(path, b'="B2"><v>1</v>', b'="B2" t="str"><f>IF(1,"")</f><v></v>')
    assert records(path) == {"a": {"max_tumour_diameter_cm": "4.2"}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty; save it in Excel as .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "it has a password, or is of an older format; save it"),
        (b"patient_id\na\n", "it is of another format, whatever its name says; save it"),
        (b"PK\x03\x04 broken", "it is damaged; save it"),
    ],
)
def test_what_is_no_workbook_says_what_to_do(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "b.xlsx").write_bytes(content)
    with pytest.raises(InputError, match=f"not a workbook that can be read: {told}"):
        open_source(tmp_path / "b.xlsx", load())


def test_header_below_one_of_groups_is_found(tmp_path: Path) -> None:
    groups = ["Patient", "Tumour", "", "Liver", ""]
    workbook(tmp_path / "p.xlsx", ("Sheet1", [groups, HEAD, ROWS[0], ["W", *ROWS[1][1:]]]))
    assert records(tmp_path / "p.xlsx") == WANTED
    assert "the header is row 2; what is above is a title" in notes(tmp_path / "p.xlsx")


def test_lesions_are_on_the_sheet_that_has_them(run: Run, tmp_path: Path) -> None:
    patients = [["Nr", "Klasse"], ["a", "A"], ["b", "A"]]
    lesions = [["Nr", "Herd", "cm", "near_diaphragm"], ["a", 1, 2, "yes"], ["c", 1, 2, "no"]]
    mapping = 'Nr = "patient_id"\nKlasse = "child_pugh_class"\nHerd = "lesion_id"\n'
    mapping = f'[columns]\n{mapping}cm = "diameter_cm"\nnear_diaphragm = "near_diaphragm"\n'
    (tmp_path / "m.toml").write_text(mapping)
    path = workbook(tmp_path / "p.xlsx", ("Patienten", patients), ("Herde", lesions))
    asked = ("classify", path.name, "--lesions", path.name, "--mapping", "m.toml")
    ran = run(*asked, "--therapy", "rfa", "--format", "csv")
    assert "p.xlsx: sheet 'Herde' is read" in ran.err
    assert "a,rfa,undetermined,ABL-I1;ABL-I2;ABL-R2b," in ran.out
    assert "1 lesion rejected" in ran.err
    strangers = (tmp_path / "p.rejected.lesions.csv").read_text()
    assert "column Nr (patient_id): the patient table has no such patient\n" in strangers
    alone = run("classify", path.name, "--mapping", "m.toml").err
    assert "'Herd', which the mapping names; name the table of lesions, if it is there" in alone
    (tmp_path / "m.toml").write_text(mapping.replace("Herd =", "Nummer ="))
    told = run(*asked).err
    assert "p.xlsx has no single sheet with a column lesion_id, which lesions need" in told
    assert "it has no 'Nummer' either, as the mapping calls it\n" in told
    (tmp_path / "m.toml").write_text(mapping.replace("near_diaphragm =", '"near diaphragm" ='))
    assert "the nearest is 'near_diaphragm'" in run(*asked).err
    lesions[1][3] = "often"
    workbook(path, ("Patienten", patients), ("Herde", lesions))
    (tmp_path / "m.toml").write_text(mapping)
    told = run(*asked).err
    assert "lesion table, row 1, which is row 2 of the sheet: column near_diaphragm: " in told


def test_decimal_commas_of_a_frame_are_read_as_those_of_a_sheet(tmp_path: Path) -> None:
    frame = pl.DataFrame([[*ROWS[0][:2], "4,2"]], schema=HEAD[:3], orient="row")
    table = kg.classify_table(frame, therapies="rfa")
    assert table.frame["met"].to_list() == [["ABL-I1"]]
    assert table.summary.notes == ("the frame: commas in numbers are read as decimal points",)
    doubtful = kg.classify_table(frame.with_columns(max_tumour_diameter_cm=pl.lit("4,200")))
    assert "may mean 4.200 (decimal comma) or 4200" in doubtful.rejected["_reason"].item()


def test_json_array_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('[{"patient_id": "a", "inr": 1.50},\n {"patient_id": "b"}]')
    assert records(tmp_path / "p.json") == {"a": {"inr": "1.5"}, "b": {}}
    (tmp_path / "p.json").write_text('{"patient_id": "a"}\n{"patient_id": "b"}\n')
    assert list(records(tmp_path / "p.json")) == ["a", "b"]
    (tmp_path / "p.json").write_text('[{"patient_id": "a"}, 7]')
    (batch,) = PatientTable(load(), tmp_path / "p.json").batches()
    assert batch.rejected["_reason"].to_list() == ["the element is not a JSON object; it is 7"]
    (tmp_path / "p.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="nests too deeply"):
        open_source(tmp_path / "p.json", load())


@pytest.mark.parametrize("form", ["csv", "gz", "jsonl", "json", "parquet", "ttl"])
def test_standard_input_is_a_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    into = io.BytesIO()
    pl.DataFrame({"patient_id": ["a", "b"], "ecog": [1, 9]}).write_parquet(into)
    turtle = '@prefix hcc: <https://w3id.org/hcc-kg/> . [] hcc:patient_id "a" ; hcc:ecog 1 .'
    content = {
        "csv": b"patient_id;ecog\na;1\nb;9\n",
        "gz": gzip.compress(b"patient_id,ecog\na,1\nb,9\n"),
        "jsonl": b'{"patient_id": "a", "ecog": 1}\n{"patient_id": "b", "ecog": 9}\n',
        "json": b'[{"patient_id": "a", "ecog": 1}, {"patient_id": "b", "ecog": 9}]',
        "parquet": into.getvalue(),
        "ttl": f'{turtle} [] hcc:patient_id "b" ; hcc:ecog 9 .'.encode(),
    }[form]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    ran = run("classify", "-", "--format", "csv", "--therapy", "rfa")
    assert ran.status == 1, ran.err
    assert [row["patient_id"] for row in csv.DictReader(ran.out.splitlines())] == ["a"]
    assert "standard input, row 2: " in ran.err
    assert (tmp_path / "standard-input.rejected.csv").is_file()


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (".dta", "it is of Stata; save the table there as CSV"),
        (".sav", "it is of SPSS; save the table there as CSV"),
        (".sas7bdat", "it is of SAS"),
        (".doc", "tables are read from .csv, .gz, .json"),
    ],
)
def test_other_formats_are_told_how_to_be_saved(tmp_path: Path, ending: str, told: str) -> None:
    (tmp_path / f"p{ending}").touch()
    with pytest.raises(InputError, match=told):
        open_source(tmp_path / f"p{ending}", load())


@pytest.mark.parametrize("name", FAULTS)
def test_files_of_faults_are_read(shared: Path, name: str) -> None:
    found = records(shared / "faults" / name)
    if name.startswith(("F06", "F12", "F13", "F16")):
        assert found["p1"]["max_tumour_diameter_cm"] == "4.2"
        assert found["p2"]["tumour_count"] == "2"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_rejects_come_back_from_an_excel_with_decimal_commas(
    run: Run, tmp_path: Path, encoding: str, separator: str
) -> None:
    (tmp_path / "p.csv").write_text(
        "patient_id;max_tumour_diameter_cm;ecog;note\nMüller;4,2;9;x\nW;2,5;1;y\n", "utf-8"
    )
    assert run("classify", "p.csv", "--ignore-unknown").status == 1
    kept = tmp_path / "p.rejected.csv"
    assert kept.read_text("utf-8").splitlines()[1].startswith("Müller;4,2;9;x;1;")
    assert run("classify", kept, "--ignore-unknown").status == 1  # as it stands: still wrong
    row = kept.read_text("utf-8").replace(";9;", ";2;").replace(";", separator)
    saved = tmp_path / "saved.txt"
    saved.write_bytes(row.replace("\n", "\r\n").encode(encoding))
    assert run("classify", saved, "--ignore-unknown").status == 0
    (record,) = list(kg.classify_table(saved, ignore_unknown=True).patients())
    assert record.patient_id == "Müller"


def test_full_width_digits_and_signs_are_plain(guideline: Guideline) -> None:
    record = {"tumour_count": "２", "max_tumour_diameter_cm": "≧４．２", "child_pugh_class": "Ａ"}
    plain = {"tumour_count": 2, "max_tumour_diameter_cm": ">=4.2", "child_pugh_class": "A"}
    assert kg.classify(record) == kg.classify(plain)
