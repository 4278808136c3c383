"""Formulas, facts and verdicts in words."""

from decimal import Decimal

import pytest

from kg.explanation.wording import (
    fact,
    listed,
    named,
    shortened,
    words,
)
from kg.guideline import load
from kg.guideline.formula import And, Atom, Not, Or, Ref
from kg.guideline.intervals import Interval
from kg.patients.records import read_record
from kg.reasoning.verdicts import VERDICTS

G = load()
YES = Atom("cachexia", ("true",))
CHILD_PUGH = "Child-Pugh class and score from each other and from the components"
COUNT_ONE = Atom("tumour_count", intervals=(Interval.point(Decimal(1)),))
ABOVE_FIVE = Atom("max_tumour_diameter_cm", intervals=(Interval(Decimal(5), None, True),))


def says(variable, cell=None, **others):
    cells = others if cell is None else {variable: cell, **others}
    return fact(G, read_record(G, "p", cells), variable)


def test_numbers_read_as_bounds_with_units():
    assert words(G, And((ABOVE_FIVE, COUNT_ONE))) == (
        "largest tumour diameter above 5 cm and number of tumours 1"
    )


def test_booleans_read_as_label_and_answer_and_set_off_the_next_part():
    assert words(G, Or((YES, COUNT_ONE))) == "cachexia: yes, or number of tumours 1"


def test_more_than_two_alternatives_are_listed():
    text = words(G, Or((YES, COUNT_ONE, ABOVE_FIVE)))
    assert text == (
        "any of: cachexia: yes; number of tumours 1; largest tumour diameter above 5 cm"
    )


def test_nested_parts_stay_together_in_brackets():
    text = words(G, And((Or((COUNT_ONE, ABOVE_FIVE)), Not(COUNT_ONE))))
    assert text == (
        "(number of tumours 1 or largest tumour diameter above 5 cm) and not number of tumours 1"
    )


def test_alternative_values_are_bracketed_beside_other_parts():
    spread = Atom("distant_metastasis", ("limited", "extensive"))
    assert words(G, spread) == "distant metastasis: limited or extensive"
    assert "(distant metastasis: limited or extensive)" in words(G, And((spread, COUNT_ONE)))


def test_references_carry_their_label():
    assert words(G, Ref("SMALL")) == "“small hepatocellular carcinoma” (SMALL)"
    assert named(G, "no-such-class") == "no-such-class"


@pytest.mark.parametrize("name", list(G.formulas))
def test_every_formula_of_the_ontology_can_be_said(name):
    text = words(G, G.formulas[name])
    assert text
    assert "any " not in text.replace("any of:", "")
    assert text.count("(") == text.count(")")


@pytest.mark.parametrize(
    ("variable", "cell", "expected"),
    [
        ("max_tumour_diameter_cm", "4", "largest tumour diameter 4 cm"),
        ("max_tumour_diameter_cm", "<3", "largest tumour diameter below 3 cm"),
        ("max_tumour_diameter_cm", "1..2.5", "largest tumour diameter 1 to 2.5 cm"),
        ("tumour_count", ">=5", "number of tumours at least 5"),
        ("tumour_count", ">5", "number of tumours at least 6"),
        ("liver_involvement_percent", ">=70", "share of the liver occupied by tumour at least 70%"),
        ("platelets_10e9_l", ">=70", "platelet count at least 70 × 10⁹/L"),
        ("child_pugh_class", "A|B", "Child-Pugh class: A or B"),
        ("cachexia", "no", "cachexia: no"),
        ("cachexia", None, "cachexia: unknown"),
        ("tumour_count", None, "number of tumours: unknown"),
        ("tumour_count", ">=1", "number of tumours: unknown"),
    ],
)
def test_fact_says_what_the_cell_says(variable, cell, expected):
    assert says(variable, cell) == expected


def test_fact_names_all_values_that_remain():
    assert says("portal_vein_thrombus", "vp3|vp4") == (
        "portal vein tumour thrombus: first-order branch (Vp3) or main trunk (Vp4)"
    )


def test_fact_says_when_it_was_derived():
    text = says("child_pugh_class", bilirubin_umol_l="60", albumin_g_l="20", inr="2.5")
    assert text == f"Child-Pugh class: C (derived: {CHILD_PUGH})"


def test_fact_says_when_it_is_in_conflict():
    cells = {"bilirubin_umol_l": "60", "albumin_g_l": "20", "inr": "2.5"}
    text = says("child_pugh_class", "A", **cells)
    assert text == "Child-Pugh class: A or C (in conflict)"


def test_recorded_value_that_agrees_with_its_derivation_is_not_called_derived():
    cells = {"bilirubin_umol_l": "60", "albumin_g_l": "20", "inr": "2.5"}
    assert says("child_pugh_class", "C", **cells) == "Child-Pugh class: C"


def test_conflict_between_lesions_and_patient_keeps_both_numbers():
    record = read_record(G, "p", {"max_tumour_diameter_cm": "2"}, [{"diameter_cm": "4"}])
    text = fact(G, record, "max_tumour_diameter_cm")
    assert text == ("largest tumour diameter 2 or 4 cm (in conflict)")


def test_every_verdict_has_words_and_a_meaning_in_the_ontology():
    assert tuple(G.verdicts) == VERDICTS
    assert all(meaning.endswith(".") for _, meaning in G.verdicts.values())


def test_lists_read_as_in_a_sentence():
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b"], "or") == "a or b"
    assert listed([]) == ""


def test_long_lists_are_cut_and_counted_but_never_to_hide_one():
    assert shortened(list("abcdef")) == "a; b; c; d; e; f"
    assert shortened(list("abcdefg")) == "a; b; c; d; e; and 2 more"
