"""The graph from Python: typed frames, one's own columns, rdflib, stores and endpoints."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import rdflib
import serving
import SPARQLWrapper

import kg
from kg.paths import example_cohort
from kg.rdf.build import build, example
from kg.stores import open_store

PATIENTS = example_cohort()
OWN = "PREFIX hcc: <https://w3id.org/hcc-kg/> PREFIX own: <https://w3id.org/hcc-kg/own/>"


@pytest.fixture(scope="module")
def cohort() -> kg.Graph:
    return kg.graph(PATIENTS, PATIENTS.with_name("lesions.csv"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store on disk with the example cohort."""
    path = tmp_path_factory.mktemp("door") / "store"
    store = open_store(path)
    build(kg.load(), store, example())
    store.close()
    return path


def test_the_graph_without_patients_is_the_guideline() -> None:
    empty = kg.graph()
    assert empty.summary is None
    assert empty.ask("ASK { ?s a <https://w3id.org/hcc-kg/Patient> }") is False
    assert isinstance(found := empty.ask("criteria-of-therapy", therapy="rfa"), pl.DataFrame)
    assert found.height > 10


def test_a_saved_question_gives_a_typed_frame(cohort: kg.Graph) -> None:
    found = cohort.ask("verdict-counts")
    assert isinstance(found, pl.DataFrame)
    counted = kg.classify_table(PATIENTS, PATIENTS.with_name("lesions.csv")).summary
    rfa = found.filter(pl.col("therapy") == "rfa").select("verdict", "patients")
    assert rfa["patients"].dtype == pl.Int64
    assert dict(rfa.rows()) == {word: n for word, n in counted.of("rfa").items() if n}
    assert found.to_pandas()["patients"].dtype.kind == "i"


def test_parameters_go_into_the_question(cohort: kg.Graph) -> None:
    every = cohort.ask("why-ruled-out", patient="class-c-end-stage")
    one = cohort.ask("why-ruled-out", patient="class-c-end-stage", therapy="rfa")
    assert isinstance(every, pl.DataFrame)
    assert isinstance(one, pl.DataFrame)
    assert 0 < one.height < every.height


