"""Writers: every format says the same, in the form that other programs rely on."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyoxigraph as ox
import pytest
from conftest import Ran
from counting import calls

import kg
from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.ontology import HCC, RDF
from kg.paths import example_cohort, example_lesions
from kg.rdf.names import patient_iri
from kg.reasoning import results
from kg.reasoning.coded import _lists
from kg.reasoning.verdicts import VERDICT_SIGNS, VERDICTS
from kg.texts import NOTE_ON_USE
from kg.writers import FORMATS, table

Run = Callable[..., Ran]
Patients = list[dict[str, Any]]
LISTS = ("met", "missing", "unchecked")


@pytest.fixture(scope="module")
def cohort() -> Patients:
    """The example cohort as JSON."""
    command = [sys.executable, "-m", "kg", "classify", "--example", "--format", "json"]
    return list(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def rows(patients: Patients) -> list[dict[str, Any]]:
    """Return one row per patient and therapy."""
    return [
        {"patient_id": patient["patient_id"], "therapy": name, **answer}
        for patient in patients
        for name, answer in patient["therapies"].items()
    ]


def flat(patients: Patients) -> list[dict[str, Any]]:
    """Return the rows without the intent, which flat formats leave out."""
    return [
        {key: value for key, value in row.items() if key not in ("intent", "notes")}
        for row in rows(patients)
    ]


# JSON


def test_json_has_its_keys_in_order_and_its_lists_sorted(
    cohort: Patients, guideline: Guideline
) -> None:
    keys = ["patient_id", "edition", "conflicts", "therapies", "recommendations"]
    keys.append("response_to_ablation")
    for patient in cohort:
        assert list(patient) == keys
        assert list(patient["therapies"]) == list(guideline.therapies)
        assert list(patient["recommendations"]) == list(guideline.recommendations)
        assert set(patient["recommendations"].values()) <= {"met", "excluded", "unknown"}
        assert patient["response_to_ablation"] in {"complete", "incomplete", "not_assessed"}
        assert all(list(c) == ["variables", "message"] for c in patient["conflicts"])
    for row in rows(cohort):
        noted = ["notes"] if guideline.therapies[row["therapy"]].notes else []
        assert list(row)[2:] == ["verdict", *LISTS, "intent", *noted]
        assert row["verdict"] in VERDICTS
        assert all(row[name] == sorted(set(row[name])) for name in LISTS)


def test_json_lists_are_there_only_where_the_verdict_calls_for_them(cohort: Patients) -> None:
    assert {row["verdict"] for row in rows(cohort) if row["missing"]} == {"undetermined"}
    cautious = {"eligible_unchecked", "eligible_with_caution"}
    assert {row["verdict"] for row in rows(cohort) if row["unchecked"]} == cautious
    assert all(row["missing"] for row in rows(cohort) if row["verdict"] == "undetermined")


def test_jsonl_has_the_objects_of_json_one_a_line(run: Run, cohort: Patients) -> None:
    lines = run("classify", "--example", "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == cohort


def test_explained_json_adds_criteria_and_nothing_else(
    run: Run, cohort: Patients, guideline: Guideline
) -> None:
    told = json.loads(run("classify", "--example", "--format", "json", "--explain").out)
    assert ["criteria" in p["therapies"]["rfa"] for p in told] == [True] + [False] * 44
    for patient in told:
        explanation = patient.pop("explanation")
        states = explanation["states"]
        for name, answer in patient["therapies"].items():
            met = {c for c in guideline.therapies[name].criteria if states[c] == "met"}
            assert met == set(answer["met"])
            assert explanation["reasons"][name].endswith(".")
            criteria = answer.pop("criteria", None)
            if criteria is None:
                continue
            answer.pop("covers", None)
            found = {item["id"] for item in criteria if item["state"] == "met"}
            assert found == set(answer["met"])
            assert {item["id"] for item in criteria} == set(guideline.therapies[name].criteria)
    assert told == cohort


def test_a_small_table_is_explained_with_the_texts_for_each_patient(
    run: Run, tmp_path: Path
) -> None:
    rows = "".join(f"p{i},1\n" for i in range(20))
    (tmp_path / "small.csv").write_text("patient_id,ecog\n" + rows, encoding="utf-8")
    lines = run("classify", "small.csv", "--explain", "--format", "jsonl").out.splitlines()
    told = [json.loads(line)["therapies"] for line in lines]
    assert len(told) == 20
    keys = {"id", "state", "kind", "label", "definition", "places", "statements", "paraphrase"}
    for therapies in told:
        for answer in therapies.values():
            assert all(set(item) == keys | {"note"} for item in answer["criteria"])


def test_explaining_a_cohort_neither_explodes_nor_works_long(tmp_path: Path) -> None:
    header = "patient_id,tumour_count,max_tumour_diameter_cm,child_pugh_class,"
    header += "portal_vein_thrombus,distant_metastasis,age_years,resectable\n"
    row = "{},1,{},A,vp0,none,{},yes\n"
    works, sizes = [], []
    for many, explain in ((100, False), (100, True), (200, True)):
        rows = "".join(row.format(i, i % 90 / 10 + 0.3, i % 40 + 20) for i in range(many))
        (tmp_path / "p.csv").write_text(header + rows, encoding="utf-8")
        file = tmp_path / f"{many}-{explain}.jsonl"
        works.append(calls(lambda: kg.classify_file(tmp_path / "p.csv", file, explain=explain)))  # noqa: B023
        sizes.append(file.stat().st_size)
    assert sizes[1] < 3 * sizes[0]
    assert works[2] - works[1] < 100 * 2_000  # a patient more is 670 calls, and 5,070 in full


def test_reasons_are_those_of_the_explanations(run: Run, tmp_path: Path) -> None:
    lesion_table = example_lesions()
    table = kg.classify_table(example_cohort(), lesion_table)
    frame = table.reasons()
    assert len(frame) == 45 * 13
    with example_cohort().open(encoding="utf-8", newline="") as file:
        rows = {row["patient_id"]: row for row in csv.DictReader(file)}
    with lesion_table.open(encoding="utf-8", newline="") as file:
        lesions = list(csv.DictReader(file))
    for name, row in rows.items():
        own = [each for each in lesions if each["patient_id"] == name] or None
        told = kg.explain(row, own).therapies
        for each in frame.filter(patient_id=name).iter_rows(named=True):
            assert each["reason"] == told[each["therapy"]].reason
            assert set(told[each["therapy"]].decisive) <= set(each["criteria"])
            open_ = each["verdict"] == "undetermined"
            assert each["eligible"] == (None if open_ else each["verdict"].startswith("eligible"))
            assert len(each["labels"]) == len(each["criteria"])
            against = each["verdict"] in {"contraindicated", "not_indicated"}
            assert each["criteria"] or not against
    run("classify", "--example", "--reasons", "-o", "r.parquet")
    assert pl.read_parquet(tmp_path / "r.parquet").equals(frame)
    run("classify", "--example", "--reasons", "-o", "r.csv", "--therapy", "tace")
    text = pl.read_csv(tmp_path / "r.csv")
    assert text["reason"].to_list() == table.reasons("tace")["reason"].to_list()


def test_json_in_any_script_is_written_as_it_is(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('patient_id,ecog\n"病人 ""一""\\",1\n', encoding="utf-8")
    text = run("classify", "p.csv", "--format", "json").out
    assert "病人" in text
    assert json.loads(text)[0]["patient_id"] == '病人 "一"\\'


# CSV and Parquet


def test_csv_has_a_row_a_patient_and_therapy_with_lists_joined(run: Run, cohort: Patients) -> None:
    text = run("classify", "--example", "--format", "csv").out
    assert text.splitlines()[0] == "patient_id,therapy,verdict,met,missing,unchecked"
    joined = [row | {name: ";".join(row[name]) for name in LISTS} for row in flat(cohort)]
    assert list(csv.DictReader(text.splitlines())) == joined


def test_parquet_has_the_rows_of_csv_with_list_columns(
    run: Run, cohort: Patients, tmp_path: Path
) -> None:
    run("classify", "--example", "--output", "out.parquet")
    frame = pl.read_parquet(tmp_path / "out.parquet")
    assert all(isinstance(frame.schema[name], pl.List) for name in LISTS)
    assert frame.to_dicts() == flat(cohort)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_compact_tables_have_a_row_a_patient_with_states(
    run: Run, cohort: Patients, guideline: Guideline, tmp_path: Path, form: str
) -> None:
    run("classify", "--example", "--compact", "--output", f"out.{form}")
    read = pl.read_csv if form == "csv" else pl.read_parquet
    codes = {"excluded": 1, "met": 2, "unknown": 3}
    for patient, row in zip(cohort, read(tmp_path / f"out.{form}").to_dicts(), strict=True):
        assert row["patient_id"] == patient["patient_id"]
        assert json.loads(row["conflicts"]) == patient["conflicts"]
        for name, answer in patient["therapies"].items():
            assert row[name] == answer["verdict"]
            found = {c for c in guideline.therapies[name].criteria if row[c] == codes["met"]}
            assert found == set(answer["met"])
        for name, state in patient["recommendations"].items():
            assert row[name] == codes[state]


# Turtle


def test_turtle_says_what_json_says(run: Run, cohort: Patients, guideline: Guideline) -> None:
    text = run("classify", "--example", "--format", "ttl").out
    graph = ox.Store()
    graph.load(text.encode(), format=ox.RdfFormat.TURTLE)

    def values(subject: ox.NamedNode, name: str) -> list[str]:
        found = graph.quads_for_pattern(subject, ox.NamedNode(name), None)
        return sorted(quad.object.value.removeprefix(HCC) for quad in found)

    for patient in cohort:
        node = ox.NamedNode(patient_iri(patient["patient_id"]))
        assert values(node, HCC + "patient_id") == [patient["patient_id"]]
        told = sorted(conflict["message"] for conflict in patient["conflicts"])
        assert values(node, HCC + "conflict") == told
        met = [name for name, state in patient["recommendations"].items() if state == "met"]
        assert values(node, HCC + "meetsRecommendation") == sorted(met)
        classes = ["Patient"]
        for name, answer in patient["therapies"].items():
            verdict = ox.NamedNode(f"{node.value}/verdict/{name}")
            word = answer["verdict"].title().replace("_", "") + "Verdict"
            assert values(verdict, HCC + "verdict") == [word]
            assert all(values(verdict, HCC + key) == answer[key] for key in LISTS)
            if answer["verdict"].startswith("eligible"):
                classes.append(guideline.therapies[name].classes["eligible"])
        assert values(node, RDF + "type") == sorted(classes)


def test_any_identifier_makes_an_iri(run: Run, tmp_path: Path) -> None:
    names = ["a b", "<>", "a/b", "é", '"', "%41", "a\nb", "\\"]
    lines = [json.dumps({"patient_id": name}) for name in names]
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    graph = ox.Store()
    graph.load(run("classify", "p.jsonl", "--format", "ttl").out.encode(), ox.RdfFormat.TURTLE)
    found = graph.quads_for_pattern(None, ox.NamedNode(HCC + "patient_id"), None)
    assert {quad.subject.value: quad.object.value for quad in found} == {
        patient_iri(name): name for name in names
    }


# Table


def test_table_has_a_sign_a_therapy_and_the_note_on_use(run: Run, cohort: Patients) -> None:
    ran = run("classify", "--example")
    assert NOTE_ON_USE in ran.out
    lines = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines() if line.split()}
    for patient in cohort:
        signs = [VERDICT_SIGNS[answer["verdict"]][0] for answer in patient["therapies"].values()]
        mark = ["*"] if patient["conflicts"] else []
        assert lines[patient["patient_id"]] == mark + signs


def test_table_of_many_patients_shows_the_first_and_counts_the_others(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST", 3)
    (tmp_path / "p.csv").write_text("patient_id\n" + "".join(f"p{i}\n" for i in range(5)))
    ran = run("classify", "p.csv")
    assert re.findall(r"^p\d", ran.out, re.M) == ["p0", "p1", "p2"]
    assert "and 2 patients more, not shown; write all to a file: --output FILE.csv" in ran.out
    assert "5 patients classified" in ran.err
    (tmp_path / "p.csv").write_text("patient_id\np0\np1\np2\n")
    assert "not shown" not in run("classify", "p.csv").out


@pytest.mark.parametrize("columns", ["", "wide", "0", "-1"])
def test_table_is_written_whatever_the_terminal_is_said_to_be(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run("classify", "--example").status == 0


@pytest.mark.parametrize("no_color", [None, "1"])
def test_table_has_colour_on_a_terminal_unless_told_not_to(
    run: Run, monkeypatch: pytest.MonkeyPatch, no_color: str | None
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    assert ("\x1b[" in run("classify", "--example").out) == (no_color is None)


def test_every_other_format_tells_the_note_on_use_beside_the_result(run: Run) -> None:
    ran = run("classify", "--example", "--format", "jsonl", "--therapy", "rfa")
    assert NOTE_ON_USE in ran.err
    assert NOTE_ON_USE not in ran.out


# All formats


# `omop` names therapies by the numbers of their cohorts, and takes patients with numbers only.
@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("table", "omop")])
def test_chosen_therapies_alone_are_told(run: Run, tmp_path: Path, form: str) -> None:
    chosen = ["--therapy", "tace", "--therapy", "rfa"]
    run("classify", "--example", "--format", form, *chosen, "--output", "out")
    data = (tmp_path / "out").read_bytes()
    for name in ("rfa", "tace"):
        assert name.encode() in data
    assert b"surgical_resection" not in data


def test_summary_counts_the_chosen_therapies_alone(run: Run, cohort: Patients) -> None:
    ran = run("classify", "--example", "--therapy", "rfa", "--format", "csv")
    (line,) = [line for line in ran.err.splitlines() if line.startswith("Verdicts: ")]
    counts = [int(word.strip(";.")) for word in line.split() if word.strip(";.").isdigit()]
    assert sum(counts) == len(cohort)


@pytest.mark.parametrize(("form", "slow"), [*((form, False) for form in FORMATS), ("csv", True)])
def test_many_batches_give_the_bytes_of_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, slow: bool
) -> None:
    quote = '"' if slow else ""
    lines = [f"{i},{i % 5},{'A' if i % 3 else ''}" for i in range(10)]
    text = "\n".join([f"{quote}patient_id{quote},ecog,child_pugh_class", *lines])
    (tmp_path / "p.csv").write_text(text)
    run("classify", "p.csv", "--format", form, "--output", "one")
    monkeypatch.setattr("kg.readers.csv.BATCH", 4)
    monkeypatch.setattr("kg.readers.source.TEXT_BATCH", 4)
    run("classify", "p.csv", "--format", form, "--output", "many")
    one, many = tmp_path / "one", tmp_path / "many"
    if form == "parquet":
        assert pl.read_parquet(one).equals(pl.read_parquet(many))
    else:
        assert one.read_bytes() == many.read_bytes()


@pytest.mark.parametrize("count", [3, 128, 129, 300])
def test_lists_choose_from_any_number_of_words(count: int) -> None:
    words = pl.Enum([f"w{i}" for i in range(count)])
    first, second, third = words.categories[-3:]
    lists = _lists((first, second, third), pl.Series([0, 5, 7], dtype=pl.UInt64), words).column()
    assert lists.dtype == pl.List(words)
    assert lists.to_list() == [[], [first, third], [first, second, third]]


def test_more_missing_variables_than_a_number_has_bits_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(results, "_BITS", 20)
    with pytest.raises(OntologyError, match=r"depends on \d+ variables; in a table .* on 20"):
        kg.classify_table(pl.DataFrame({"patient_id": ["p"], "ecog": ["0"]}))
