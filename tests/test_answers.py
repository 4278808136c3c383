"""Answers as frames, charts and graphs; terms for an editor; values for a form."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pyoxigraph as ox
import pytest

from kg.catalogue.parameters import Parameter
from kg.catalogue.queries import catalogue
from kg.explanation.explanations import VERDICT_COLOURS
from kg.guideline import Guideline
from kg.ontology import HCC, XSD
from kg.rdf.build import build
from kg.rdf.names import PREFIXES
from kg.stores import Table, open_store
from kg.stores.frames import TRIPLE, frame_of, table_of
from kg.ui.query.drawn import (
    MOST_BARS,
    MOST_NODES,
    bars,
    first_bars,
    graph_of,
    iris,
    labels,
    numbers,
    parting,
    telling,
)
from kg.ui.query.picking import choices
from kg.ui.query.writing import EDITOR_PREFIXES, completions


def number(text: str, type_: str = "integer") -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + type_))


TABLE = Table(
    ("who", "count", "share", "said"),
    [
        (ox.NamedNode(HCC + "rfa"), number("3"), number("0.5", "decimal"), number("1")),
        (ox.BlankNode("b"), number("4"), None, ox.Literal("one")),
    ],
)


def test_column_of_numbers_is_one_and_a_mixed_one_is_text() -> None:
    frame = frame_of(TABLE, PREFIXES)
    assert frame["count"].to_list() == [3, 4]
    assert frame["share"].to_list() == [0.5, None]
    assert frame["said"].to_list() == ["1", "one"]
    assert frame["who"].to_list() == ["hcc:rfa", "_:b"]
    assert numbers(frame) == ["count", "share"]
    assert labels(frame) == ["who", "said", "count", "share"]
    assert iris(TABLE) == ["who"]


@pytest.mark.parametrize(("text", "type_"), [("x", "integer"), ("INF", "double"), ("NaN", "float")])
def test_number_that_is_none_leaves_its_column_text(text: str, type_: str) -> None:
    frame = frame_of(Table(("n",), [(number(text, type_),), (number("1"),)]))
    assert frame["n"].to_list() == [text, "1"]


def test_huge_number_is_no_whole_one() -> None:
    assert frame_of(Table(("n",), [(number("9" * 30),)]))["n"].dtype == pl.Float64


def test_truth_and_triples_are_rows_too() -> None:
    assert frame_of(table_of(True)).to_dict(as_series=False) == {"answer": [True]}
    triple = ox.Triple(ox.NamedNode("a:a"), ox.NamedNode("a:b"), ox.Literal("c"))
    assert frame_of(table_of([triple])).rows() == [("a:a", "a:b", "c")]
    assert frame_of(table_of([])).columns == list(TRIPLE)


def test_labels_of_bars_tell_rows_apart_and_a_few_values_part_them() -> None:
    frame = pl.DataFrame({"all": ["x"] * 3, "name": ["a", "b", "b"], "n": [1, 2, 3]})
    assert telling(frame, ["all", "name"]) == "name"
    assert parting(frame, ["all", "name", "n"]) == ["name"]
    told = pl.DataFrame({"criterion": ["ABL-C1", "ABL-C2a"], "label": ["huge", "thrombus"]})
    assert telling(told, told.columns) == "label"


def test_chart_has_the_first_labels_with_all_their_rows() -> None:
    names = [str(i) for i in range(MOST_BARS + 5)] + ["0"]
    shown, left_out = first_bars(pl.DataFrame({"name": names, "n": 1}), "name")
    assert (len(shown), left_out) == (MOST_BARS + 1, 5)
    many = pl.DataFrame({"name": ["a"] * 70 + ["b"] * 10 + ["c"], "n": 1})
    assert first_bars(many, "name")[1] == 1
    chart = bars(shown, "name", "n", None, dark=False).to_dict()
    assert chart["encoding"]["y"]["sort"] is None
    parted = bars(frame_of(TABLE, PREFIXES), "who", "count", "said", dark=True).to_dict()
    assert parted["encoding"]["color"]["scale"]["domain"] == ["1", "one"]


def test_rows_of_a_label_are_never_added_up() -> None:
    frame = pl.DataFrame({"therapy": ["rfa", "rfa"], "verdict": ["all", "eligible"], "n": [9, 4]})
    for colour in ("verdict", None):
        encoding = bars(frame, "therapy", "n", colour, dark=False).to_dict()["encoding"]
        assert encoding["x"]["stack"] is None
        assert encoding["yOffset"]["field"], "rows of one label stand below each other"


def test_verdicts_have_the_colours_that_they_have_everywhere() -> None:
    frame = pl.DataFrame({"therapy": "rfa", "verdict": ["not_indicated", "eligible"], "n": [9, 4]})
    chart = bars(frame, "therapy", "n", "verdict", dark=False).to_dict()
    scale = chart["encoding"]["color"]["scale"]
    assert scale["range"] == [VERDICT_COLOURS[value] for value in scale["domain"]]


def test_graph_has_terms_once_and_equal_texts_apart(guideline: Guideline) -> None:
    a, b, p = (ox.NamedNode(f"a:{name}") for name in "abp")
    word = ox.Literal("x")
    rows = table_of([ox.Triple(a, p, b), ox.Triple(a, p, word), ox.Triple(b, p, word)])
    found = graph_of(guideline, rows, "subject", "object")
    assert [node.label for node in found.nodes] == ["a:a", "a:b", "x", "x"]
    assert [edge.label for edge in found.edges] == ["a:p"] * 3
    assert found.said[0] == "a:a — a:p → a:b"


def test_graph_stops_at_its_limit_and_says_how_much_is_left_out(guideline: Guideline) -> None:
    nodes = [ox.NamedNode(f"a:{i}") for i in range(2 * MOST_NODES)]
    rows = Table(("x", "y"), list(pairwise(nodes)))
    found = graph_of(guideline, rows, "x", "y")
    assert len(found.nodes) == MOST_NODES
    assert found.left_out == len(nodes) - MOST_NODES


def test_every_completion_is_a_term_of_the_graph(guideline: Guideline) -> None:
    found = completions(guideline.edition)
    store = open_store(None)
    build(guideline, store)
    header = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in EDITOR_PREFIXES.items())
    for one in found[:: len(found) // 40]:
        pattern = "{ ?s ?p %s } UNION { %s ?p ?o } UNION { ?s %s ?o }" % ((one.name,) * 3)
        assert store.ask(f"{header}ASK {{ {pattern} }}"), one
    by_name = {one.name: one for one in found}
    assert by_name["hcc:verdictOn"].kind == "property"
    assert by_name["hcc:Patient"].kind == "class"
    assert by_name["hcc:S001"].kind == "constant"
    assert len(by_name) == len(found) > 400


def test_choices_are_values_of_their_parameter(guideline: Guideline) -> None:
    graphs = (HCC + "graph/verdicts/example", HCC + "graph/cohort/example")
    every = [p for question in catalogue().values() for p in question.parameters]
    assert every
    for parameter in every:
        offered = choices(parameter, guideline, ("p1",), graphs)
        if parameter.type in ("term", "iri", "choice", "boolean"):
            assert offered, parameter
        for value in offered or ():
            parameter.term(value, guideline)
        if parameter.type == "iri":
            assert parameter.example in (offered or ())


def test_patient_can_be_chosen_and_other_texts_are_free(guideline: Guideline) -> None:
    patient = Parameter("patient", "string", "identifier", "p1")
    assert choices(patient, guideline, ("p1", "p2"), ()) == {"p1": "p1", "p2": "p2"}
    assert choices(Parameter("text", "string", "text", "x"), guideline, ("p1",), ()) is None
