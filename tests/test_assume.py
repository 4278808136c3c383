"""Assumptions: made where a record is silent, exact for the record so completed, and told."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import Ran

import kg
from kg.engines.registry import engine_of
from kg.errors import InputError
from kg.guideline import Guideline
from kg.patients import assumptions
from kg.patients.assumptions import as_given, assumptions_of
from kg.patients.records import read_record
from kg.stores import open_store

Run = Callable[..., Ran]
SILENT = {"tumour_count": "1", "max_tumour_diameter_cm": "4", "child_pugh_class": "A"}


def made(guideline: Guideline, assume: Any, lesions: Any = None, **cells: str) -> dict[str, str]:
    record = read_record(guideline, "p", cells, lesions)
    found = assumptions.made(guideline, record, assumptions_of(guideline, assume))
    assert as_given(guideline, found) == record
    return dict(found.assumed)


# The rules


def test_nothing_that_is_recorded_is_assumed_otherwise(guideline: Guideline) -> None:
    all_ = assumptions.unremarkable(guideline)
    assert len(all_) == 34
    assert made(guideline, "all") == all_
    found = made(
        guideline, "all", cachexia="true", near_gallbladder="false", organ_failure="none|single"
    )
    assert found == {
        n: c for n, c in all_.items() if n not in ("cachexia", "near_gallbladder", "organ_failure")
    }


def test_what_a_derivation_narrowed_is_not_assumed(guideline: Guideline) -> None:
    assert "arteriovenous_shunt" not in made(
        guideline, "all", shunt_portal_hypertensive_bleeding="true"
    )
    assert "portal_trunk_obstruction" not in made(guideline, "all", portal_vein_thrombus="vp1")
    assert "portal_vein_thrombus" not in made(guideline, "all", portal_trunk_obstruction="partial")
    assert "impaired_or_uncooperative" not in made(guideline, "all", encephalopathy="grade_3_4")


def test_assumptions_derive_nothing(guideline: Guideline) -> None:
    record = read_record(guideline, "p", {})
    found = assumptions.completed(guideline, record, {"portal_vein_thrombus": "vp0"})
    trunk = guideline.variables["portal_trunk_obstruction"]
    assert found.known["portal_trunk_obstruction"] == trunk.unknown


@pytest.mark.parametrize(
    ("cells", "variable"),
    [
        ({"max_tumour_diameter_cm": "12"}, "tumour_morphology"),
        ({"marked_bleeding_tendency": "true"}, "coagulopathy"),
        ({"severe_renal_dysfunction": "true"}, "organ_failure"),
        ({"ascites": "none", "refractory_massive_ascites": ""}, None),
        ({"organ_failure": "none"}, None),
    ],
)
def test_no_assumption_that_would_be_a_conflict(
    guideline: Guideline, cells: dict[str, str], variable: str | None
) -> None:
    expected = set(made(guideline, "all")) - {variable} - set(cells)
    if cells.get("refractory_massive_ascites") == "":
        expected |= {"refractory_massive_ascites"}
    assert set(made(guideline, "all", **cells)) == expected


def test_own_cells_are_judged_beside_scores_and_the_record(guideline: Guideline) -> None:
    components = {"bilirubin_umol_l": "20", "albumin_g_l": "40", "inr": "1", "ascites": "none"}
    own = ["encephalopathy=none", "child_pugh_class=A"]
    assert set(made(guideline, own, **components)) == {"encephalopathy"}
    assert made(guideline, own, **components, child_pugh_class="C") == {}
    assert made(guideline, own) == {"encephalopathy": "none", "child_pugh_class": "A"}
    ascites = {"ascites": "none"}
    assert made(guideline, {"refractory_massive_ascites": True}, **ascites) == {}
    assert made(guideline, ["all", "cachexia=true"])["cachexia"] == "true"


def test_lesions_say_what_they_say(guideline: Guideline) -> None:
    lesions = [{"diameter_cm": "3", "near_gallbladder": "true", "hepatic_duct_distance_mm": "7"}]
    found = made(guideline, "tumour", lesions)
    assert not {"near_gallbladder", "hepatic_duct_distance_mm"} & set(found)
    assert found["near_diaphragm"] == "false"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("everything", r"nor VARIABLE=CELL$"),
        ("tumor", "neither all, nor a group .* the nearest is 'tumour'"),
        ("ecog", "has no unremarkable cell; name one: ecog=CELL"),
        ("cachexia=perhaps", "neither true nor false"),
        ("cachexia=", "says nothing"),
        ("cachexy=true", "not a variable; the nearest is 'cachexia'"),
        ("patient_id", "neither all"),
    ],
)
def test_what_cannot_be_assumed_is_told(guideline: Guideline, asked: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        assumptions_of(guideline, [asked])


def test_two_cells_of_a_variable_or_no_text_cannot_be_assumed(guideline: Guideline) -> None:
    with pytest.raises(InputError, match="assume ecog: 0 and 1 are both named; keep one"):
        assumptions_of(guideline, ["ecog=0", "all", "ecog=1"])
    for asked in (True, [1]):
        with pytest.raises(InputError, match="give texts, such as 'all'"):
            assumptions_of(guideline, asked)  # type: ignore[arg-type]


# The same answers everywhere


def test_worked_examples_of_the_contract(shared: Path) -> None:
    told = json.loads((shared / "spec" / "real-records-examples.json").read_text("utf-8"))
    expected = {each["patient_id"]: each["therapies"] for each in told}
    tables = (shared / "data/uci-hcc-survival/patients.csv", shared / "spec/examples.csv")
    seen = set()
    for table in tables:
        rows = pl.read_csv(table, infer_schema=False)
        rows = rows.filter(pl.col("patient_id").is_in(list(expected)))
        for patient in kg.classify_table(rows, assume="all").patients():
            seen.add(patient.patient_id)
            assert {
                name: {key: _plain(getattr(found, key)) for key in each}
                for name, each in expected[patient.patient_id].items()
                for found in [patient.therapies[name]]
            } == expected[patient.patient_id]
    assert seen == set(expected)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def random_rows(guideline: Guideline, rng: random.Random, count: int) -> list[dict[str, str]]:
    rows = []
    for i in range(count):
        row = {"patient_id": str(i)}
        for name, variable in guideline.variables.items():
            if rng.random() < 0.25 and variable.type in ("boolean", "enum"):
                row[name] = rng.choice(variable.words)
        row["max_tumour_diameter_cm"] = rng.choice(["", "3", "8", "12", ">10"])
        row["tumour_count"] = rng.choice(["", "1", "2..3"])
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    "assume",
    [
        ["all"],
        ["vessels", "organ_failure=single"],
        ["all", "encephalopathy=grade_3_4", "arteriovenous_shunt=none", "tumour_count=1"],
        ["ascites=none", "child_pugh_class=B", "bilirubin_umol_l=20", "albumin_g_l=>35"],
    ],
)
@pytest.mark.parametrize("with_lesions", [False, True])
def test_columns_agree_with_single_records(
    guideline: Guideline, assume: list[str], with_lesions: bool
) -> None:
    rng = random.Random(7)  # noqa: S311 - the same records in every run
    rows = random_rows(guideline, rng, 24)
    lesions = [
        {"patient_id": str(i), "lesion_id": "a", "diameter_cm": "2", "near_gallbladder": cell}
        for i, cell in zip(range(0, 24, 2), ["true", "", "false"] * 4, strict=True)
    ]
    found = list(
        kg.classify_table(rows, lesions if with_lesions else None, assume=assume).patients()
    )
    engine, asked = engine_of("compiled", guideline), assumptions_of(guideline, assume)
    kinds = set()
    for row, patient in zip(rows, found, strict=True):
        own = [each for each in lesions if each["patient_id"] == row["patient_id"]]
        single = kg.classify(row, own if own and with_lesions else None, assume=assume)
        assert single.assumed == patient.assumed
        assert single.therapies == patient.therapies
        assert single.recommendations == patient.recommendations
        kinds.update(t.rests_on_assumptions for t in patient.therapies.values())
    assert asked is not None
    assert engine.name == "compiled"
    assert len(kinds) == 2 or assume[0] != "all"


def test_hermit_gives_the_same_under_assumptions() -> None:
    rows = [{"patient_id": "a"} | SILENT]
    by_hermit = list(kg.classify_table(rows, engine="hermit", assume="all").patients())
    assert by_hermit == list(kg.classify_table(rows, assume="all").patients())


def test_nothing_changes_for_who_asks_for_none() -> None:
    found = kg.classify(SILENT)
    assert found.assumed is None
    assert {t.verdict_recorded for t in found.therapies.values()} == {None}
    table = kg.classify_table([{"patient_id": "a"} | SILENT])
    assert table.frame.columns == [
        *("patient_id", "therapy", "verdict", "met", "missing", "unchecked")
    ]


# How it is told


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    text = "patient_id,tumour_count,max_tumour_diameter_cm,child_pugh_class,near_gallbladder\n"
    (tmp_path / "p.csv").write_text(text + "a,1,4,A,yes\nb,1,4,C,\n", encoding="utf-8")
    return tmp_path / "p.csv"


def test_formats_have_both_verdicts_and_what_was_assumed(run: Run, silent: Path) -> None:
    told = json.loads(run("classify", "p.csv", "--assume", "all", "--format", "json").out)
    mwa = told[0]["therapies"]["mwa"]
    assert (mwa["verdict"], mwa["verdict_recorded"]) == ("eligible_with_caution", "undetermined")
    assert "near_gallbladder" not in mwa["assumed"]
    assert mwa["assumed"] == sorted(mwa["assumed"])
    assert told[0]["assumed"]["tumour_morphology"] == "nodular"
    run("classify", "p.csv", "--assume", "all", "-o", "o.parquet")
    frame = pl.read_parquet(silent.with_name("o.parquet"))
    assert frame.columns[-2:] == ["verdict_recorded", "assumed"]
    row = frame.row(
        by_predicate=(pl.col("patient_id") == "a") & (pl.col("therapy") == "mwa"), named=True
    )
    assert (row["verdict_recorded"], row["assumed"]) == ("undetermined", mwa["assumed"])
    lines = run("classify", "p.csv", "--assume", "all", "--format", "csv").out.splitlines()
    by_csv = {(r["patient_id"], r["therapy"]): r for r in csv.DictReader(lines)}
    assert by_csv["a", "mwa"]["assumed"].split(";") == mwa["assumed"]
    table = run("classify", "p.csv", "--assume", "all").out
    assert "▲°" in table
    assert "° only if what the record is silent on is as assumed" in table
    run("classify", "p.csv", "--assume", "blood", "--compact", "-o", "c.csv")
    compact = pl.read_csv(silent.with_name("c.csv"))
    assert compact["mwa_recorded"].to_list() == ["undetermined", "undetermined"]
    assert compact["assumed"].to_list() == ["coagulopathy;marked_bleeding_tendency"] * 2


def test_a_verdict_that_rests_on_assumptions_is_told_as_if(run: Run, silent: Path) -> None:
    words = " ".join(run("explain", "p.csv", "a", "mwa", "--assume", "all").out.split())
    assert "caution is called for by “near gallbladder, stomach or bowel” (ABL-R2a)" in words
    assert "if none of these 20 findings is present: " in words
    assert "and if it holds that distance from the main hepatic ducts above 5 mm" in words
    assert "From the record alone: undetermined" in words
    assert "(assumed)" in words
    frame = kg.classify_table(silent, assume="all").reasons("mwa")
    assert "if none of these 20 findings is present" in frame["reason"][0]
    assert frame["verdict_recorded"].to_list() == ["undetermined", "undetermined"]
    one = kg.explain(SILENT, assume=["cachexia"])
    assert all(" if " not in each.clause for each in one.therapies.values())


def test_the_cohort_report_shows_both_side_by_side(run: Run, silent: Path) -> None:
    report = json.loads(run("cohort", "p.csv", "--assume", "all", "--format", "json").out)
    mwa = next(each for each in report["therapies"] if each["therapy"] == "mwa")
    assert mwa["verdicts_recorded"]["undetermined"] == 2
    assert mwa["eligible_if_assumed"] == mwa["verdicts"]["eligible_with_caution"] == 1
    text = " ".join(run("cohort", "p.csv", "--assume", "all").out.split())
    assert "From the records alone" in text
    assert "if none of these 32 findings is present: " in text
    plain = json.loads(run("cohort", "p.csv", "--format", "json").out)
    assert "assumed" not in plain
    assert "verdicts_recorded" not in plain["therapies"][0]


ASKED = """PREFIX hcc: <https://w3id.org/hcc-kg/> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?word (COUNT(DISTINCT ?made) AS ?assumed) (COUNT(DISTINCT ?cell) AS ?cells) WHERE {
  ?node hcc:therapy/skos:notation "mwa" ; hcc:verdict ?v ; hcc:verdictRecorded ?recorded .
  FILTER(?v != ?recorded) ?v skos:notation ?word . ?node hcc:assumed ?made .
  ?run hcc:assumes ?a . ?a hcc:variable ?variable ; hcc:cell ?cell
} GROUP BY ?word"""


def test_the_graph_names_assumptions_and_tells_such_verdicts(
    run: Run, silent: Path, tmp_path: Path
) -> None:
    run("graph", "build", "p.csv", "--assume", "all", "--store", "s")
    ((word, assumed, cells),) = open_store(tmp_path / "s").select(ASKED).rows
    assert (word.value, int(assumed.value)) == ("eligible_with_caution", 22)
    assert int(cells.value) == 6  # nodular, false, >5, vp0, none, 0
