"""Mappings to other vocabularies: each has a term that exists, a code of its form, and a source."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from broken_ontologies import checked

from kg.engines.coherence import Coherence
from kg.guideline import Guideline
from kg.ontology import DCTERMS, HCC, RDF, RDFS, ROOT, SKOS, Ontology
from kg.paths import ontology_folder

FORMS = {
    "LOINC": (r"\d{1,7}-\d", "https://loinc.org/rdf/"),
    "NCIt": (r"C\d{4,6}", "http://purl.obolibrary.org/obo/NCIT_"),
    "SNOMED CT": (r"\d{6,18}", "http://snomed.info/id/"),
    "MAxO": (r"MAXO:\d{7}", "http://purl.obolibrary.org/obo/"),
    "MONDO": (r"MONDO:\d{7}", "http://purl.obolibrary.org/obo/"),
}


def mappings(folder: Path | None = None) -> dict[str, dict[str, list[str]]]:
    """Return what every mapping states, by its IRI."""
    path = (folder or ontology_folder()) / "mappings.ttl"
    found: dict[str, dict[str, list[str]]] = {}
    for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE):
        said = found.setdefault(quad.subject.value, {})  # type: ignore[union-attr]
        said.setdefault(quad.predicate.value, []).append(quad.object.value)  # type: ignore[union-attr]
    return {
        iri: said for iri, said in found.items() if HCC + "Mapping" in said.get(RDF + "type", [])
    }


MAPPINGS = mappings()


def test_every_code_system_is_mapped_to() -> None:
    found = {said[HCC + "codeSystem"][0] for said in MAPPINGS.values()}
    assert found == set(FORMS)
    assert len(MAPPINGS) > 30


@pytest.mark.parametrize("iri", MAPPINGS, ids=lambda iri: iri.removeprefix(HCC))
def test_mapping_has_a_term_that_exists_and_a_source(guideline: Guideline, iri: str) -> None:
    said = MAPPINGS[iri]
    (subject,), (source,) = said[HCC + "subject"], said[DCTERMS + "source"]
    assert guideline.ontology.text(ox.NamedNode(subject), RDFS + "label")
    assert len(source) > 20


@pytest.mark.parametrize("iri", MAPPINGS, ids=lambda iri: iri.removeprefix(HCC))
def test_code_is_of_the_form_of_its_system(iri: str) -> None:
    said = MAPPINGS[iri]
    (system,), (code,) = said[HCC + "codeSystem"], said[SKOS + "notation"]
    form, stem = FORMS[system]
    assert re.fullmatch(form, code)
    assert said[HCC + "object"] == [stem + code.replace(":", "_")]


@pytest.mark.parametrize("iri", MAPPINGS, ids=lambda iri: iri.removeprefix(HCC))
def test_match_that_is_not_exact_says_what_differs(iri: str) -> None:
    said = MAPPINGS[iri]
    is_exact = said[HCC + "predicate"] == [SKOS + "exactMatch"]
    assert bool(said.get(SKOS + "note")) != is_exact


def test_check_digits_of_loinc_are_right() -> None:
    codes = [
        said[SKOS + "notation"][0]
        for said in MAPPINGS.values()
        if said[HCC + "codeSystem"] == ["LOINC"]
    ]
    assert [code for code in codes if _luhn(code.partition("-")[0]) != code[-1]] == []


def _luhn(number: str) -> str:
    """Return the check digit of a number (mod 10), which LOINC codes end in."""
    digits = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(reversed(number))]
    return str(-sum(d // 10 + d % 10 for d in digits) % 10)


def test_the_reasoner_is_not_given_the_mappings(guideline: Guideline) -> None:
    assert ROOT + "/mappings" not in guideline.ontology.modules


def test_the_ontology_with_its_mappings_is_in_owl_2_dl(
    ontology_copy: Path, guideline: Guideline
) -> None:
    path = ontology_copy / "hcc.ttl"
    imports = f"owl:imports <{ROOT}/{guideline.version}/derivations> ;"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(imports, imports + imports.replace("derivations", "mappings")), "utf-8"
    )
    ontology = Ontology(ontology_copy)
    assert ROOT + "/mappings" in ontology.modules
    assert Coherence(ontology).profile_violations() == []


def test_without_the_mappings_the_check_says_so(ontology_copy: Path) -> None:
    (ontology_copy / "mappings.ttl").unlink()
    (finding,) = checked(ontology_copy, reasoner=False).findings
    assert finding.check == "mappings"
    assert "no such file; restore it" in finding.message
