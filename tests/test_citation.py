"""What the ontology says of itself, and how to cite it."""

from kg.guideline import load
from kg.reference.citation import header

G = load()


def test_header_is_that_of_the_ontology():
    found = header(G)
    text = (G.ontology.folder / "hcc.ttl").read_text("utf-8")
    assert found.version == G.version
    for each in (found.title, found.abstract, found.issued, found.licence, *found.creators):
        assert each in text


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
