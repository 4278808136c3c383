"""The page Compare: two editions for the guideline, a cohort and a patient."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from explorer import app, place, texts
from streamlit.testing.v1 import AppTest

import kg
from kg.comparison.cohorts import differences_frame
from kg.comparison.patients import Side, compared_patient, frame_of
from kg.engines.registry import engine_of
from kg.guideline import load
from kg.paths import example_cohort, example_lesions
from kg.patients.assumptions import unremarkable
from kg.patients.drafts import read_draft
from kg.ui.cohort.charts import stacked
from kg.ui.patient.state import examples
from kg.ui.pictures import Look

OLD, NEW = load(edition="2011"), load(edition="2026")


@cache
def due() -> pl.DataFrame:
    return kg.compare(example_cohort(), example_lesions()).frame


def shown(test: AppTest, column: str) -> pl.DataFrame:
    frames = [pl.from_pandas(each.value) for each in test.dataframe]
    return next(frame for frame in frames if column in frame.columns)


@pytest.mark.parametrize("name", ["vp3-thrombus", "small-single-tumour", "referral-letter-only"])
def test_a_patient_alone_gets_what_the_cohort_gets(name: str) -> None:
    draft = examples(NEW)[name]
    sides = []
    for edition in (OLD, NEW):
        record = read_draft(edition, draft).record
        sides.append(Side(edition, record, engine_of("compiled", edition).classify(record)))
    found = frame_of(name, list(compared_patient(*sides)))
    assert found.to_dicts() == due().filter(pl.col("patient_id") == name).to_dicts()


def test_the_guideline_is_compared_term_by_term() -> None:
    test = app("compare", relation="stricter", therapy="rfa")
    assert not test.exception
    table = shown(test, "place in 2011")
    every = differences_frame(OLD, NEW).filter(pl.col("relation") == "stricter")
    assert 0 < len(table) < len(every)
    assert table["criterion of 2011"][0] == "ABL-I1"
    told = texts(test).replace("\\", "")
    assert "The stage is required as well" in told
    for edition, name in ((OLD, "ABL-I1"), (NEW, "ABL26-I1")):
        statement = edition.statements[edition.criteria[name].statements[0]]
        assert f"{statement.section} [{statement.start}–{statement.end}]" in told
    assert "Evidence level and strength" in told


def test_the_patients_behind_a_bar_are_those_that_compare_finds() -> None:
    test = app("compare", view="cohort", therapy="tai>haic")
    counts = due().filter(pl.col("therapy_to") == "haic")["change"].value_counts()
    change, number = counts.sort("count", descending=True).row(0)
    test.selectbox(key="compare:change").set_value(change).run()
    assert place(test) == {"view": ["cohort"], "therapy": ["tai>haic"], "change": [change]}
    table = shown(test, "verdict_from")
    assert len(table) == number
    assert set(table["change"]) == {change}
    assert len(shown(test, "verdicts that changed"))
    wide = shown(test, "gained").filter(pl.col("therapy") == "tai>haic")
    assert wide[change].item() == number
    assert {"CSV", "Excel", "SVG", "PNG"} <= {each.label for each in test.get("download_button")}
    test.selectbox(key="compare:cohort:patient").set_value(table["patient_id"][0]).run()
    assert place(test)["record.patient_id"] == [table["patient_id"][0]]


def test_assumptions_are_those_of_the_command() -> None:
    test = app("compare", view="cohort")
    test.toggle(key="compare:assumed").set_value(True).run()
    assert place(test)["assumed"] == ["all"]
    frame = kg.compare(example_cohort(), example_lesions(), assume="all", therapies=["mwa"]).frame
    row = shown(test, "gained").filter(pl.col("therapy") == "mwa").to_dicts()[0]
    for change in ("gained", "lost", "moved", "settled", "opened", "same"):
        assert row[change] == frame.filter(pl.col("change") == change).height


def test_a_patient_is_told_stages_first_and_what_turns_each_verdict() -> None:
    record = {"tumour_count": "2", "max_tumour_diameter_cm": "2.4", "child_pugh_class": "A"}
    record |= {"ecog": "0", "active_infection": "treatable", "portal_vein_thrombus": "vp0"}
    address = {"view": "patient", **{f"record.{name}": cell for name, cell in record.items()}}
    test = app("compare", **address)
    assert {name: [value] for name, value in address.items()} == place(test)
    told = [each.value.replace("\\", "") for each in test.markdown]
    first = next(i for i, text in enumerate(told) if "Stages still possible in 2026" in text)
    assert first < next(i for i, text in enumerate(told) if "opened" in text)
    said = texts(test).replace("\\", "")
    assert "would settle it: distant metastasis, hepatic vein" in said
    assert "“active infection” (ABL-C8) **dropped**" in said
    assert "none were checked" in said
    assert "For research and teaching" in said


def test_the_python_of_a_patient_gives_what_is_shown_without_what_is_not_understood() -> None:
    record = {"record.lesion": ["diameter_cm:3.4", "diameter_cm:2.1"], "record.ecog": "none"}
    record |= {"record.child_pugh_class": "A", "record.assumed": [*unremarkable(NEW)]}
    test = app("compare", view="patient", **record)
    text = next(each.value for each in test.code if "kg.compare(" in each.value)
    space: dict[str, pl.DataFrame] = {}
    exec(text, space)  # noqa: S102 - our own text
    told = shown(test, "verdict_to")["verdict_to"].to_list()
    assert space["frame"]["verdict_to"].to_list() == told


def test_a_link_to_what_there_is_not_is_told() -> None:
    test = app("compare", view="patient", to="1899", **{"record.shoe_size": "4"})
    assert not test.exception
    (warning,) = test.warning
    assert "there is no to" in warning.value
    assert "shoe" in warning.value
    same = app("compare", to="2011")
    assert "Choose two different editions" in texts(same)


def test_bars_stand_as_their_labels_come_whatever_part_of_them_is_empty() -> None:
    rows = [("a", "x", 0), ("b", "x", 1), ("a", "y", 1), ("b", "y", 0)]
    frame = pl.DataFrame(rows, ["label", "chosen", "patients"], orient="row")
    looks = {"x": Look("more", "red"), "y": Look("less", "blue")}
    chart = stacked(frame.with_columns(therapy="label"), looks, ("", ""), ("patients",)).to_dict()
    (drawn,) = chart["datasets"].values()
    assert [(row["label"], row["told"]) for row in drawn] == [("a", "less"), ("b", "more")]
