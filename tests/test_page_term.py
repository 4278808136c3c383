"""The page of one term: names, IRI, formula, codes, uses, and the term as RDF to download."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from explorer import app, texts

from kg.guideline import Guideline
from kg.ontology import HCC, RDFS
from kg.reference.citation import FORMATS, description, iri_of
from kg.reference.search import every_hit


@pytest.mark.parametrize("name", ["ABL-I1", "rfa", "platelets_10e9_l", "S011", "REC-1"])
def test_a_term_has_a_page_with_iri_uses_and_downloads(name: str) -> None:
    test = app("term", id=name)
    assert not test.exception
    assert not test.warning
    assert any(each.value.startswith(HCC) for each in test.code)
    labels = [each.label for each in test.get("download_button")]
    assert labels[: len(FORMATS)] == [*FORMATS] or set(FORMATS) <= set(labels)
    is_class = name in ("ABL-I1", "REC-1")
    assert ("SVG" in labels) == is_class
    assert ("clause by clause" in texts(test)) == is_class


def test_the_term_as_rdf_is_what_the_ontology_states(guideline: Guideline) -> None:
    for name in every_hit(guideline):
        node = ox.NamedNode(iri_of(guideline, name))
        found = {
            frozenset(
                str(each.predicate)
                for each in ox.parse(text, format=format_)
                if each.subject == node
            )
            for _, format_ in FORMATS.values()
            for text in [description(guideline, node.value, format_)]
        }
        assert len(found) == 1, name
        assert f"<{RDFS}label>" in next(iter(found)), name


def test_codes_of_a_term_are_its_own() -> None:
    said = [each.value for each in app("term", id="child_pugh_class").dataframe]
    assert said
    assert all(t.startswith("child_pugh_class") for frame in said for t in frame["term"])
    assert not app("term", id="S011").dataframe


def test_a_tampered_address_is_told() -> None:
    assert "not read in full" in app("term", id="nothing").warning[0].value
