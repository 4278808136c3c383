"""The release is one: version, changelog, citation and the counts that they state."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml

from kg.guideline import Guideline
from kg.ontology import OWL
from kg.reference.citation import header

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
CHANGELOG = (ROOT / "docs" / "changelog.md").read_text("utf-8")
UNRELEASED = "Not yet released"
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
MAIN = (ROOT / "ontology" / "hcc.ttl").read_text("utf-8")
EDITIONS = sorted((ROOT / "ontology").glob("*/edition.ttl"))
PROGRAMS = sorted((ROOT / "kg").rglob("*.py"))


def test_ontology_changelog_citation_and_installation_have_the_version_of_the_project(
    guideline: Guideline,
) -> None:
    assert guideline.version == VERSION
    releases = [name for name in re.findall(r"^## (.+)$", CHANGELOG, re.M) if name != UNRELEASED]
    assert releases[0] == VERSION
    assert CITATION["version"] == VERSION
    assert metadata.version("hcc-kg") == VERSION


def test_the_pictures_of_the_notebook_are_of_this_version() -> None:
    notebook = (ROOT / "docs" / "cohort.ipynb").read_text("utf-8")
    assert {*re.findall(r"Source: hcc-kg ([\d.]+\d)", notebook)} == {VERSION}


@pytest.mark.parametrize("place", ["", *(p.parent.name for p in EDITIONS)])
def test_protege_finds_every_module_by_the_catalog(place: str) -> None:
    """The catalogue of an edition leads to what the editions share, too."""
    folder, names = ROOT / "ontology" / place, {}
    for path in {*folder.glob("*.ttl"), *(ROOT / "ontology").glob("*.ttl")}:
        quads = list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
        ((iri, name),) = [
            (q.subject.value, q.object.value)
            for q in quads
            if q.predicate.value == OWL + "versionIRI"
        ]
        assert VERSION in name
        names |= dict.fromkeys(
            (iri, name), path.name if path.parent == folder else f"../{path.name}"
        )
    assert len(names) > 10
    catalog = (folder / "catalog-v001.xml").read_text("utf-8")
    assert dict(re.findall(r'<uri name="([^"]+)" uri="([^"]+)"/>', catalog)) == names


def test_no_program_states_a_version() -> None:
    assert len(PROGRAMS) > 100
    assert [path.name for path in PROGRAMS if VERSION in path.read_text("utf-8")] == []


def test_every_release_begins_with_changes_of_eligibility() -> None:
    releases = re.split(r"^## .+$", CHANGELOG, flags=re.M)[1:]
    assert releases
    for release in releases:
        first = release.strip().splitlines()[0]
        assert first == "### Eligibility changes"


def test_citation_says_what_the_ontology_says_of_itself(guideline: Guideline) -> None:
    found = header(guideline)
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["message"]
    assert CITATION["title"] == found.title
    assert tuple(author["name"] for author in CITATION["authors"]) == found.creators
    assert CITATION["date-released"] == found.issued
    assert CITATION["license"] == found.licence_name
    assert f"schema:codeRepository <{CITATION['repository-code']}>" in MAIN
    assert f"foaf:homepage <{CITATION['url']}>" in MAIN


def test_readme_and_citation_name_the_guideline_as_the_ontology_does(guideline: Guideline) -> None:
    source = guideline.source
    readme = (ROOT / "README.md").read_text("utf-8")
    journal = source.reference.partition(" (")[0]
    for part in (source.title, source.body, source.year, source.address, journal):
        assert part in readme
    (cited,) = CITATION["references"]
    assert (cited["title"], str(cited["year"])) == (source.title, source.year)
    assert [author["name"] for author in cited["authors"]] == [source.body]
    assert source.address == f"https://doi.org/{cited['doi']}"
    assert cited["notes"] == source.reference


def test_the_changelog_leads_to_the_counts_of_the_reference(guideline: Guideline) -> None:
    newest = re.split(r"^## .+$", CHANGELOG, flags=re.M)[1]
    assert "at the head of [the reference](ontology.md)" in newest
    head = (ROOT / "docs" / "ontology.md").read_text("utf-8")[:3000]
    assert f"{len(guideline.criteria)} criteria" in head


def test_the_command_names_its_version(run) -> None:  # type: ignore[no-untyped-def]
    assert run("--version").out == f"hcc-kg {VERSION}, ontology {VERSION}\n"
