"""The page Query: the catalogue, parameters, answers in all forms, addresses, datasets."""

import pytest
import streamlit as st
from explorer import app, place, texts

from kg.catalogue.queries import catalogue
from kg.cohorts.opened import open_example
from kg.explanation.drawing import outlined
from kg.guideline import load
from kg.patients.drafts import Draft
from kg.reference.trees import GraphEdge, GraphNode
from kg.server import asking
from kg.ui import address
from kg.ui.components import in_order
from kg.ui.query import source
from kg.ui.query.drawn import AnswerGraph, forest
from kg.ui.query.session import START, Desk, past_of

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def opened(**parameters):
    test = app("query", **{name.replace("__", "."): value for name, value in parameters.items()})
    assert not test.exception
    return test


def desk(test):
    return test.session_state["query:desk"]


def run(test, text):
    """Do what the Run button of the editor does, which this harness cannot see."""
    desk(test).run(text)
    return test.run()


def rows(test):
    return test.dataframe[0].value


def test_empty_page_says_what_to_do_and_offers_all_questions():
    test = opened()
    assert "Choose a saved question" in test.info[0].value
    assert len(test.selectbox(key="query:question").options) == len(catalogue())


@pytest.mark.parametrize("name", catalogue())
def test_every_question_is_shown_and_answered_by_its_address(name):
    test = opened(question=name)
    assert not test.error
    assert not test.warning
    assert test.selectbox(key="query:question").value == name
    found = catalogue()[name]
    if found.is_check:
        assert "the check is passed" in test.info[0].value
    elif found.least:
        assert len(rows(test)) >= found.least
    else:  # of several editions, or runs, which the example does not hold
        assert "no rows" in test.info[0].value.lower()
    assert place(test)["question"] == [name]


@pytest.mark.parametrize(
    ("module", "function"), [(source, "answer"), (address, "arrived"), (address, "edition")]
)
def test_run_that_was_cut_short_is_made_up_for(monkeypatch, module, function):
    whole, cut = getattr(module, function), []

    def cut_short(*arguments):
        if not cut:
            cut.append(arguments)
            st.rerun()
        return whole(*arguments)

    monkeypatch.setattr(module, function, cut_short)
    test = opened(question="therapies", edition="2026")
    assert cut
    assert len(rows(test)) > 10
    assert place(test) == {"question": ["therapies"], "edition": ["2026"]}
    assert desk(test).asked.number == 1


def test_what_an_editor_says_at_once_is_told_in_its_order():
    said = {
        "edited": {"text": "ASK {} #", "revision": "b", "time": 2.5},
        "run": {"text": "ASK {}", "revision": "b", "time": 1},
    }
    both = ("edited", "run")
    assert in_order(said, both, "b") == [("run", "ASK {}"), ("edited", "ASK {} #")]
    assert in_order(said, both, "a") == []
    assert in_order({"edited": None} | {"run": said["run"]}, both, "b") == [("run", "ASK {}")]


def test_subject_narrows_the_questions():
    test = opened()
    test.selectbox(key="query:subject").set_value("mappings").run()
    wanted = [name for name, q in catalogue().items() if q.subject == "mappings"]
    assert len(test.selectbox(key="query:question").options) == len(wanted)


def test_chosen_question_is_asked_and_another_value_asks_again():
    test = opened()
    test.selectbox(key="query:question").set_value("criteria-of-therapy").run()
    assert len(rows(test)) > 1
    test.selectbox(key="query:value:criteria-of-therapy:therapy").set_value("rfa").run()
    assert set(rows(test)["therapy"]) == {"rfa"}
    assert place(test) == {"question": ["criteria-of-therapy"], "p.therapy": ["rfa"]}


def test_cleared_value_that_is_needed_is_told():
    test = opened(question="differences-of-therapies")
    test.selectbox(key="query:value:differences-of-therapies:other").set_value(None).run()
    assert "needs parameter other" in test.error[0].value.replace("\\", "")


def test_own_query_is_answered_and_stands_in_the_address():
    test = run(opened(), "SELECT (1 AS ?one) {}")
    assert rows(test)["one"].to_list() == [1]
    assert place(test) == {"sparql": ["SELECT (1 AS ?one) {}"]}


def test_query_of_an_address_waits_for_a_click():
    test = opened(sparql=ENDLESS)
    assert desk(test).text == ENDLESS
    assert "came with a link" in test.info[0].value
    assert not test.dataframe


def test_fault_is_told_with_its_line():
    test = run(opened(), "SELECT *\n{ ?s ,, }")
    assert "Line 2" in test.error[0].value
    assert "Line 2 is marked" in texts(test)


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        ("{" * 4000, "nests brackets deeper"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE is refused"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "answer is larger|time limit"),
    ],
)
def test_attack_is_refused_with_words_and_the_page_lives_on(attack, words):
    test = run(opened(), attack)
    assert any(word in test.error[0].value.replace("\\", "") for word in words.split("|"))
    assert rows(run(test, "SELECT (1 AS ?one) {}"))["one"].to_list() == [1]


def test_hostile_text_is_shown_as_text():
    test = run(opened(), "SELECT ('<script>alert(1)</script> **x**' AS ?x) {}")
    assert rows(test)["x"].to_list() == ["<script>alert(1)</script> **x**"]
    test = opened(question="<script>**x**")
    assert "\\<script\\>\\*\\*x" in test.warning[0].value


def test_truth_is_told_in_a_word():
    assert "### Yes" in texts(run(opened(), "ASK {}"))