@pytest.mark.parametrize(
    ("question", "parameters", "told"),
    [
        ("why-ruled-out", {"patient": "nobody"}, "there is no patient 'nobody'"),
        ("why-ruled-out", {}, "needs parameter patient"),
        ("why-ruled-ou", {"patient": "x"}, "the nearest are why-ruled-out"),
        ("ASK {}", {"patient": "x"}, "parameters are for saved questions"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(
    cohort: kg.Graph, question: str, parameters: dict[str, str], told: str
) -> None:
    with pytest.raises(kg.InputError, match=told):
        cohort.ask(question, **parameters)


def test_columns_have_the_types_of_their_literals(cohort: kg.Graph) -> None:
    types = {
        '"4.20"^^xsd:decimal': (pl.Float64, 4.2),
        "7": (pl.Int64, 7),
        "true": (pl.Boolean, True),
        '"2026-11-29"^^xsd:date': (pl.Date, dt.date(2026, 11, 29)),
        '"2026-11-29T10:00:00"^^xsd:dateTime': (pl.Datetime, dt.datetime(2026, 11, 29, 10)),
        '"naïve"@fr': (pl.String, "naïve"),
        "hcc:Patient": (pl.String, "https://w3id.org/hcc-kg/Patient"),
    }
    prefixes = f"{OWN} PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"
    for text, (dtype, value) in types.items():
        query = f"{prefixes} SELECT ?x {{ VALUES ?x {{ {text} UNDEF }} }} ORDER BY DESC(BOUND(?x))"
        found = cohort.ask(query)
        assert isinstance(found, pl.DataFrame)
        assert found["x"].dtype == dtype
        assert found["x"].to_list() == [value, None]
    short = cohort.ask(f"{OWN} SELECT ?x {{ VALUES ?x {{ hcc:Patient }} }}", short=True)
    assert isinstance(short, pl.DataFrame)
    assert short["x"].to_list() == ["hcc:Patient"]


def test_triples_come_as_a_frame(cohort: kg.Graph) -> None:
    found = cohort.ask(f"{OWN} CONSTRUCT {{ ?p a own:Kept }} {{ ?p a hcc:Patient }}")
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["subject", "predicate", "object"]
    assert found.height == 45


def test_rejected_rows_are_counted_and_seen() -> None:
    found = kg.graph([{"patient_id": "a", "ecog": 0}, {"patient_id": "b", "ecog": 9}])
    assert repr(found) == "<Graph in memory: 1 patient, 1 rejected row, 0 in conflict>"


def test_own_columns_join_in_sparql() -> None:
    mine = kg.graph([{"patient_id": "a b", "tumour_count": 1}, {"patient_id": "c"}])
    own = pl.DataFrame(
        {
            "patient_id": ["a b", "c"],
            "months": [12.5, None],
            "arm": ["x", "y"],
            "seen": [dt.date(2026, 1, 2), None],
            "note 1": [Decimal("1.10"), Decimal("2.00")],
            "dead": [True, False],
        }
    )
    assert mine.add(own) == 8
    found = mine.ask(
        f"{OWN} SELECT ?id ?months ?seen ?dead {{ GRAPH <https://w3id.org/hcc-kg/graph/own> "
        "{ ?p own:arm 'x' ; own:months ?months ; own:seen ?seen ; own:dead ?dead } "
        "?p hcc:patient_id ?id }"
    )
    assert isinstance(found, pl.DataFrame)
    assert found.rows() == [("a b", 12.5, dt.date(2026, 1, 2), True)]
    assert mine.ask(f"{OWN} ASK {{ ?p own:note%201 ?n FILTER(?n = 2.0) }}") is True


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ([{"patient_id": "nobody", "x": 1}], "row 1: there is no patient 'nobody'"),
        ([{"x": 1}], "no column patient_id"),
        ([{"patient_id": "a", "x": [1]}], "column x: a value of type list is no literal"),
    ],
)
def test_own_columns_that_cannot_be_added_are_told(frame: object, told: str) -> None:
    mine = kg.graph([{"patient_id": "a"}])
    with pytest.raises(kg.InputError, match=told):
        mine.add(frame)
    assert mine.ask("ASK { GRAPH <https://w3id.org/hcc-kg/graph/own> { ?s ?p ?o } }") is False


def test_rdflib_sees_the_same_graph_and_adds_to_it() -> None:
    mine = kg.graph([{"patient_id": "a", "tumour_count": 1}])
    dataset = mine.rdflib
    assert isinstance(dataset, rdflib.Dataset)
    query = "SELECT ?p { ?p hcc:patient_id 'a' }"
    ((patient,),) = dataset.query(query)
    own = dataset.graph(rdflib.URIRef("http://example.org/mine"))
    own.add((patient, rdflib.FOAF.name, rdflib.Literal("Ann")))
    assert mine.ask("ASK { ?p <http://xmlns.com/foaf/0.1/name> 'Ann' }") is True
    assert b"Ann" in own.serialize(format="turtle", encoding="utf-8")


def test_a_store_opens_for_reading_unless_asked(folder: Path) -> None:
    opened = kg.graph(store=folder)
    with pytest.raises(kg.InputError, match="open for reading only"):
        opened.add([{"patient_id": "class-c-end-stage", "x": 1}])
    node = rdflib.URIRef("http://example.org/x")
    with pytest.raises(RuntimeError, match="read-write"):
        opened.rdflib.graph(node).add((node, node, node))
    opened.close()
    changed = kg.graph(store=folder, read_only=False)
    assert changed.add([{"patient_id": "class-c-end-stage", "x": 1}]) == 1
    changed.close()


def counts(found: pl.DataFrame | bool) -> list[tuple[object, ...]]:
    assert isinstance(found, pl.DataFrame)
    return found.drop("cohort").rows()


def test_everywhere_the_answer_is_the_same(cohort: kg.Graph, folder: Path) -> None:
    expected = counts(cohort.ask("verdict-counts"))
    assert len(expected) > 30
    assert counts(kg.ask("verdict-counts")) == expected
    assert counts(kg.ask("verdict-counts", store=folder)) == expected


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving.serving() as server:
        yield f"{server.address.rstrip('/')}/sparql"


def test_a_remote_graph_answers_alike(cohort: kg.Graph, endpoint: str) -> None:
    expected, far = counts(cohort.ask("verdict-counts")), kg.remote(endpoint)
    assert counts(far.ask("verdict-counts")) == expected
    assert counts(kg.ask("verdict-counts", endpoint=endpoint)) == expected
    with pytest.raises(kg.InputError, match="is remote"):
        far.rdflib  # noqa: B018


def test_sparqlwrapper_asks_the_endpoint_of_a_remote_graph(endpoint: str, cohort: kg.Graph) -> None:
    wrapper = kg.remote(endpoint).sparqlwrapper
    assert isinstance(wrapper, SPARQLWrapper.SPARQLWrapper)
    wrapper.setQuery("SELECT (COUNT(?p) AS ?n) { ?p a <https://w3id.org/hcc-kg/Patient> }")
    (row,) = wrapper.queryAndConvert()["results"]["bindings"]
    assert row["n"]["value"] == "45"
    wrapper.setQuery("ASK { ?p ?q }")
    with pytest.raises(kg.QueryError):
        wrapper.query()
    with pytest.raises(kg.InputError, match="is no endpoint"):
        cohort.sparqlwrapper  # noqa: B018


def test_questions_are_listed() -> None:
    names = [one.name for one in kg.questions()]
    assert "why-ruled-out" in names
    assert 0 < len(kg.questions("patient")) < len(names)
    with pytest.raises(kg.InputError, match="no question has the tag 'patients'; the tags are"):
        kg.questions("patients")


@pytest.mark.parametrize(
    ("library", "extra", "door"),
    [
        ("oxrdflib", "graph", lambda: kg.graph().rdflib),
        ("httpx", "graph", lambda: kg.remote("http://127.0.0.1:9/sparql")),
        ("altair", "explorer", lambda: kg.charts),  # type: ignore[attr-defined]
    ],
)
def test_a_library_that_is_missing_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, library: str, extra: str, door: Callable[[], object]
) -> None:
    monkeypatch.delattr(kg, "charts", raising=False)  # this asks for it, so comes first
    monkeypatch.setitem(sys.modules, library, None)
    for module in ("kg.charts", "kg.stores.remote", "kg.stores.http"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(kg.ComponentError, match=rf"pip install '\.\[{extra}\]'"):
        door()
