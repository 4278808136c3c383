"""The page Guideline: statements, criteria, coverage, the user's own text, addresses."""

import hashlib
from html import escape

import pytest
from explorer import app, place, texts

from kg.guideline import load
from kg.reference.inventory import encoded, headings, parts, sections, source_text
from kg.ui.words import literal

G = load()


def opened(**parameters):
    test = app("guideline", **parameters)
    assert not test.exception
    assert not test.error
    return test


def rows(test):
    return len(test.dataframe[0].value)


def test_all_statements_are_there_and_the_first_is_open():
    test = opened()
    assert rows(test) == len(G.statements)
    assert test.subheader[0].value == "Statement S001"


@pytest.mark.parametrize(
    "name", [next(iter(G.statements)), *list(G.statements)[7::25], list(G.statements)[-1]]
)
def test_statement_opens_by_its_address(name):
    statement = G.statements[name]
    test = opened(statement=name)
    assert test.subheader[0].value == f"Statement {name}"
    assert literal(statement.paraphrase) in texts(test)
    assert f"characters {statement.start}–{statement.end}" in texts(test)
    assert ("decidable" if statement.decidable else "knowledge") in texts(test)
    assert place(test) == {"statement": [name]}


def test_arrows_walk_through_the_text():
    test = opened(statement="S002")
    test.button(key="guideline:arrow_forward").click().run()
    assert test.subheader[0].value == "Statement S003"
    test.button(key="guideline:arrow_back").click().run()
    assert place(test) == {"statement": ["S002"]}


def test_filters_choose_together_and_stand_in_the_address():
    test = opened(section="A.1(1)", therapy="local_ablation")
    wanted = [s for s in G.statements.values() if s.section == "A.1(1)"]
    assert rows(test) == len([s for s in wanted if "local_ablation" in s.therapies])
    test.selectbox(key="guideline:kind").set_value("indication").run()
    assert rows(test) == len([s for s in wanted if s.kind == "indication"])
    assert place(test)["kind"] == ["indication"]


def test_a_filter_that_was_chosen_can_be_cleared():
    test = opened(kind="indication")
    assert rows(test) < len(G.statements)
    test.selectbox(key="guideline:kind").set_value(None).run()
    assert rows(test) == len(G.statements)


def test_search_finds_words_whatever_their_case():
    test = opened()
    test.text_input(key="guideline:text").set_value("CHILD-pugh").run()
    wanted = [s for s in G.statements.values() if "child-pugh" in s.paraphrase.lower()]
    assert rows(test) == len(wanted) > 0


def test_search_without_result_says_what_to_do():
    test = opened(text="no such word\"' } DROP ALL")
    assert "Remove a filter" in test.info[0].value


@pytest.mark.parametrize("name", list(encoded(G))[::6])
def test_class_opens_by_its_address_with_formula_in_words_and_owl(name):
    test = opened(criterion=name)
    assert test.subheader[0].value == literal(encoded(G)[name].label)
    assert f":small[{literal(name)}]" in texts(test)
    assert "**Met when**" in texts(test)
    assert test.code[0].value


def test_criterion_names_its_therapies_by_role():
    said = texts(opened(criterion="ABL-I3"))
    assert "indication" in said
    assert "**Used by**" in said
    assert "reading" in said


def test_criteria_filter_by_kind():
    test = opened(view="criteria", role="precondition")
    assert rows(test) == sum(c.kind == "precondition" for c in G.criteria.values())


def test_coverage_is_told_in_words_beside_its_chart():
    test = opened(view="coverage")
    assert f"{source_text(G).length:,} characters" in texts(test)
    assert rows(test) == len({s.section for s in G.statements.values()})


@pytest.mark.parametrize(
    "parameters", [{"statement": "S999"}, {"criterion": "<script>"}, {"x": "1"}, {"view": "no"}]
)
def test_tampered_address_is_told_and_the_page_is_there(parameters):
    test = opened(**parameters)
    assert "not read in full" in test.warning[0].value
    assert rows(test) == len(G.statements)


def _upload(test, data, name="text.txt"):
    test.file_uploader(key="guideline:file").upload(name, data, "text/plain").run()
    assert not test.exception
    return test


def test_text_of_the_user_shows_the_passage_until_it_is_taken_away(shared):
    data = (shared / "guideline" / "text.txt").read_bytes()
    statement = G.statements["S011"]
    wanted = literal(data.decode()[statement.start : statement.end])
    test = opened(statement="S011")
    assert wanted not in texts(test)
    assert f":orange-background[{wanted}]" in texts(_upload(test, data))
    test.button(key="guideline:forget").click().run()
    assert wanted not in texts(test)


def test_wrong_text_is_refused_with_what_was_expected_and_what_came():
    test = _upload(opened(), b"not the guideline")
    assert source_text(G).sha256 in test.error[0].value
    assert hashlib.sha256(b"not the guideline").hexdigest() in test.error[0].value


def read(test):
    return "".join(each.proto.body for each in test.get("html"))


def test_reading_begins_at_the_chapter_of_the_statement_that_is_opened():
    test = opened(view="reading", statement="S020")
    (chapter,) = (box.value for box in test.selectbox if box.label == "Chapter")
    assert chapter == G.statements["S020"].section.partition("(")[0] != "0"


def test_reading_view_has_headings_and_says_how_to_cite():
    told = read(opened(view="reading", chapter="A.1"))
    assert "<h2>Local ablation <small>A</small></h2>" in told
    assert told.count("Contraindications <small>A.1(2)</small>") == 1
    assert "Section A.1(1), statement S011 of hcc-kg." in told


@pytest.mark.parametrize("edition", ["2011", "2026"])
def test_every_section_has_a_heading_or_is_part_of_one(edition):
    guideline = load(edition=edition)
    titles = headings(guideline)
    for section in sections(guideline):
        assert parts(titles, section), section
    assert titles.keys() <= {s[:n] for s in sections(guideline) for n in range(1, len(s) + 1)}


def test_text_of_the_user_stands_beside_what_is_read(shared):
    data = (shared / "guideline" / "text.txt").read_bytes()
    statement = G.statements["S011"]
    wanted = escape(data.decode()[statement.start : statement.end])
    test = opened(view="reading", chapter="A.1")
    assert wanted not in read(test)
    assert f"<blockquote>{wanted}</blockquote>" in read(_upload(test, data))