def test_a_graph_is_saved_as_trees_that_hold_every_edge_once() -> None:
    nodes = [GraphNode(name, name, "", name) for name in "abc"]
    edges = [
        GraphEdge("a", "b", label="p"),
        GraphEdge("b", "c"),
        GraphEdge("c", "b"),
        GraphEdge("a", "c"),
    ]
    found = forest(AnswerGraph(nodes, edges, [], 0))
    assert list(outlined(found)) == ["a", "  b (p)", "    c", "      b", "  c"]
    assert found[0].branches[1].dashed


def test_triples_can_be_looked_at_as_a_graph():
    test = opened(question="patient-graph", view="Graph")
    assert not test.exception
    assert "nodes and" in texts(test)
    assert {"SVG", "PNG"} <= {each.label for each in test.get("download_button")}


def test_numbers_can_be_looked_at_as_a_chart():
    test = opened(question="verdict-counts")
    test.segmented_control(key="query:view").set_value("Chart").run()
    assert not test.exception
    assert "patients by therapy" in texts(test)


def test_queries_of_before_can_be_opened_again():
    test = run(opened(question="therapies"), "ASK {}")
    test.button(key="query:past:1").click().run()
    assert place(test) == {"question": ["therapies"]}
    assert len(rows(test)) > 13


def test_edited_question_can_be_had_back():
    test = run(opened(question="therapies"), "ASK {}")
    next(b for b in test.button if b.label == "Back to the question").click().run()
    assert place(test) == {"question": ["therapies"]}


def test_address_that_was_tampered_with_is_told():
    test = opened(question="criteria-of-therapy", p__therapy="x y", foo="1")
    told = test.warning[0].value.replace("\\", "")
    assert "'x y' is not a therapy" in told
    assert "foo is not part" in told
    assert len(rows(test)) > 1


def test_patient_of_the_session_can_be_asked_about_by_that_session_alone():
    test = opened(question="verdicts-of-patient", of="patient")
    assert "no patient yet" in test.error[0].value
    test.session_state["draft"] = Draft("mine", {"tumour_count": "1"})
    test.selectbox(key="query:about").set_value("example").run()
    test.selectbox(key="query:about").set_value("patient").run()
    assert len(rows(test)) == len(load().therapies)
    assert set(rows(test)["patient"]) == {"mine"}
    other = run(opened(), "SELECT ?id { ?p <https://w3id.org/hcc-kg/patient_id> ?id }")
    assert "mine" not in set(rows(other)["id"])


def test_cohort_of_the_session_can_be_asked(monkeypatch):
    test = opened(question="completeness", of="cohort")
    assert "no cohort is open" in test.error[0].value.lower()
    test.session_state["cohort"] = open_example(load())
    test = run(test, "SELECT ?id { ?p <https://w3id.org/hcc-kg/patient_id> ?id }")
    assert len(rows(test)) == 45
    monkeypatch.setattr(source, "LARGEST_COHORT", 44)
    assert "graph build" in run(test, "ASK {}").error[0].value.replace("\\", "")


def test_without_fork_saved_questions_are_answered_and_others_told(monkeypatch):
    monkeypatch.setattr(asking.os, "fork", None, raising=False)
    monkeypatch.delattr(asking.os, "fork")
    test = opened(question="therapies")
    assert len(rows(test)) > 13
    assert "has no fork" in run(test, "ASK {}").error[0].value


def test_how_an_answer_is_shown_stands_in_the_address() -> None:
    test = app("query", question="verdict-counts", view="Chart", label="therapy")
    assert not test.exception
    assert not test.warning
    found = place(test)
    assert (found["view"], found["label"]) == (["Chart"], ["therapy"])
    test = app("query", question="verdict-counts", view="nothing")
    assert not test.exception
    assert "view" not in place(test)


def test_labels_stand_beside_identifiers_and_can_be_left_out() -> None:
    test = opened(question="verdict-counts")
    assert list(rows(test).columns[:4]) == ["cohort", "therapy", "therapy (label)", "verdict"]
    assert "radiofrequency ablation" in set(rows(test)["therapy (label)"])
    test.toggle(key="query:labels").set_value(False).run()
    assert "therapy (label)" not in rows(test).columns


def test_what_is_asked_is_copied_as_python_and_curl() -> None:
    test = opened(question="criteria-of-therapy", p__therapy="rfa")
    texts_ = [each.value for each in test.code]
    asked = "kg.ask('criteria-of-therapy', therapy='rfa', edition='2011')"
    assert any(asked in each for each in texts_)
    assert any(each.startswith("curl http://127.0.0.1") for each in texts_)
    labels = {each.label for each in test.get("download_button")}
    assert {"CSV", "Excel"} <= labels


def test_queries_that_the_tab_kept_are_taken_up_and_what_is_none_is_not() -> None:
    desk = Desk()
    desk.ask(lambda text: True)
    kept = {"name": "", "values": {}, "text": "ASK {}", "about": "example", "came": "yes"}
    wrong = [None, {**kept, "about": "x"}, {**kept, "text": 1}, {**kept, "name": "<b>"}, {}]
    found = [past_of(each) for each in [kept, *wrong]]
    assert found[1:] == [None] * len(wrong)
    desk.remember([found[0], desk.past[0]])
    assert [past.text for past in desk.past] == [START, "ASK {}"]


def test_a_term_that_is_none_of_ours_is_told_where_nothing_is_found():
    text = "PREFIX hcc: <https://w3id.org/hcc-kg/> SELECT ?x { ?x hcc:verdct ?y ; hcc:verdict ?z }"
    test = app("query")
    test.session_state["query:desk"].edit(text)
    test.session_state["query:desk"].run(text)
    test.run()
    told = test.info[0].value.replace("\\", "")
    assert told == "No rows. hcc:verdct is no term of this edition; the nearest is 'hcc:verdict'."
