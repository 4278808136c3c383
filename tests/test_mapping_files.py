"""Tables that are not in our words: units, codes, mapping files; what is implausible is told."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

import polars as pl
import pytest
from conftest import Ran

import kg
from kg.guideline import Guideline
from kg.paths import example_cohort
from kg.patients.given import TableLike, table_of
from kg.patients.plausible import PlausibilityWatch
from kg.patients.reading import missing_of, read_mapping, reading_of
from kg.readers import open_source
from kg.reference.first_mapping import first_mapping, suggestions
from kg.ui.words import advised

Run = Callable[..., Ran]
CSV = ("--format", "csv", "--therapy", "rfa")
THEIRS = "Id,Nod,Bil,Asc,Plt,Death,Alb [g/dL]\na,2,3.0,1,999,yes,3.5\nb,5,0.4,2,80000,no,4\n"
MAPPING = """
[columns]
Id = "patient_id"
Nod = "tumour_count"
Bil = "bilirubin_umol_l"
Asc = "ascites"
Plt = "platelets_10e9_l"
"Alb [g/dL]" = "albumin_g_l [g/dL]"

[units]
bilirubin_umol_l = "mg/dL"
platelets_10e9_l = ["10*9/L", "/uL"]

[values.ascites]
1 = "none"
2 = "mild"

[values.tumour_count]
5 = ">=5"

[missing]
platelets_10e9_l = ["999"]

[constants]
distant_metastasis = "none"
"""
OURS = (
    "patient_id,tumour_count,bilirubin_umol_l,ascites,platelets_10e9_l,albumin_g_l,"
    "distant_metastasis\na,2,51,none,,35,none\nb,>=5,6.8,mild,80,40,none\n"
)


def files(folder: Path) -> None:
    (folder / "theirs.csv").write_text(THEIRS)
    (folder / "ours.csv").write_text(OURS)
    (folder / "m.toml").write_text(MAPPING)


def read(table: TableLike, **options: Unpack[kg.Options]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return what a table says of its patients, all of whose rows are good, and what is told."""
    opened = table_of(kg.load(), table, reading=reading_of(kg.load(), options))
    (batch,) = opened.batches()
    assert batch.rejected.is_empty(), batch.rejected["_reason"]
    return batch.knowledge, opened.notes


# Units and codes


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_unit_of_a_column_is_converted_in_every_format(tmp_path: Path, form: str) -> None:
    cells = {
        "patient_id": ["a", "b"],
        "bilirubin_umol_l": ["3", ">=2.5"],
        "albumin_g_l": ["35", None],
    }
    if form == "parquet":
        cells = {**cells, "bilirubin_umol_l": [3.0, 2.0]}  # type: ignore[dict-item]
    frame = pl.DataFrame(cells)
    writer = {"csv": frame.write_csv, "jsonl": frame.write_ndjson}.get(form, frame.write_parquet)
    writer(tmp_path / f"p.{form}")
    unit = {"bilirubin_umol_l": "mg/dL"}
    found, _ = read(tmp_path / f"p.{form}", units=unit)
    own = ["51", "34" if form == "parquet" else ">=42.5"]
    assert found.equals(read(frame.with_columns(bilirubin_umol_l=pl.Series(own)))[0])
    named = frame.rename({"bilirubin_umol_l": "bilirubin_umol_l [mg/dl]"})
    assert found.equals(read(named)[0])


