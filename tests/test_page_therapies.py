"""The page Therapies in every state: each therapy, each view, addresses good and bad."""

import pytest
from explorer import app, place, texts

from kg.guideline import load
from kg.guideline.taxonomy import every_therapy
from kg.ui.therapy_views import VIEWS
from kg.ui.words import literal

G = load()


def opened(**parameters):
    test = app("therapies", **parameters)
    assert not test.exception
    assert not test.error
    return test


@pytest.mark.parametrize("view", VIEWS)
def test_every_therapy_shows_in_every_view(view):
    test = opened(view=view)
    assert len(every_therapy(G)) > 20
    for name, therapy in every_therapy(G).items():
        test.selectbox(key="therapies:therapy").set_value(name).run()
        assert not test.exception
        assert test.subheader[0].value == literal(therapy.label)


def test_address_restores_therapy_view_and_kind():
    test = opened(therapy="tace", view="statements", kind="adverse_effect")
    assert test.subheader[0].value == "transarterial chemoembolisation"
    assert not test.warning
    assert "embolis" in texts(test)
    assert place(test) == {
        "therapy": ["tace"],
        "view": ["statements"],
        "kind": ["adverse_effect"],
    }


def test_criteria_stand_under_their_roles_with_places():
    test = opened(therapy="rfa")
    labels = [each.label for each in test.expander]
    assert len(labels) == len(G.therapies["rfa"].criteria) + 1  # and the table
    for role in ("indication", "precondition", "absolute", "relative"):
        assert role in texts(test)
    assert texts(test).count("**Met when**") == len(G.therapies["rfa"].criteria)


def test_mandatory_note_and_reading_are_shown():
    assert "none were checked" in opened(therapy="surgical_resection").warning[0].value
    assert "no criteria of its own" in texts(opened(therapy="cryoablation"))


def test_statements_of_a_wider_therapy_are_marked():
    assert "said of local ablation" in texts(opened(therapy="cryoablation", view="statements"))


def test_group_leads_to_its_kinds_and_mentioned_therapy_says_so():
    assert "therapies of this kind" in opened(therapy="thermal_ablation").info[0].value
    assert "no criteria" in opened(therapy="systemic_therapy").info[0].value


@pytest.mark.parametrize("node", ["ABL-I3", "tumour_count", "portal_vein_thrombus"])
def test_node_of_the_graph_can_be_chosen_by_address_and_list(node):
    test = opened(therapy="rfa", view="graph", node=node)
    assert test.selectbox(key="therapies:node").value == node
    assert ("Met when" if node == "ABL-I3" else "Used by") in texts(test)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"therapy": "nonsense"}, "nonsense"),
        ({"therapy": "rfa", "view": "<script>"}, "script"),
        ({"foo": "1"}, "foo"),
        ({"node": "x" * 10_000}, "x" * 70),
    ],
)
def test_tampered_address_is_told_and_the_rest_is_kept(parameters, told):
    test = opened(**parameters)
    assert told in test.warning[0].value
    assert len(test.warning[0].value) < 500
    label = "radiofrequency ablation" if parameters.get("therapy") == "rfa" else "curative local"
    assert test.subheader[0].value.startswith(label)


def test_recommendations_of_a_wider_therapy_are_shown():
    for name in ("mwa", "thermal_ablation", "local_ablation"):
        test = opened(therapy=name, view="recommendations")
        assert not test.info
        assert any(literal("REC-12") in each.label for each in test.expander)


def test_a_group_shows_the_recommendations_on_its_kinds():
    test = opened(therapy="hepatic_artery_intervention", view="recommendations")
    assert "kinds of this therapy" in test.info[0].value
    assert any(literal("REC-3") in each.label for each in test.expander)
