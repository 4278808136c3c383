"""What may be assumed of a silent record, what follows, and how it is told."""

from __future__ import annotations

import pytest
from explorer import app, texts

from kg.explanation.answer import headline
from kg.explanation.wording import fact
from kg.guideline import Guideline
from kg.patients.assumptions import assumable, completed, unremarkable
from kg.patients.drafts import Draft, draft_at, parameters_of, read_draft
from kg.patients.records import read_record

NEARLY = {
    "tumour_count": "1",
    "max_tumour_diameter_cm": "2.4",
    "child_pugh_class": "A",
    "resectable": "false",
}


def test_what_is_silent_is_assumed_and_what_is_recorded_is_not(guideline: Guideline) -> None:
    record = read_record(guideline, "p", {"portal_vein_thrombus": "vp2"})
    found = completed(guideline, record, unremarkable(guideline))
    assert "portal_vein_thrombus" not in found.assumed
    assert found.known["portal_vein_thrombus"] == record.known["portal_vein_thrombus"]
    assert found.assumed["near_gallbladder"] == "false"
    assert found.recorded == record.recorded
    assert "child_pugh_class" not in found.assumed


def test_what_is_derived_or_in_conflict_is_not_assumed(guideline: Guideline) -> None:
    huge = read_record(guideline, "p", {"max_tumour_diameter_cm": "12"})
    assert assumable(guideline, huge, ["tumour_morphology"]) == ()
    lesions = [{"diameter_cm": "2", "near_gallbladder": "true"}]
    near = read_record(guideline, "p", {}, lesions)
    found = assumable(guideline, near, ["near_gallbladder", "near_diaphragm"])
    assert found == ("near_diaphragm",)


def test_an_assumption_derives_nothing(guideline: Guideline) -> None:
    record = read_record(guideline, "p", {})
    found = completed(guideline, record, {"ascites": "none", "encephalopathy": "none"})
    assert found.derived == record.derived


def test_what_is_assumed_already_is_not_offered_again(guideline: Guideline) -> None:
    record = read_draft(guideline, Draft("", NEARLY, assumed=("near_gallbladder",))).record
    assert assumable(guideline, record, ["near_diaphragm"]) == ("near_diaphragm",)


@pytest.mark.parametrize("text", ["true", ""])
def test_saying_what_is_there_ends_an_assumption(guideline: Guideline, text: str) -> None:
    draft = Draft("", {}, assumed=("near_gallbladder", "near_diaphragm"))
    assert draft.with_cell("near_gallbladder", text).assumed == ("near_diaphragm",)


def test_a_link_holds_what_is_assumed(guideline: Guideline) -> None:
    draft = Draft("p", NEARLY, assumed=("near_gallbladder",))
    assert draft_at(guideline, parameters_of(draft)) == (draft, ())
    _, strangers = draft_at(guideline, {"assumed": ["child_pugh_class"]})
    assert strangers == ("assumed=child_pugh_class",)


def test_what_is_assumed_under_one_edition_is_not_lost_under_another() -> None:
    assumed = ["malignant_effusion", "cachexia"]  # the former is of 2011 alone
    test = app("patient", edition="2026", assumed=assumed, **NEARLY)
    assert not test.warning, "it is part of a record"
    assert "1 finding assumed unremarkable" in texts(test)
    next(b for b in test.button if b.label == "Confirm them").click().run()
    assert not test.exception
    place = dict(test.query_params)
    assert (place["cachexia"], place["assumed"]) == ("false", "malignant_effusion")


def test_facts_say_that_they_are_assumed(guideline: Guideline) -> None:
    record = read_draft(guideline, Draft("", NEARLY, assumed=("near_gallbladder",))).record
    assert record.assumed == {"near_gallbladder": "false"}
    told = fact(guideline, record, "near_gallbladder")
    assert told == "tumour close to the gallbladder: no (assumed)"
    assert headline(guideline, record).endswith("variables unknown, 1 assumed")


def test_one_button_settles_what_none_of_these_would() -> None:
    test = app("patient", **NEARLY)
    assert any("If none of these:" in each.value for each in test.markdown)
    test.session_state["patient:silent"] = True  # opens the list
    test.run()
    next(b for b in test.button if b.label == "None of these").click().run()
    assert not test.exception
    assert "assumed unremarkable, not recorded" in texts(test)
    assert any("scrollTo" in str(each.proto) for each in test.get("html")), "to the answer"
    assert len(dict(test.query_params)["assumed"]) > 5
    rfa = next(e.label for e in test.expander if "radiofrequency ablation**" in e.label)
    assert "undetermined" not in rfa
    next(b for b in test.button if b.label == "Take back").click().run()
    assert "assumed" not in dict(test.query_params)


def test_what_is_picked_of_open_findings_stays_while_the_list_is_closed() -> None:
    test, there = app("patient", **NEARLY), "patient:there"
    assert there not in [each.key for each in test.button_group]
    picked: list[str] = []
    for is_open in (True, False, True):
        test.session_state["patient:silent"] = is_open
        test.run()
        if is_open and not picked:
            test.button_group(key=there).set_value(picked := ["near_gallbladder"]).run()
    assert not test.exception
    assert test.button_group(key=there).value == picked
    assert "None of the others" in [each.label for each in test.button]
