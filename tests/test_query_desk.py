"""The state of the query page: questions, edits, addresses, what was asked before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.catalogue.queries import catalogue, question
from kg.errors import QueryError
from kg.stores import Answer, Table
from kg.ui.query.picking import desk_at
from kg.ui.query.session import COHORT, PATIENT, START, Desk, Past, bare, came_to
from kg.ui.query.writing import told_of


def asked(desk: Desk) -> Desk:
    desk.ask(lambda text: Table(("x",), []))
    return desk


def at(**parameters: str) -> tuple[Desk, list[str]]:
    return desk_at({name.replace("_", "."): [v] for name, v in parameters.items()}, [])


def test_chosen_question_is_filled_with_examples_and_asked() -> None:
    desk = Desk()
    desk.choose("verdicts-of-patient", {})
    example = question("verdicts-of-patient").examples["patient"]
    assert desk.wanted
    assert f'"{example}"' in desk.text
    assert "#+" not in desk.text
    assert not desk.is_edited


def test_value_that_is_none_is_told_and_not_asked() -> None:
    desk = Desk()
    desk.choose("criteria-of-therapy", {"therapy": "no such"})
    assert "'no such' is not a therapy" in desk.trouble
    assert not desk.wanted
    desk.set_value("therapy", "rfa")
    assert (desk.trouble, desk.wanted) == ("", desk.text)


def test_needed_value_that_was_cleared_is_told() -> None:
    desk = Desk()
    desk.choose("differences-of-therapies", {})
    assert desk.wanted
    desk.set_value("other", "")
    assert "needs parameter other" in desk.trouble
    assert not desk.wanted


def test_edited_text_is_what_runs_and_going_back_keeps_it() -> None:
    desk = Desk()
    desk.choose("therapies", {})
    desk.edit("ASK {}")
    assert desk.is_edited
    desk.back_to_question()
    assert desk.text == bare(question("therapies").text)
    assert [(past.text, past.came) for past in desk.past] == [("ASK {}", "not asked yet")]
    desk.reopen(desk.past[0])
    assert desk.text == desk.wanted == "ASK {}"


def test_each_text_from_here_has_a_revision_and_typing_has_none() -> None:
    desk = Desk()
    first = desk.revision
    desk.edit("ASK {}")
    assert desk.revision == first
    desk.choose("therapies", {})
    assert desk.revision != first


def test_last_twenty_queries_are_kept_each_once() -> None:
    desk = Desk()
    for number in [*range(30), 29]:
        desk.run(f"ASK {{ ?s ?p {number} }}")
        asked(desk)
    assert len(desk.past) == 20
    assert desk.past[0].text.endswith("29 }")


def test_what_is_wanted_is_asked_though_the_page_was_cut_short_and_more_typed() -> None:
    def cut_short(text: str) -> Answer:
        raise KeyboardInterrupt

    desk = Desk()
    desk.run("ASK {}")
    with pytest.raises(KeyboardInterrupt):
        desk.ask(cut_short)
    desk.edit("ASK { ?half")
    assert desk.wanted == "ASK {}"
    found = asked(desk)
    assert found.asked is not None
    assert (found.asked.text, found.text) == ("ASK {}", "ASK { ?half")
    assert found.wanted is None


def test_error_has_its_place_and_is_remembered() -> None:
    def fail(text: str) -> Answer:
        raise QueryError("line 2, column 3: wrong", 2, 3)

    desk = Desk()
    desk.ask(fail)
    assert desk.asked is not None
    assert desk.asked.place == (2, 3)
    assert desk.past[0].came == "not answered"


def test_address_holds_the_question_or_the_query_that_was_asked() -> None:
    desk = Desk()
    assert desk.address() == {}
    desk.choose("criteria-of-therapy", {"therapy": "rfa"})
    there = {"question": ["criteria-of-therapy"], "p.therapy": ["rfa"]}
    assert asked(desk).address() == there
    desk.edit("ASK {}")
    assert desk.address() == there, "typing changes no address"
    desk.run(desk.text)
    assert asked(desk).address() == {"sparql": ["ASK {}"]}


@pytest.mark.parametrize("name", catalogue())
def test_address_restores_each_question(name: str) -> None:
    desk = Desk()
    desk.choose(name, catalogue()[name].examples)
    restored, wrong = desk_at(asked(desk).address(), [])
    assert wrong == []
    assert restored.wanted
    assert (restored.name, restored.values, restored.text) == (name, desk.values, desk.text)


def test_query_of_an_address_waits() -> None:
    desk, wrong = at(sparql="ASK {}", of="patient")
    assert (desk.text, desk.wanted, desk.about, wrong) == ("ASK {}", None, PATIENT, [])
    assert desk.address() == {"sparql": ["ASK {}"], "of": ["patient"]}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"question": "nonsense"}, "no question 'nonsense'"),
        ({"question": "therapies", "p.x": "1"}, "no parameter 'x'"),
        ({"question": "criteria-of-therapy", "p.therapy": "x y"}, "is not a therapy"),
        ({"question": "therapies", "sparql": "ASK {}"}, "goes without"),
        ({"of": "moon"}, "names no dataset"),
        ({"p.therapy": "rfa"}, "go with a question"),
        ({"foo": "1"}, "foo is not part"),
    ],
)
def test_tampered_address_is_told_and_the_rest_is_kept(
    parameters: dict[str, str], words: str
) -> None:
    desk, wrong = desk_at({name: [value] for name, value in parameters.items()}, [])
    assert len(wrong) == 1
    assert words in wrong[0]
    known = parameters.get("question") in catalogue()
    assert desk.name == (parameters["question"] if known else "")
    assert bool(desk.wanted) == known


def test_another_dataset_brings_its_own_patient() -> None:
    desk = Desk()
    desk.choose("verdicts-of-patient", {})
    desk.turn_to(COHORT, "mine")
    assert desk.values == {"patient": "mine"}
    assert desk.wanted
    own = Desk()
    own.turn_to(PATIENT, "mine")
    assert (own.text, own.wanted) == (START, None)


def test_what_an_answer_came_to_in_words() -> None:
    assert came_to(True) == "yes"
    assert came_to([]) == "0 triples"
    assert came_to(Table(("x",), [(None,)])) == "1 row"


def test_a_query_of_before_is_told_by_its_question_until_it_is_edited() -> None:
    desk = Desk()
    desk.choose("criteria-of-therapy", {"therapy": "rfa"})
    past = Past(desk.name, desk.values, desk.text, desk.about, "9 rows")
    assert told_of(past) == f"{question('criteria-of-therapy').title} (therapy rfa) · 9 rows"
    assert told_of(replace(past, text="ASK {}")) == "ASK {} · 9 rows"
