"""What the ontology says of itself, and how to cite it."""

from kg.guideline import load
from kg.reference.citation import imprint

G = load()


def test_imprint_is_the_header_of_the_ontology():
    found = imprint(G)
    header = (G.ontology.folder / "hcc.ttl").read_text("utf-8")
    assert found.version == G.version
    for text in (found.title, found.abstract, found.issued, found.licence, *found.creators):
        assert text in header


def test_citation_names_who_what_version_and_where():
    found = imprint(G)
    for part in (*found.creators, found.title, found.version, found.version_iri, found.issued[:4]):
        assert part in found.citation
        assert part in found.bibtex


def test_every_module_has_its_file_title_and_version():
    modules = imprint(G).modules
    assert "criteria.ttl" in {module.file for module in modules}
    assert all(m.title and m.description and m.version == G.version for m in modules)
