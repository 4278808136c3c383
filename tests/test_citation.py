"""What the ontology says of itself, and how to cite it."""

from kg.guideline import load
from kg.ontology import DCTERMS, OWL, Ontology
from kg.paths import edition_names
from kg.reference.citation import header

G = load()


def test_header_is_that_of_the_ontology():
    found = header(G)
    text = (G.ontology.folder / "hcc.ttl").read_text("utf-8")
    assert found.version == G.version
    for each in (found.title, found.abstract, found.issued, found.licence):
        assert each in text
    assert found.creators == ("The hcc-kg developers",)


def test_every_module_says_how_to_cite_it():
    paths = sorted(G.ontology.folder.rglob("*.ttl"))
    said = {
        iri: header
        for edition in edition_names(G.ontology.folder)
        for iri, header in Ontology(edition=edition).headers.items()
    }
    assert len(said) == len(paths) > 20
    for header_ in said.values():
        ((title,), (cited,), (iri,)) = (
            header_[name]
            for name in (
                DCTERMS + "title",
                DCTERMS + "bibliographicCitation",
                OWL + "versionIRI",
            )
        )
        (issued,) = header_[DCTERMS + "issued"]
        creators = ", ".join(header(G).creators)
        assert cited == f"{creators} ({issued[:4]}). {title}. Version {G.version}. {iri}."


def test_citation_names_who_what_version_and_where():
    found = header(G)
    for part in (
        *found.creators,
        found.title,
        found.version,
        found.version_iri,
        found.issued[:4],
        G.source.title,
        G.source.address,
    ):
        assert part in found.citation
        assert part in found.bibtex


def test_every_module_has_its_file_title_and_version():
    modules = header(G).modules
    assert "criteria.ttl" in {module.file for module in modules}
    assert all(m.title and m.description and m.version == G.version for m in modules)
