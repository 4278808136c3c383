"""Cards of terms: what they say, and what happens with an unknown one."""

import json

import pytest
import typer
from typer.testing import CliRunner

from kg.commands.reference import show
from kg.errors import InputError
from kg.guideline import load
from kg.reference.cards import card_of

G = load()
EVERY = [
    *G.criteria,
    *G.definitions,
    *G.therapies,
    *G.mentioned,
    *G.variables,
    *G.statements,
    *G.recommendations,
    *G.responses,
]


def run(*arguments, width="80"):
    app = typer.Typer()
    app.command()(show)
    invoked = CliRunner().invoke(app, list(arguments), env={"COLUMNS": width})
    assert invoked.exit_code == 0, invoked.output
    return invoked.stdout


def test_every_term_has_a_card_under_its_own_name():
    assert len({name.lower() for name in EVERY}) == len(EVERY) > 300
    for name in EVERY:
        card = card_of(G, name.upper())
        assert card["id"] == name
        assert card["kind"]


def test_criterion_says_formula_places_statements_and_users():
    card = card_of(G, "abl-i3")
    assert card["kind"] == "indication"
    assert "number of tumours at least 2" in card["met_when"]
    assert "tumour_count some xsd:integer[>= 2]" in card["manchester"]
    assert card["places"] == ("A.1(1)",)
    assert card["statements"][0]["start"] < card["statements"][0]["end"]
    assert {"id": "rfa", "role": "indication"} in card["therapies"]
    assert "ABL-R7" in card["used_in"]
    assert card["reading"]


def test_shared_definition_says_who_uses_it():
    card = card_of(G, "SMALL")
    assert card["kind"] == "shared definition"
    assert card["used_in"] == ["HAI-I3", "REC-15"]
    assert "tumour_count" in card["variables"]


def test_therapy_lists_its_row_with_roles():
    card = card_of(G, "rfa")
    assert [item["id"] for item in card["criteria"]] == list(G.therapies["rfa"].criteria)
    assert {item["role"] for item in card["criteria"]} == {
        "indication",
        "precondition",
        "absolute contraindication",
        "relative contraindication",
    }


def test_surgery_card_says_that_no_contraindications_were_checked():
    assert "none were checked" in card_of(G, "surgical_resection")["notes"][0]


def test_therapy_that_is_only_mentioned_has_no_criteria():
    card = card_of(G, "systemic_therapy")
    assert card["kind"] == "therapy without criteria"
    assert "criteria" not in card


def test_number_shows_unit_bands_and_lesion_column():
    card = card_of(G, "max_tumour_diameter_cm")
    assert card["unit"] == "cm"
    assert card["bands"][0] == "at most 3 cm"
    assert card["lesion_column"] == "diameter_cm"
    assert "SIZE-RADICAL" in card["used_in"]


def test_enumeration_shows_its_values_and_derivation():
    card = card_of(G, "portal_vein_thrombus")
    assert [v["id"] for v in card["values"]] == ["vp0", "vp1", "vp2", "vp3", "vp4"]
    assert card["derived_by"] == ["portal trunk and portal thrombus"]
    assert "bands" not in card


def test_statement_says_where_it_stands_and_what_encodes_it():
    name = G.criteria["ABL-C2b"].statements[0]
    card = card_of(G, name)
    assert card["section"] == G.statements[name].section
    assert "ABL-C2b" in card["used_in"]


def test_recommendation_and_response_say_what_follows():
    assert card_of(G, "REC-2")["comes_before"] == ("REC-1",)
    assert card_of(G, "RSP-CR")["outcome"] == "complete"


def test_unknown_term_names_the_nearest():
    with pytest.raises(InputError, match=r"no term 'abl-i33'.*ABL-I3"):
        card_of(G, "abl-i33")


def test_term_like_no_other_still_gets_examples():
    with pytest.raises(InputError, match="for example, ABL-I1, local_ablation_radical"):
        card_of(G, "?")


def test_text_card_fits_the_terminal_and_keeps_brackets():
    text = run("abl-i3")
    assert max(map(len, text.splitlines())) <= 80
    assert "[unclear whether" in text


@pytest.mark.parametrize("name", ["ABL-C2b", "rfa", "ecog", "S001", "REC-1", "RSP-CR"])
def test_json_card_is_the_same_card(name):
    card = json.loads(run(name, "--format", "json"))
    assert card == json.loads(json.dumps(card_of(G, name)))


def test_a_therapy_is_found_in_capitals_too():
    assert G.therapy("RFA") is G.therapies["rfa"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("vp3", r"portal_vein_thrombus \(portal vein tumour thrombus\)"),
        ("curative", r"local_ablation_radical \(curative local ablation\)"),
        ("thrombus portal", r"portal_vein_thrombus \("),
        ("Lipiodol", r"dense_lipiodol_deposition \("),
    ],
)
def test_an_unknown_word_finds_the_terms_whose_names_hold_it(asked, named):
    with pytest.raises(InputError, match=f"no term '{asked}' .*{named}"):
        card_of(G, asked)


def test_an_unknown_therapy_names_the_nearest_and_all_with_their_labels():
    with pytest.raises(InputError) as told:
        G.therapy("chemoembolisation")
    near, every = str(told.value).split("; all: ")
    assert "tace (transarterial chemoembolisation)" in near
    assert len(every.split(", ")) == len(G.therapies)
    assert "rfa (radiofrequency ablation), " in every


@pytest.mark.parametrize(
    ("therapy", "expected"),
    [
        ("mwa", ["REC-2", "REC-4", "REC-10", "REC-12", "REC-13"]),
        ("rfa", ["REC-2", "REC-4", "REC-10", "REC-12", "REC-13", "REC-14", "REC-15"]),
        ("local_ablation", ["REC-2", "REC-4", "REC-10", "REC-12", "REC-13"]),
        ("tai", ["REC-3", "REC-9", "REC-16", "REC-17"]),
        ("systemic_therapy", []),
    ],
)
def test_recommendations_of_a_therapy_are_inherited(therapy, expected):
    assert list(card_of(G, therapy).get("recommendations", ())) == expected
