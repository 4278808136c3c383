"""The page on changing the guideline is true: its changes are made on a copy, and all follows."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from broken_ontologies import checked
from explorer import app

import kg
from kg.checks.registry import REASONER_STEPS, Material
from kg.guideline import load
from kg.ontology import HCC
from kg.paths import ONTOLOGY_VARIABLE, example_cohort, ontology_folder

PAGE = (Path(__file__).parents[1] / "docs" / "changing-the-guideline.md").read_text("utf-8")
STEPS = re.findall(r"^```(diff|text)\n(.*?)^```$", PAGE, re.S | re.M)
NEW = re.findall(r"^\+hcc:([\w-]+)\n\+    a owl:Class ;", PAGE, re.M)
with example_cohort().open(encoding="utf-8", newline="") as _file:
    FIT = next(row for row in csv.DictReader(_file) if row["patient_id"] == "small-single-tumour")


def patch(folder: Path, diff: str) -> None:
    """Make one change of the page: the lines that stay or go are replaced by those that come."""
    head, *lines = diff.splitlines()
    file = folder / head.removeprefix("--- ")
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in " -")
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in " +")
    text = file.read_text("utf-8")
    assert text.count(old) >= 1, f"{file.name} no longer has\n{old}"
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the ontology with all changes of the page."""
    folder = tmp_path_factory.mktemp("changed") / "ontology"
    shutil.copytree(ontology_folder(), folder)
    for language, text in STEPS:
        if language == "diff":
            patch(folder, text)
    return folder


@pytest.fixture
def in_use(changed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The changed copy, named by the environment."""
    monkeypatch.setenv(ONTOLOGY_VARIABLE, str(changed))
    return changed


def test_page_shows_changes_and_findings() -> None:
    kinds = [language for language, _ in STEPS]
    assert kinds.count("diff") >= 8
    assert kinds.count("text") >= 3


def test_the_check_says_after_each_step_what_the_page_says(ontology_copy: Path) -> None:
    for language, text in STEPS:
        if language == "diff":
            patch(ontology_copy, text)
        else:
            findings = checked(ontology_copy, reasoner=False).findings
            found = [f"{f.check}: {f.subject}: {f.message}" for f in findings]
            assert found == text.splitlines()


def test_the_changed_ontology_passes_every_check(changed: Path) -> None:
    report = checked(changed, reasoner=False)
    assert report.findings == []
    left_out = [outcome.check.step for outcome in report.outcomes if outcome.not_run]
    assert set(left_out) == set(REASONER_STEPS)
    assert len(NEW) > 3
    reasoner = Material(changed).reasoner  # asked of the new classes; of all it would take a minute
    assert reasoner.profile_violations() == []
    assert reasoner.is_consistent()
    assert all(reasoner.is_satisfiable(HCC + name) for name in NEW)


@pytest.mark.parametrize(
    ("pacemaker", "verdict"),
    [("yes", "eligible_with_caution"), ("no", "eligible"), ("", "eligible_unchecked")],
)
def test_verdicts_follow(changed: Path, pacemaker: str, verdict: str) -> None:
    record = {**FIT, "pacemaker": pacemaker}
    found = kg.classify(record, guideline=load(changed)).therapies
    assert found["rfa"].verdict == verdict
    assert found["rfa"].unchecked == (() if pacemaker else ("RFA-R2",))
    assert found["laser"].verdict == "eligible"


def test_explanations_follow(changed: Path) -> None:
    told = kg.explain({**FIT, "pacemaker": "yes"}, guideline=load(changed)).therapies["rfa"]
    (explanation,) = [one for one in told.criteria if one.id == "RFA-R2"]
    assert explanation.note == "Made up, to show how a criterion is added."
    assert explanation.facts == ("cardiac pacemaker: yes",)
    assert [statement.id for statement in explanation.statements] == ["S054"]


def test_both_engines_agree_on_the_new_terms(changed: Path) -> None:
    guideline = load(changed)
    record = {**FIT, "pacemaker": "yes"}
    assert kg.classify(record, guideline=guideline, engine="hermit") == kg.classify(
        record, guideline=guideline
    )


def test_commands_follow_and_say_which_ontology_they_use(
    in_use: Path, run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,tumour_count,pacemaker\np,1,yes\n", "utf-8")
    _, explained, told = run("explain", "p.csv", "p", "rfa")
    assert f"{ONTOLOGY_VARIABLE}: the ontology in {in_use} is used" in told
    assert "RFA-R2 cardiac pacemaker" in explained
    assert "cardiac pacemaker" in run("show", "RFA-R2")[1]
    assert "pacemaker" in run("template")[1]
    assert "### RFA-R2" in run("reference")[1]


def test_the_form_of_a_patient_follows(in_use: Path) -> None:
    st.cache_resource.clear()  # which holds the guideline for the tests of this process
    try:
        page = app("patient", pacemaker="true", open="rfa")
        page.button_group(key="patient:group").set_value("general").run()
        assert not page.exception
        assert page.button_group(key="cell:pacemaker").value == "true"
        assert any("laser ablation" in verdict.label for verdict in page.expander)
    finally:
        st.cache_resource.clear()


def test_queries_follow(in_use: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    asked = ("criteria-of-variable", "--param", "variable=pacemaker", "--format", "csv")
    assert "RFA-R2" in run("query", *asked)[1]
    assert "laser" in run("query", "therapies", "--format", "csv")[1]


def test_patients_in_rdf_follow(
    in_use: Path, run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    turtle = "@prefix hcc: <https://w3id.org/hcc-kg/> .\n"
    turtle += '[] a hcc:Patient ; hcc:patient_id "p" ; hcc:pacemaker true .\n'
    (tmp_path / "p.ttl").write_text(turtle, "utf-8")
    status, out, err = run("classify", "p.ttl", "--therapy", "rfa", "--format", "csv")
    assert status == 0, err
    assert "p,rfa,undetermined,RFA-R2" in out
