"""Pictures of the guideline: the taxonomy as a tree, and what a therapy depends on."""

import pytest

from kg.guideline import load
from kg.guideline.taxonomy import every_therapy, lineage
from kg.reference.inventory import said_of
from kg.reference.trees import dependencies, sort_of, taxonomy

G = load()


def test_every_therapy_stands_once_in_the_tree_below_its_first_parent():
    nodes, _ = taxonomy(G)
    at = {node.id: node for node in nodes}
    assert len(nodes) == len(at) == len(every_therapy(G)) > 20
    assert [node.row for node in nodes] == list(range(len(nodes)))
    for name, therapy in every_therapy(G).items():
        parent = at[therapy.parents[0]] if therapy.parents else None
        assert at[name].column == (parent.column + 1 if parent else 0)
        assert parent is None or parent.row < at[name].row


def test_second_parent_has_an_edge_of_its_own():
    _, edges = taxonomy(G)
    also = {(e.source, e.target) for e in edges if e.kind == "also"}
    assert also == {("hepatic_artery_intervention", "tace_plus_rfa")}


@pytest.mark.parametrize(
    ("name", "sort"),
    [("rfa", "criteria"), ("local_ablation", "group"), ("systemic_therapy", "mentioned")],
)
def test_therapies_are_told_apart_by_what_they_have(name, sort):
    assert sort_of(G, name) == sort


def test_lineage_goes_up_to_the_top_by_every_parent():
    assert lineage(G, "rfa") == ["rfa", "thermal_ablation", "local_ablation", "non_surgical"]
    assert {"local_ablation", "hepatic_artery_intervention"} < set(lineage(G, "tace_plus_rfa"))


@pytest.mark.parametrize("name", G.therapies)
def test_picture_of_a_therapy_holds_its_row_and_every_variable(name):
    therapy = G.therapies[name]
    nodes, edges = dependencies(G, therapy)
    columns = [[n.id for n in nodes if n.column == column] for column in range(3)]
    asked = {v for c in therapy.criteria for v in G.variables_of(G.criteria[c].formula)}
    assert columns[:2] == [[name], list(therapy.criteria)]
    assert set(columns[2]) == asked
    assert {e.target for e in edges} == set(columns[1]) | asked


def test_what_is_said_of_a_wider_therapy_is_inherited_and_marked():
    said = said_of(G, "cryoablation")
    about = {name: wider for each in said.values() for name, wider in each.items()}
    assert {*about.values()} == {"cryoablation", "local_ablation", "non_surgical"}
    own = [name for name, wider in about.items() if wider == "cryoablation"]
    assert all("cryoablation" in G.statements[name].therapies for name in own)
    assert list(said) == [kind for kind in G.kinds if kind in said]


def test_statement_about_a_therapy_and_its_parent_is_the_therapys_own():
    found = [pair for each in said_of(G, "tace").values() for pair in each.items()]
    names = [name for name, _ in found]
    assert len(names) == len(set(names))
    assert all(wider == "tace" for name, wider in found if "tace" in G.statements[name].therapies)
