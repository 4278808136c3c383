"""The cohort report: its counts against a count of single results, and the command."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import kg
from kg.benchmarks.cohort import write_cohort
from kg.guideline import load
from kg.paths import example_cohort
from kg.patients.records import read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNDETERMINED, VERDICT_SIGNS, VERDICTS

PATIENTS, LESIONS = example_cohort(), example_cohort().with_name("lesions.csv")


@pytest.fixture(scope="module", params=["example", "made up"])
def cohort(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[kg.CohortReport, list[kg.PatientResult]]:
    """A report, and the results that it is about."""
    if request.param == "example":
        return kg.cohort_report(PATIENTS, LESIONS), [
            *kg.classify_table(PATIENTS, LESIONS).patients()
        ]
    path = tmp_path_factory.mktemp("cohort") / "cohort.parquet"
    write_cohort(kg.load(), path, 300, seed=3)
    return kg.cohort_report(path), [*kg.classify_table(path).patients()]


Cohort = tuple[kg.CohortReport, list[kg.PatientResult]]


def test_verdicts_are_counted(cohort: Cohort) -> None:
    report, results = cohort
    for each in report.therapies:
        counts = Counter(result.therapies[each.therapy].verdict for result in results)
        assert {word: count for word, count in each.verdicts.items() if count} == counts
    assert report.patients == len(results)


def test_contraindications_are_counted_alone_and_together(cohort: Cohort) -> None:
    report, results = cohort
    for each in report.therapies:
        absolute = kg.load().therapies[each.therapy].absolute
        patients, alone = Counter[str](), Counter[str]()
        for result in results:
            met = [name for name in absolute if result.states[name] == MET]
            patients.update(met)
            alone.update(met if len(met) == 1 else [])
        told = {reason.criteria[0]: reason for reason in each.contraindicated_by}
        assert {name: reason.patients for name, reason in told.items()} == patients
        assert {name: r.alone for name, r in told.items() if r.alone} == alone


def test_reasons_against_an_indication_are_counted(cohort: Cohort) -> None:
    report, results = cohort
    for each in report.therapies:
        therapy = kg.load().therapies[each.therapy]
        patients, alone = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
        for result in results:
            if result.therapies[each.therapy].verdict != "not_indicated":
                continue
            groups = [(name,) for name in therapy.preconditions] + [therapy.indications]
            failed = [g for g in groups if all(result.states[name] == EXCLUDED for name in g)]
            patients.update(failed or [()])
            alone.update((failed or [()]) if len(failed) < 2 else [])
        assert {r.criteria: r.patients for r in each.not_indicated_by} == patients
        assert {r.criteria: r.alone for r in each.not_indicated_by if r.alone} == alone


def test_what_is_excluded_says_so_as_a_reason(cohort: Cohort) -> None:
    reasons = [r for each in cohort[0].therapies for r in each.not_indicated_by]
    single = [r for r in reasons if len(r.criteria) == 1]
    assert single
    assert all(r.label.startswith("not met: ") for r in single)
    met = [r for each in cohort[0].therapies for r in each.contraindicated_by if r.criteria]
    assert met
    assert not any(r.label.startswith("not met: ") for r in met)


def test_missing_variables_are_counted(cohort: Cohort) -> None:
    report, results = cohort
    counts = {name: Counter[str]() for name in ("verdicts", "patients", "settles", "whole")}
    for result in results:
        lists = [t.missing for t in result.therapies.values() if t.verdict == UNDETERMINED]
        counts["verdicts"].update(name for names in lists for name in names)
        counts["patients"].update({name for names in lists for name in names})
        counts["settles"].update(names[0] for names in lists if len(names) == 1)
        if len(set(lists)) == 1 and len(lists[0]) == 1:
            counts["whole"].update(lists[0])
    assert {m.variable: m.verdicts for m in report.missing} == counts["verdicts"]
    assert {m.variable: m.patients for m in report.missing} == counts["patients"]
    settles = {m.variable: m.settles_verdicts for m in report.missing if m.settles_verdicts}
    assert settles == counts["settles"]
    whole = {m.variable: m.settles_patients for m in report.missing if m.settles_patients}
    assert whole == counts["whole"]
    assert [m.verdicts for m in report.missing] == sorted(counts["verdicts"].values())[::-1]


def test_any_value_of_a_sole_missing_variable_settles_the_verdict() -> None:
    guideline, tried = kg.load(), 0
    logic = logic_of(guideline)
    for cells in pl.read_csv(PATIENTS, infer_schema=False).iter_rows(named=True):
        record = read_record(guideline, cells.pop("patient_id"), cells)
        for therapy, result in product(guideline.therapies.values(), [kg.classify(cells)]):
            missing = result.therapies[therapy.id].missing
            if len(missing) == 1:
                variable = guideline.variables[missing[0]]
                for band in range(variable.band_count):
                    if record.known[variable.name].mask >> band & 1:
                        value = variable.from_mask(1 << band)
                        fixed = {**record.known, variable.name: value}
                        evaluation = logic.evaluation(fixed)
                        assert evaluation.possible(logic.answers[therapy.id]).bit_count() == 1
                        tried += 1
    assert tried


def test_conflicts_are_counted_by_rule(cohort: Cohort) -> None:
    report, results = cohort
    counts = Counter(conflict.message for result in results for conflict in result.conflicts)
    assert {each.message: each.patients for each in report.conflicts} == counts
    assert report.with_conflicts == sum(bool(result.conflicts) for result in results)


def test_batches_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.read_csv(PATIENTS)
    whole = kg.cohort_report(frame)
    monkeypatch.setattr("kg.readers.source.BATCH", 23)
    assert kg.cohort_report(frame) == whole


def test_an_empty_cohort_is_a_report_of_zeros() -> None:
    report = kg.cohort_report(pl.DataFrame(schema={"patient_id": pl.String()}))
    assert (report.patients, report.missing, report.conflicts) == (0, (), ())
    assert not any(count for each in report.therapies for count in each.verdicts.values())


# The command


def test_the_command_prints_every_section(run: Callable[..., Any]) -> None:
    ran = run("cohort", "--example")
    assert ran.status == 0
    sections = ["Verdicts", "Why contraindicated", "Why not indicated"]
    for heading in (*sections, "What is missing", "Conflicts in the record"):
        assert heading in ran.out
    assert "45 patients; 0 rows rejected" in ran.out
    assert "settles" in ran.out
    assert load().source.title in " ".join(ran.out.split())
    assert "never the sole basis" in ran.err


def test_json_is_the_report(run: Callable[..., Any]) -> None:
    ran = run("cohort", PATIENTS, "--lesions", LESIONS, "--format", "json")
    assert ran.out.strip() == kg.cohort_report(PATIENTS, LESIONS).as_json()
    told = json.loads(ran.out)
    assert told["patients"] == 45
    assert set(told["missing"][0]) == {
        "variable", "label", "verdicts", "patients", "settles_verdicts", "settles_patients",
    }  # fmt: skip


def test_top_limits_the_tables(run: Callable[..., Any]) -> None:
    short, long = run("cohort", "--example", "--top", 1).out, run("cohort", "--example").out
    assert len(short.splitlines()) < len(long.splitlines())
    assert "and 44 more" in short
    assert "and 40 more" in long


def test_rejected_rows_are_counted_and_end_with_status_1(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ecog\na,1\nb,seven\n")
    ran = run("cohort", "p.csv")
    assert ran.status == 1
    assert "1 patient; 1 row rejected" in ran.out
    assert "row 2: column ecog: 'seven'" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv"]


def test_a_table_or_the_example_is_needed(run: Callable[..., Any]) -> None:
    assert run("cohort").status == 2
    assert run("cohort", "p.csv", "--example").status == 2


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_sign_is_parted_from_its_meaning(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("cohort", "--example").out.splitlines()
    guideline = kg.load()
    for word in VERDICTS:
        sign = f"{VERDICT_SIGNS[word]} {guideline.verdicts[word][0]}"
        assert any(sign in line for line in lines), sign
    assert max(map(len, lines)) <= width


def test_the_words_of_the_columns_are_explained(run: Callable[..., Any]) -> None:
    text = " ".join(run("cohort", "--example").out.split())
    assert text.count("alone: patients for whom it is the only reason") == 2
    assert "settles verdicts: nothing else is missing" in text