def test_number_at_a_threshold_stays_there_in_another_unit(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,bilirubin_umol_l\na,3.0\n")
    ours, theirs = (
        kg.classify({"bilirubin_umol_l": cell, "inr": 1.8, "albumin_g_l": 32, "ascites": "mild"})
        for cell in ("51", "3.0 mg/dL")
    )
    assert ours == theirs
    ran = run("classify", "p.csv", "--unit", "bilirubin_umol_l=mg/dL", *CSV)
    assert ran.status == 0


def test_cell_with_a_unit_of_its_own_keeps_it_in_a_column_of_another(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,bilirubin_umol_l\na,51 umol/L\nb,3\n")
    first, second = read(tmp_path / "p.csv", units={"bilirubin_umol_l": "mg/dL"})[0].rows()
    assert first == second


def test_unit_of_another_kind_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,bilirubin_umol_l [g/dL]\na,3\n")
    ran = run("classify", "p.csv")
    assert ran.status == 2
    assert "'g/dL' is no unit of bilirubin_umol_l; its units are: umol/L, mg/dL" in ran.err


def test_bad_cell_in_another_unit_is_told_as_it_stands(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,albumin_g_l [g/dL]\na,35\n")
    ran = run("classify", "p.csv")
    assert "column albumin_g_l [g/dL] (albumin_g_l): '35 g/dL' is out of range" in ran.err
    assert (tmp_path / "p.rejected.csv").read_text().startswith("patient_id,albumin_g_l [g/dL],")


def test_lesions_come_in_other_units_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id\na\n")
    (tmp_path / "l.csv").write_text(
        "ALBI,Transplant,Local,Recurrence,Platelet,Creat,Age\n1,2,3,4,5,6,7\n"
    )
    found = suggestions(kg.load(), open_source(tmp_path / "l.csv", kg.load()))
    targets = [one.target for one in found]
    assert targets == [None] * 4 + ["platelets_10e9_l", "creatinine_umol_l", "age_years"]
    (tmp_path / "l.csv").write_text("patient_id,lesion_id,diameter_cm [mm]\na,1,34\na,2,5 cm\n")
    (tmp_path / "own.csv").write_text("patient_id,lesion_id,diameter_cm\na,1,3.4\na,2,5\n")
    told = [run("classify", "p.csv", "--lesions", f"{n}.csv", *CSV).out for n in ("l", "own")]
    assert told[0] == told[1]
    assert "ABL-I3" in told[0]


@pytest.mark.parametrize("code", ["999", "-1", "n.d."])
@pytest.mark.parametrize("where", ["", "platelets_10e9_l="])
def test_codes_that_are_named_mean_unknown(tmp_path: Path, code: str, where: str) -> None:
    (tmp_path / "p.csv").write_text(f"patient_id,platelets_10e9_l,inr\na,{code},\n")
    (tmp_path / "none.csv").write_text("patient_id,platelets_10e9_l,inr\na,,\n")
    found, _ = read(tmp_path / "p.csv", missing=missing_of([f"{where}{code}"]))
    assert found.equals(read(tmp_path / "none.csv")[0])


def test_codes_may_be_named_on_the_command_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,platelets_10e9_l,inr\na,-1,999\n")
    codes = ("--missing=-1", "--missing", "inr=999")
    ran = run("classify", "p.csv", *codes, *CSV)
    assert (ran.status, ran.out.splitlines()[1][:6]) == (0, "a,rfa,")


def test_code_of_one_column_is_none_of_another_and_compared_by_value() -> None:
    frame = pl.DataFrame({"patient_id": ["a"], "ecog": [1.0], "tumour_count": [1.0]})
    assert read(frame, missing={"ecog": ["1"]})[0].equals(read(frame.drop("ecog"))[0])
    assert read(frame, missing=[1])[0].equals(read(frame.select("patient_id"))[0])


# Mapping files


def test_mapping_gives_the_same_verdicts_as_our_own_words(run: Run, tmp_path: Path) -> None:
    files(tmp_path)
    ran = run("classify", "theirs.csv", "--mapping", "m.toml", "--format", "csv")
    assert (ran.status, ran.out) == (0, run("classify", "ours.csv", "--format", "csv").out)
    assert "theirs.csv: 1 column left out: Death." in ran.err
    for command in ("cohort theirs.csv", "graph build theirs.csv -o x.nq", "explain theirs.csv a"):
        assert run(*command.split(), "--mapping", "m.toml").status == 0, command


def test_rejects_keep_their_columns_and_are_read_with_the_same_mapping(
    run: Run, tmp_path: Path
) -> None:
    files(tmp_path)
    (tmp_path / "theirs.csv").write_text(THEIRS.replace("a,2,", "a,two,"))
    assert run("classify", "theirs.csv", "--mapping", "m.toml").status == 1
    kept = tmp_path / "theirs.rejected.csv"
    head, row = kept.read_text().splitlines()
    assert head == THEIRS.partition("\n")[0] + ",_row,_reason"
    assert row.startswith("a,two,3.0,1,999,yes,3.5,1,\"column Nod (tumour_count): 'two' is not")
    kept.write_text(kept.read_text().replace("two", "2", 1))
    ran = run("classify", kept, "--mapping", "m.toml", "--format", "csv", "--therapy", "rfa")
    assert ran.status == 0
    assert ran.out.splitlines()[1].startswith("a,rfa,")


def test_number_that_is_plausible_in_no_unit_or_in_both_is_rejected(tmp_path: Path) -> None:
    files(tmp_path)
    (tmp_path / "theirs.csv").write_text(THEIRS.replace("80000", "1.71"))
    table = kg.classify_table(tmp_path / "theirs.csv", mapping=tmp_path / "m.toml")
    (reason,) = table.rejected["_reason"]
    assert "column Plt (platelets_10e9_l): '1.71' is plausible in none of 10*9/L and /uL" in reason


def test_rows_are_numbered_where_the_mapping_says_so(guideline: Guideline, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("N\n1\n2\n")
    (tmp_path / "m.toml").write_text(
        '[columns]\nN = "tumour_count"\n[constants]\npatient_id = "X-{row:03}"\n'
    )
    pl.read_csv(tmp_path / "p.csv").write_parquet(tmp_path / "p.parquet")
    for form in ("csv", "parquet"):
        reading = read_mapping(guideline, tmp_path / "m.toml")
        table = table_of(guideline, tmp_path / f"p.{form}", reading=reading)
        (batch,) = table.batches()
        assert [*table.ids] == [*batch.cells["patient_id"]] == ["X-001", "X-002"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[colums]", "a mapping has no part [colums]; is it [columns]?"),
        ('[columns]\nX = "tumor_count"', "'tumor_count' is not a variable; the nearest is 'tumour"),
        ('[columns]\nX = "ecog"\nId = "patient_id"', "no column 'X', which the mapping names"),
        ('[columns]\nX = "ecog"\nY = "ecog"', "[columns] gives ecog to more than one column"),
        ('[columns]\nNod = "ecog"', "no column patient_id; every row needs one; name the column"),
        ('[units]\ninr = "mg/dL"', "'mg/dL' is no unit of inr"),
        ('[values.ascites]\n1 = "no"', "'no' is not a value; expected one of none, mild"),
        ("[values]\nascites = 1", "[ascites] has to be a table"),
        ('[constants]\necog = "9"', "'9' is out of range"),
        ("[missing]\nx = [1]", "'x' is not a variable"),
        ("[missing]\nall = [[1]]", "missing.all: [1] is not a text"),
        ("x = ", "the mapping is not valid TOML"),
    ],
)
def test_broken_mapping_is_an_error_that_names_the_place(
    run: Run, tmp_path: Path, text: str, told: str
) -> None:
    files(tmp_path)
    (tmp_path / "m.toml").write_text(text)
    ran = run("classify", "theirs.csv", "--mapping", "m.toml")
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err


def test_columns_that_the_mapping_does_not_name_are_left_out_even_if_ours(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog,Nod\na,x,1\n")
    (tmp_path / "m.toml").write_text('[columns]\nNod = "tumour_count"\n')
    ran = run("classify", "p.csv", "--mapping", "m.toml")
    assert ran.status == 0
    assert "p.csv: 1 column left out: ecog; close to a variable: ecog (ecog?)." in ran.err


def test_units_of_a_mapping_are_added_to(guideline: Guideline, tmp_path: Path) -> None:
    files(tmp_path)
    reading = read_mapping(guideline, tmp_path / "m.toml")
    assert reading.units["bilirubin_umol_l"] == ("mg/dL",)
    text = THEIRS.replace("3.0", "51")
    (tmp_path / "theirs.csv").write_text(text.replace("0.4", "6.8"))
    units = {"bilirubin_umol_l": "umol/L"}
    again, _ = read(tmp_path / "theirs.csv", mapping=tmp_path / "m.toml", units=units)
    assert again.equals(read(tmp_path / "ours.csv")[0])


# What is implausible


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["0.9", "1.1", "2.3"], "the middle number is 1.1 µmol/L; are these mg/dL? Then pass "),
        (
            ["20", "30", "3.5"],
            "1 of 3 numbers implausible in µmol/L: 3.5. If it is in mg/dL",
        ),
        (
            ["20", "999", "999"],
            "2 of 3 numbers implausible in µmol/L; 999 occurs 2 times. If",
        ),
        (["20", "30", "40"], None),
        (["20", ">=3", "NA"], None),
    ],
)
def test_implausible_bilirubin_is_told(tmp_path: Path, cells: list[str], told: str | None) -> None:
    rows = "".join(f"p{i},{cell}\n" for i, cell in enumerate(cells))
    (tmp_path / "p.csv").write_text(f"patient_id,bilirubin_umol_l\n{rows}")
    _, notes = read(tmp_path / "p.csv")
    assert len(notes) == bool(told)
    assert all(f"p.csv, column bilirubin_umol_l: {told}" in note for note in notes)


def test_no_other_unit_is_proposed_where_one_is_stated(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text("patient_id,creatinine_umol_l [mg/dL]\na,0.2\nb,0.9\nc,1.0\nd,1.1\n")
    assert [note for note in read(table)[1] if "implausible" in note] == [
        f"{table}, column creatinine_umol_l: 1 of 4 numbers implausible in µmol/L: 17.68, as "
        "converted from the unit of the column"
    ]


def test_implausible_numbers_are_counted_beyond_those_that_are_told_apart(
    guideline: Guideline,
) -> None:
    name = "creatinine_umol_l"
    watch = PlausibilityWatch({name: guideline.variables[name]}, {name})
    for start in (50_000, 60_000):
        odd = [*range(start, start + 1_200), 55_555, 50_000]
        watch.add(pl.DataFrame({name: odd}))
    assert watch.notes() == [
        f"column {name}: 2,404 of 2,404 numbers implausible in µmol/L; 50000 occurs 3 times, as "
        "converted from the unit of the column"
    ]


@pytest.mark.parametrize("note", ["Note,,", '"Note","",""', "Note, ,"])
def test_what_may_be_meant_and_is_read_as_unknown_is_told(tmp_path: Path, note: str) -> None:
    table = tmp_path / "p.csv"
    table.write_text(
        f"patient_id,portal_vein_thrombus,distant_metastasis\na,None,none\nb,vp1,\n{note}\n"
    )
    assert list(read(table)[1]) == [
        f"{table}, column portal_vein_thrombus: 1 cell 'none' read as unknown; what is not there "
        "is 'vp0'",
        f"{table}, 1 row with an identifier and nothing else, read as patients: row 3 ('Note')",
    ]


def test_a_mapped_identifier_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("MRN,age\na,50\n")
    (tmp_path / "m.toml").write_text('[columns]\nMNR = "patient_id"\nage = "age_years"\n')
    with pytest.raises(kg.InputError, match=r"no 'MNR' either, as the mapping calls it.*'MRN'"):
        kg.classify_table(tmp_path / "p.csv", mapping=tmp_path / "m.toml")


@pytest.mark.parametrize("command", ["classify", "cohort"])
def test_what_is_implausible_is_classified_and_told(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "p.csv").write_text("patient_id,bilirubin_umol_l\na,0.9\nb,1.1\n")
    ran = run(command, "p.csv")
    assert ran.status == 0
    assert "p.csv, column bilirubin_umol_l: the middle number is 1 µmol/L; are these" in ran.err


def test_codes_of_spss_are_told(run: Run, shared: Path) -> None:
    ran = run("classify", shared / "faults" / "F07_spss_codes.csv")
    assert ran.status == 0
    for name in ("tumour_count=99", "ablations_with_residual=9", "liver_involvement_percent=99"):
        assert f"--missing {name}" in ran.err
    for name in ("platelets_10e9_l=999", "leukocytes_10e9_l=99", "hepatic_duct_distance_mm=999"):
        assert f"--missing {name}" in ran.err


def test_example_cohort_is_plausible(run: Run) -> None:
    assert "implausible" not in run("classify", "--example").err


# Real records, and a first mapping


def test_real_records_with_the_mapping_that_ships_get_the_same_verdicts(shared: Path) -> None:
    folder = shared / "data" / "uci-hcc-survival"
    mapping = example_cohort().with_name("uci-hcc-survival.toml")
    theirs = kg.classify_table(folder / "raw.csv", mapping=mapping)
    ours = kg.classify_table(folder / "patients.csv")
    assert theirs.summary.patients == 165
    assert theirs.frame.equals(ours.frame)


def test_first_mapping_finds_the_columns_of_real_records(
    run: Run, tmp_path: Path, shared: Path
) -> None:
    ran = run("template", "mapping", shared / "data" / "uci-hcc-survival" / "raw.csv")
    assert ran.status == 0
    wanted = tomllib.loads(example_cohort().with_name("uci-hcc-survival.toml").read_text())
    found = tomllib.loads(ran.out)
    same = {name for name, ours in wanted["columns"].items() if found["columns"].get(name) == ours}
    assert set(wanted["columns"]) == same
    assert found["units"] == wanted["units"] | {"creatinine_umol_l": "mg/dL"}
    assert '# tumour_count = ["0"]' in ran.out
    assert '[values.ascites]  # none, mild, moderate_severe\n# 1 = "none"\n' in ran.out


def test_first_mapping_reads_its_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "patient_id;Albumin (g/dL);Tumor size;ECOG PS;Remark, free;Class\na;3,5;4;1;x;A\n"
    )
    ran = run("template", "mapping", "p.csv", "--output", "m.toml")
    assert (ran.status, ran.err) == (0, "Wrote m.toml.\n")
    text = (tmp_path / "m.toml").read_text()
    assert '"Albumin (g/dL)" = "albumin_g_l"' in text
    assert '# "Remark, free" = ""  # x' in text
    found = tomllib.loads(text)
    assert found["units"] == {"albumin_g_l": "g/dL"}
    ran = run("classify", "p.csv", "--mapping", "m.toml")
    assert ran.status == 0, ran.err
    assert "2 columns left out: Remark, free, Class" in ran.err
    assert run("template", "mapping").status == run("template", "patients", "p.csv").status == 2


def test_first_mapping_of_a_sheet_as_registries_send_it(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text(
        "Pat. ID;Largest lesion (mm);Child-Pugh;Ascites;PVT;Platelets\n"
        "P-1;34;A5;None;0;1.71\n;;;;;\nP-2;28;B8;mild;1;155000\nP-3;20;A6;Mild;1;200\n"
        "P-4;20;C10;mild;1;55.000\n"
    )
    found = {one.name: one for one in suggestions(kg.load(), open_source(table, kg.load()))}
    assert found["Pat. ID"].target == "patient_id"
    assert found["Largest lesion (mm)"].target == "max_tumour_diameter_cm"
    assert found["Child-Pugh"].guess == {"A5": "A", "A6": "A", "B8": "B", "C10": "C"}
    assert found["PVT"].guess == {"0": "vp0", "1": "vp1|vp2|vp3|vp4"}
    assert [unit.code for unit in found["Platelets"].units] == ["10*9/L", "/uL"]
    assert found["Platelets"].odd == ["1.71"]
    assert '# A5 = "A"' in first_mapping(kg.load(), open_source(table, kg.load()))


def test_first_mapping_takes_an_identifier_that_is_there_twice_and_codes_out_of_range(
    tmp_path: Path,
) -> None:
    rows = "".join(f"P{max(1, n)};{99 if n > 8 else n % 5};4,{n}\n" for n in range(10))
    (tmp_path / "p.csv").write_text("Pat.-Nr.;ECOG;Albumin (g/dL)\n" + rows)
    text = first_mapping(kg.load(), open_source(tmp_path / "p.csv", kg.load()))
    assert '"Pat.-Nr." = "patient_id"' in text
    (tmp_path / "l.csv").write_text("Case,Patient No,Near gallbladder\n1,a,yes\n1,a,no\n1,b,no\n")
    found = suggestions(kg.load(), open_source(tmp_path / "l.csv", kg.load()))
    assert [one.target for one in found] == [None, "patient_id", "near_gallbladder"]
    assert '# ecog = ["99"]  # implausible in ECOG' in text
    assert "# albumin: 4," in text
    assert "; 4," in text


def test_notes_say_on_a_page_what_can_be_done_there() -> None:
    watch = PlausibilityWatch(kg.load().variables)
    cells = dict.fromkeys(kg.load().variables, pl.Series([None, None, None], dtype=pl.String))
    cells |= {"platelets_10e9_l": pl.Series(["999", "999", "80"])}
    cells |= {"bilirubin_umol_l": pl.Series(["1.1", "1.2", "0.8"])}
    watch.add(pl.DataFrame(cells))
    notes = [advised(note) for note in watch.notes()]
    assert notes[0].endswith(
        "Then call the column bilirubin_umol_l [mg/dL] and open the table again"
    )
    assert "again with platelets_10e9_l=999 among the codes of unknown" in notes[1]
    assert not any("--" in note for note in notes)
