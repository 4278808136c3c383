"""The page About: what the ontology says of itself, and that what it names is there."""

import re
from pathlib import Path

import pytest
from explorer import app, texts

from kg.errors import InputError
from kg.guideline import load
from kg.paths import ui_assets
from kg.reference.citation import header
from kg.texts import NOTE_ON_USE
from kg.ui.about_parts import licence_of
from kg.ui.words import literal

G = load()
DOCS = Path(__file__).parents[1] / "docs"


def test_about_tells_version_title_verdicts_and_note_from_the_ontology():
    test = app("about")
    said = texts(test)
    assert not test.exception
    assert NOTE_ON_USE in test.warning[0].value
    assert literal(header(G).title) in said
    assert literal(G.version) in said
    for label, definition in G.verdicts.values():
        assert literal(label) in said
        assert literal(definition) in said
    assert header(G).citation in [each.value for each in test.code]
    for part in (G.source.title, G.source.body, G.source.country, G.source.reference):
        assert literal(part) in said


def test_documents_that_are_named_exist():
    named = re.findall(r"`([\w-]+\.md)`", texts(app("about")))
    assert len(named) >= 5
    assert all((DOCS / name).is_file() for name in named)


def test_everything_bundled_has_its_licence_notice_shown():
    test = app("about")
    notices = [each.value for each in test.code]
    bundles = {path.name.partition(".")[0] for path in ui_assets().glob("*.min.js")}
    assert bundles
    for name in bundles:
        notice = (ui_assets() / f"{name}.LICENSE.txt").read_text("utf-8")
        assert notice.strip() in [each.strip() for each in notices]


def test_tampered_address_is_told():
    test = app("about", x="<b>")
    assert "x is not part" in test.warning[0].value or "x is not part" in test.warning[1].value


def test_licence_of_what_is_bundled_is_read_from_its_notice():
    assert licence_of("Permission is hereby\n  granted, free of charge, to any person") == "MIT"
    assert licence_of("All rights reserved.") == "see its notice"
    assert "| cytoscape | bundled | MIT |" in texts(app("about"))


def test_patient_identifier_is_not_counted_as_a_variable():
    assert f"{len(G.variables) - 1} variables" in texts(app("about"))


def test_error_of_a_page_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch):
    def fail(_: object) -> None:
        raise InputError("![image](http://elsewhere/x.png) cannot be read")

    monkeypatch.setattr("kg.reference.citation.header", fail)
    said = app("about").error[0].value
    assert "![" not in said
    assert said == literal("![image](http://elsewhere/x.png) cannot be read")
