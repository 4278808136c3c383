"""The answer first: a sentence from verdicts and recommendations, a card for equal reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.engines.registry import engine_of
from kg.explanation.answer import advised, alike, answer, balance_of
from kg.explanation.explanations import PatientExplanation
from kg.explanation.reasons import explain
from kg.guideline import Guideline
from kg.patients.assumptions import unremarkable
from kg.patients.drafts import Draft, read_draft
from kg.reasoning.verdicts import MET
from kg.ui.patient.state import examples

NEAR_GALLBLADDER = {
    "tumour_count": "2",
    "max_tumour_diameter_cm": "3.4",
    "near_gallbladder": "true",
    "child_pugh_class": "B",
    "platelets_10e9_l": "55",
    "portal_vein_thrombus": "vp0",
}


def explained(guideline: Guideline, draft: Draft) -> PatientExplanation:
    record = read_draft(guideline, draft).record
    return explain(guideline, record, engine_of("compiled", guideline).classify(record))


def test_it_says_what_is_advised_what_is_not_why_and_what_is_open(guideline: Guideline) -> None:
    said = answer(guideline, explained(guideline, Draft("", NEAR_GALLBLADDER)))
    advice = "ethanol injection, alone or with thermal ablation, may be considered"
    assert said.startswith(f"Unless an open finding rules it out, {advice}")
    assert "not TACE + RFA, TACE, TAE or TAI: platelet count 55 × 10⁹/L" in said
    assert "below 60" in said, "the limit is told with the value"
    assert said.endswith("depending on 18 findings.")


def test_advice_stands_alone_once_a_therapy_that_it_concerns_is_eligible(
    guideline: Guideline,
) -> None:
    draft = Draft("", NEAR_GALLBLADDER, assumed=tuple(unremarkable(guideline)))
    explanation = explained(guideline, draft)
    assert "eligible" in explanation.therapies["pei"].verdict
    said = answer(guideline, explanation)
    condition = f"If {len(explanation.assumed)} findings are as assumed: "
    assert said.startswith(f"{condition}ethanol injection, alone or with thermal")


def test_what_is_for_and_open_is_told_in_words(guideline: Guideline) -> None:
    draft = Draft("", {}, ({"diameter_cm": "3.4"}, {"diameter_cm": "2.1"}))
    explanation = explained(guideline, replace(draft, assumed=tuple(unremarkable(guideline))))
    said = [
        text
        for each in explanation.therapies.values()
        for texts in balance_of(each).told.values()
        for text in texts
    ]
    assert any("number of tumours 2" in text for text in said)
    assert not any("(derived:" in text for text in said), "the details say what is derived"
    assert not any("if none of these" in text for text in said), "the card says what is assumed"
    assert not set(said) & guideline.criteria.keys(), "labels, not identifiers"


def test_of_many_facts_behind_a_criterion_the_first_are_told(guideline: Guideline) -> None:
    explanation = explained(guideline, examples(guideline)["small-tumour-not-visible"])
    (reason,) = balance_of(explanation.therapies["tace"]).for_it
    assert reason.endswith("and 10 more (small tumour, neither surgery nor ablation)")


def test_nothing_known_leaves_everything_open(guideline: Guideline) -> None:
    assert answer(guideline, explained(guideline, Draft())).startswith(
        "Open: everything, depending on "
    )


def test_therapies_are_told_once_and_only_recommendations_that_are_met_are(
    guideline: Guideline,
) -> None:
    drafts = examples(guideline)
    assert len(drafts) > 20
    for draft in drafts.values():
        explanation = explained(guideline, draft)
        groups = alike(explanation)
        names = [each.therapy for group in groups for each in group]
        assert sorted(names) == sorted(guideline.therapies)
        for group in groups:
            assert len({each.verdict for each in group}) == 1
        said = answer(guideline, explanation)
        assert said.endswith(".")
        for each in explanation.recommendations:
            is_told = each.advice.removesuffix(".")[1:] in said
            assert is_told == (each in advised(explanation))
            assert not is_told or each.state == MET


@pytest.mark.parametrize(
    ("cells", "side", "told"),
    [
        ({"platelets_10e9_l": "55"}, "against", "platelet count below 60"),
        ({"tumour_count": "1", "max_tumour_diameter_cm": "2"}, "for_it", "single tumour up to"),
    ],
)
def test_balance_says_what_is_for_and_against(
    guideline: Guideline, cells: dict[str, str], side: str, told: str
) -> None:
    therapies = explained(guideline, Draft("", cells)).therapies
    texts = [text for each in therapies.values() for text in getattr(balance_of(each), side)]
    assert any(told in text for text in texts)
