"""Passages of the user's own text: only the text that the ontology knows is taken."""

import hashlib
from dataclasses import replace

import pytest

from kg.errors import InputError, OntologyError
from kg.guideline import load
from kg.ontology import Ontology
from kg.reference.inventory import SourceText, passage, read_text, source_text

G = load()
TEXT = "Überall gilt: one passage here, another there."
SOURCE = SourceText("a text", "", hashlib.sha256(TEXT.encode()).hexdigest(), len(TEXT))
STATEMENT = next(iter(G.statements.values()))


def test_ontology_describes_a_text_that_holds_every_passage():
    source = source_text(G)
    assert len(source.sha256) == 64
    assert all(s.end <= source.length for s in G.statements.values())


def test_ontology_without_source_text_says_what_to_add(ontology_copy):
    path = ontology_copy / "2011/statements.ttl"
    path.write_text(path.read_text("utf-8").replace("hcc:sha256 ", "hcc:strength "), "utf-8")
    with pytest.raises(OntologyError, match="hcc:sha256"):
        source_text(replace(G, ontology=Ontology(ontology_copy)))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_text_is_known_by_its_sha_whatever_white_space_ends_it(end):
    assert read_text(SOURCE, (TEXT + end).encode()) == TEXT


@pytest.mark.parametrize(
    ("data", "came"),
    [(b"", "0 characters"), (TEXT[:-1].encode(), "45 characters"), (b"\xff\xfe", "2 bytes")],
)
def test_wrong_file_is_told_what_was_expected_and_what_came(data, came):
    with pytest.raises(InputError) as told:
        read_text(SOURCE, data)
    assert SOURCE.sha256 in str(told.value)
    assert hashlib.sha256(data).hexdigest() in str(told.value)
    assert f"{SOURCE.length} characters" in str(told.value)
    assert came in str(told.value)


def test_passage_stands_between_whole_words_of_its_context():
    start = TEXT.index("one")
    found = passage(TEXT, replace(STATEMENT, start=start, end=start + 11), around=9)
    assert found.text == "one passage"
    assert (found.before, found.after) == ("gilt: ", " here,")


def test_passage_at_an_end_of_the_text_has_nothing_beyond():
    found = passage(TEXT, replace(STATEMENT, start=0, end=len(TEXT)))
    assert (found.before, found.text, found.after) == ("", TEXT, "")


def test_real_text_is_accepted(shared):
    text = read_text(source_text(G), (shared / "guideline" / "text.txt").read_bytes())
    assert len(text) == source_text(G).length
