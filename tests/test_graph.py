"""The graph: patients, lesions and verdicts in it say what the engine says, whoever they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyoxigraph as ox
import pytest
from conftest import Ran

from kg.engines.registry import engine_of
from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.ontology import HCC, OWL, RDF, ROOT, XSD
from kg.paths import example_cohort, example_lesions
from kg.patients.cells import is_unknown, parse_cell
from kg.rdf.build import build, cohort_of, example, jobs_of, write_cohort
from kg.rdf.names import LONGEST, PROV, patient_iri, segment, slug, verdict_path
from kg.rdf.sinks import store_sink
from kg.stores import Store, open_store
from kg.stores.oxigraph import OxigraphStore

Run = Callable[..., Ran]
PREFIX = f"PREFIX hcc: <{HCC}> PREFIX prov: <{PROV}> "
GRAPHS = [
    f"{HCC}graph/{name}"
    for name in (
        *("cohort/example", "ontology", "ontology/2011", "statements/2011"),
        "verdicts/example",
    )
]
LISTS = ("met", "missing", "unchecked")
HOSTILE = [
    'a "quoted" \\ name',
    "two\nlines\r\tand a tab",
    "<http://x> . <y>",
    "患者 é \U0001f600 \u2028\xfc",
    "p1/verdict/rfa",
    "%41",
    "..",
    "\x01\x7f",
    "} ; DROP GRAPH <x>",
    "x" * 1_000_000,
    "y" * 1_000_000,
]


@pytest.fixture(scope="module")
def store(guideline: Guideline) -> OxigraphStore:
    """The guideline and the example cohort in memory."""
    store = open_store(None)
    assert isinstance(store, OxigraphStore)
    build(guideline, store, example())
    return store


def rows(store: Store, query: str) -> list[list[str]]:
    """Return the rows of a query as texts, local names for our IRIs."""
    found = store.select(PREFIX + query).rows
    return [[getattr(term, "value", "").removeprefix(HCC) for term in row] for row in found]


def said(store: Store, type_: str) -> dict[str, dict[str, list[str]]]:
    """Return what is said of the nodes of a type."""
    told: dict[str, dict[str, list[str]]] = {}
    for node, key, value in rows(store, f"SELECT ?s ?p ?o {{ ?s a hcc:{type_} ; ?p ?o }}"):
        told.setdefault(node, {}).setdefault(key, []).append(value)
    return told


def lasting(store: OxigraphStore) -> set[str]:
    """Return the quads of a store but for blank nodes and the provenance of runs."""
    told = (str(quad) for quad in store.dataset)
    return {text for text in told if "_:" not in text and f"{HCC}run/" not in text}


def dataset(path: Path, form: ox.RdfFormat) -> ox.Dataset:
    """Return the quads of a file, whatever its blank nodes are called."""
    found = ox.Dataset(ox.parse(path=str(path), format=form))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def table(path: Path, *rows: dict[str, Any]) -> Path:
    """Write a table of patients as JSON Lines."""
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


# Verdicts


def test_verdicts_of_the_example_cohort_are_the_engines(
    store: OxigraphStore, run: Run, guideline: Guideline
) -> None:
    patients = json.loads(run("classify", "--example", "--format", "json").out)
    nodes, people = said(store, "TherapyVerdict"), said(store, "Patient")
    assert len(nodes) == len(patients) * len(guideline.therapies)
    for patient in patients:
        person = people[patient_iri(patient["patient_id"]).removeprefix(HCC)]
        classes = ["Patient"]
        for name, answer in patient["therapies"].items():
            node = nodes[
                (patient_iri(patient["patient_id"]) + verdict_path(name)).removeprefix(HCC)
            ]
            assert {key: sorted(node.pop(key, [])) for key in LISTS} == {
                key: answer[key] for key in LISTS
            }
            assert node == {
                RDF + "type": ["TherapyVerdict"],
                "verdictOn": [f"patient/{patient['patient_id']}"],
                "therapy": [guideline.therapies[name].iri.removeprefix(HCC)],
                "verdict": [answer["verdict"].title().replace("_", "") + "Verdict"],
                **({"intent": [f"{intent.title()}Intent"]} if (intent := answer["intent"]) else {}),
            }
            if answer["verdict"].startswith("eligible"):
                classes.append(guideline.therapies[name].classes["eligible"])
        assert sorted(person[RDF + "type"]) == sorted(classes)
        met = [name for name, state in patient["recommendations"].items() if state == "met"]
        assert sorted(person.get("meetsRecommendation", [])) == sorted(met)
        told = sorted(conflict["message"] for conflict in patient["conflicts"])
        assert sorted(person.get("conflict", [])) == told


def test_class_query_needs_no_reasoner(store: OxigraphStore) -> None:
    by_class = rows(store, "SELECT ?p { ?p a hcc:RadiofrequencyAblationEligible } ORDER BY ?p")
    by_node = rows(
        store,
        "SELECT ?p { ?v hcc:verdictOn ?p ; hcc:therapy hcc:RadiofrequencyAblation ; hcc:verdict ?w "
        "VALUES ?w { hcc:EligibleVerdict hcc:EligibleWithCautionVerdict "
        "hcc:EligibleUncheckedVerdict } } ORDER BY ?p",
    )
    assert by_class == by_node
    assert len(by_class) == 22


def test_no_triple_stands_in_two_graphs(guideline: Guideline, tmp_path: Path) -> None:
    store = open_store(None)
    assert isinstance(store, OxigraphStore)
    one = table(tmp_path / "one.jsonl", {"patient_id": "a", "tumour_count": 1})
    two = table(tmp_path / "two.jsonl", {"patient_id": "b", "tumour_count": 1})
    build(guideline, store, cohort_of(one), cohort_of(two))
    triples = [quad.triple for quad in store.dataset]
    assert len(triples) == len(set(triples)) > 1_000


# Patients


def test_patients_are_recorded_cell_by_cell(store: OxigraphStore, guideline: Guideline) -> None:
    people, partly = (
        said(store, "Patient"),
        rows(
            store,
            "SELECT ?s ?v ?c { ?s a hcc:Patient ; hcc:partly ?x . "
            "?x hcc:variable ?v ; hcc:cell ?c }",
        ),
    )
    cells = pl.read_csv(example_cohort(), infer_schema=False)
    assert len(people) == len(cells)
    for row in cells.iter_rows(named=True):
        iri = patient_iri(row["patient_id"]).removeprefix(HCC)
        for name, variable in guideline.variables.items():
            cell = row.get(name)
            if name == "patient_id" or is_unknown(cell):
                assert people[iri].get(name) in (None, [cell])
                continue
            known = parse_cell(variable, cell)
            assert known is not None
            word = [w for i, w in enumerate(variable.words) if known.mask >> i & 1]
            value = [plain(known.intervals[0].low)] if variable.is_number else word
            assert people[iri].get(name, []) == (value if known.pinned else [])
            assert ([iri, name, cell] in partly) == (not known.pinned)
    assert partly


def test_literals_have_the_types_of_their_variables(guideline: Guideline, tmp_path: Path) -> None:
    store = open_store(None)
    record = {
        "patient_id": "p",
        "tumour_count": "<=1",
        "max_tumour_diameter_cm": "2.50",
        "ascites": "none",
        "cachexia": "yes",
        "afp_ng_ml": "1e30",
    }
    build(guideline, store, cohort_of(table(tmp_path / "t.jsonl", record)))
    found = store.select(PREFIX + "SELECT ?k ?o { GRAPH hcc:graph\\/cohort\\/t { ?s ?k ?o } }").rows
    told = {str(key): str(value) for key, value in found}
    assert told[f"<{HCC}tumour_count>"] == f'"1"^^<{XSD}integer>'
    assert told[f"<{HCC}max_tumour_diameter_cm>"] == f'"2.5"^^<{XSD}decimal>'
    assert told[f"<{HCC}ascites>"] == '"none"'
    assert told[f"<{HCC}cachexia>"] == f'"true"^^<{XSD}boolean>'
    assert told[f"<{HCC}cell>"] == '"1e30"'


def test_lesions_are_nodes_of_their_patients(store: OxigraphStore, guideline: Guideline) -> None:
    path = example_lesions()
    found = rows(
        store,
        "SELECT ?p ?id ?d { ?p hcc:lesion ?l . ?l hcc:lesion_id ?id "
        "OPTIONAL { ?l hcc:max_tumour_diameter_cm ?d } }",
    )
    cells = pl.read_csv(path, infer_schema=False)
    expected = []
    for row in cells.iter_rows(named=True):
        known = parse_cell(guideline.lesion_columns["diameter_cm"], row["diameter_cm"])
        size = plain(known.intervals[0].low) if known and known.pinned else ""
        expected.append([f"patient/{row['patient_id']}", row["lesion_id"], size])
    assert sorted(found) == sorted(expected)
    assert len(found) > 1


@pytest.mark.parametrize("engine", ["store", "file"])
def test_hostile_identifiers_come_back(
    guideline: Guideline, tmp_path: Path, run: Run, engine: str
) -> None:
    path = table(tmp_path / "p.jsonl", *({"patient_id": name} for name in HOSTILE))
    lesions = table(
        tmp_path / "l.jsonl",
        *({"patient_id": n, "lesion_id": n, "diameter_cm": 2} for n in HOSTILE),
    )
    store = open_store(None)
    if engine == "store":
        build(guideline, store, cohort_of(path, lesions))
    else:
        assert run("graph", "build", path, "--lesions", lesions, "-o", "out.nq").status == 0
        store.load(tmp_path / "out.nq")
    found = rows(store, "SELECT ?p ?id ?l { ?p hcc:patient_id ?id ; hcc:lesion/hcc:lesion_id ?l }")
    assert {iri: (name, lesion) for iri, name, lesion in found} == {
        patient_iri(name).removeprefix(HCC): (name, name) for name in HOSTILE
    }
    count = "SELECT (COUNT(?v) AS ?n) { ?v hcc:verdictOn/a hcc:Patient }"
    assert rows(store, count) == [[str(len(HOSTILE) * len(guideline.therapies))]]


def test_parts_of_iris_are_short_and_apart() -> None:
    parts = [segment(name) for name in [*HOSTILE, ".", "a", "sha256:00", "é" * LONGEST]]
    assert len(set(parts)) == len(parts)
    assert max(map(len, parts)) <= LONGEST
    assert segment("a b") == "a%20b"
    assert not {".", ".."} & set(parts)


def test_cohort_goes_by_its_file() -> None:
    assert slug("Clinic 2026 (new)") == "Clinic-2026-new"
    assert slug("患者") == "患者"
    with pytest.raises(InputError, match="rename the file"):
        slug("--")


def test_patient_in_two_cohorts_is_refused(guideline: Guideline, tmp_path: Path) -> None:
    one, two = (table(tmp_path / f"{n}.jsonl", {"patient_id": "same"}) for n in ("one", "two"))
    store = open_store(None)
    with pytest.raises(InputError, match="patient 'same' is in"):
        build(guideline, store, cohort_of(one), cohort_of(two))
    assert store.graphs() == []
    build(guideline, store, cohort_of(one))
    with pytest.raises(InputError, match=r"cohort/two.*cohort/one"):
        build(guideline, store, cohort_of(two))
    assert f"{HCC}graph/cohort/one" in store.graphs()
    assert f"{HCC}graph/cohort/two" not in store.graphs()


# Graphs and runs


def test_graphs_are_those_that_are_documented(store: OxigraphStore, guideline: Guideline) -> None:
    there = set(store.graphs()) - {f"{HCC}graph/mappings"}
    assert sorted(there) == GRAPHS
    alone = set(_alone(guideline).graphs())
    assert alone == set(store.graphs()) - {GRAPHS[0], GRAPHS[-1]}
    statements = f"SELECT (COUNT(?s) AS ?n) {{ GRAPH <{GRAPHS[3]}> {{ ?s a hcc:Statement }} }}"
    assert rows(store, statements) == [[str(len(guideline.statements))]]


def _alone(guideline: Guideline) -> Store:
    """Return a store of the guideline without patients."""
    store = open_store(None)
    build(guideline, store)
    return store


def test_asserted_and_inferred_stand_apart(store: OxigraphStore) -> None:
    types = rows(
        store, "SELECT ?g ?t { VALUES ?t { hcc:AssertedGraph hcc:InferredGraph } ?g a ?t }"
    )
    assert sorted(types) == [
        ["graph/cohort/example", "AssertedGraph"],
        ["graph/verdicts/example", "InferredGraph"],
    ]
    inferred = "ASK { GRAPH ?g { ?x a hcc:%s } ?g a hcc:%sGraph }"
    assert store.ask(PREFIX + inferred % ("TherapyVerdict", "Inferred"))
    assert not store.ask(PREFIX + inferred % ("TherapyVerdict", "Asserted"))
    assert store.ask(PREFIX + inferred % ("Patient", "Asserted"))
    assert not store.ask(PREFIX + inferred % ("Patient", "Inferred"))


def test_run_tells_tables_ontology_engine_and_times(
    store: OxigraphStore, guideline: Guideline
) -> None:
    ((agent, version, engine, start, end, count),) = rows(
        store,
        "SELECT ?agent ?version ?engine ?start ?end ?n { "
        f"<{GRAPHS[-1]}> prov:wasGeneratedBy ?run . "
        "?run a prov:Activity ; prov:wasAssociatedWith ?a ; prov:startedAtTime ?start ; "
        "prov:endedAtTime ?end ; hcc:classified ?n . ?a a prov:SoftwareAgent ; "
        "<http://www.w3.org/2000/01/rdf-schema#label> ?agent ; hcc:engine ?engine ; "
        f"<{OWL}versionInfo> ?version }}",
    )
    assert (agent, version, engine, count) == ("hcc-kg", guideline.version, "compiled", "45")
    assert start <= end
    used = rows(store, "SELECT ?x ?sha { ?run prov:used ?x OPTIONAL { ?x hcc:sha256 ?sha } }")
    iri = f"{ROOT}/{guideline.version}".removeprefix(HCC)
    assert [iri, ""] in used
    digests = {sha for _, sha in used if sha}
    paths = [example_cohort(), example_lesions()]
    assert digests == {hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    assert rows(store, "SELECT ?s { ?run hcc:ontologySha256 ?s }") == [[guideline.ontology.sha256]]


def test_rebuilt_cohort_takes_the_place_of_the_first(guideline: Guideline, tmp_path: Path) -> None:
    store = open_store(None)
    assert isinstance(store, OxigraphStore)
    path = tmp_path / "t.jsonl"
    other = cohort_of(table(tmp_path / "other.jsonl", {"patient_id": "z"}))
    build(guideline, store, cohort_of(table(path, {"patient_id": "a"}, {"patient_id": "b"})), other)
    build(guideline, store, cohort_of(table(path, {"patient_id": "b", "tumour_count": 2})))
    found = rows(store, "SELECT ?id { ?p hcc:patient_id ?id } ORDER BY ?id")
    assert found == [["b"], ["z"]]
    assert len(rows(store, "SELECT ?r { ?r a prov:Activity }")) == 2
    fresh = open_store(None)
    assert isinstance(fresh, OxigraphStore)
    build(guideline, fresh, other, cohort_of(path))
    assert lasting(fresh) == lasting(store)


def test_many_slices_give_the_quads_of_one(
    guideline: Guideline, store: OxigraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.rdf.lines._ROWS", 7)
    again = open_store(None)
    assert isinstance(again, OxigraphStore)
    build(guideline, again, example())
    assert lasting(again) == lasting(store)


def test_interrupted_build_leaves_no_part_of_a_cohort(guideline: Guideline) -> None:
    store = _alone(guideline)
    before = store.graphs()

    def interrupt(count: int) -> None:
        assert len(store.graphs()) > len(before)
        raise KeyboardInterrupt

    engine = engine_of("compiled", guideline)
    (job,) = jobs_of(guideline, [example()])
    with pytest.raises(KeyboardInterrupt), store_sink(store) as sink:
        write_cohort(guideline, job, engine, sink, interrupt)
    assert store.graphs() == before


# The command


@pytest.fixture
def built(run: Run, tmp_path: Path) -> Path:
    """A store on disk with the example cohort."""
    assert run("graph", "build", "--example", "--store", "graph").status == 0
    return tmp_path / "graph"


def test_command_builds_exports_and_loads_the_same(
    run: Run, tmp_path: Path, built: Path, store: OxigraphStore
) -> None:
    names = {"nquads": "a.nq", "trig": "a.trig", "jsonld": "a.jsonld"}
    forms = (ox.RdfFormat.N_QUADS, ox.RdfFormat.TRIG, ox.RdfFormat.JSON_LD)
    for form, name in names.items():
        ran = run("graph", "export", "--store", built, "--format", form, "-o", name)
        assert (ran.status, ran.out, ran.err) == (0, "", f"Wrote {name}: the whole store.\n")
    one, *others = (
        dataset(tmp_path / name, form) for name, form in zip(names.values(), forms, strict=True)
    )
    assert len(one) > 10_000
    assert all(other == one for other in others)
    for name in names.values():
        assert run("graph", "load", name, "--store", "copy").status == 0
        copy = OxigraphStore(tmp_path / "copy", read_only=True)
        assert lasting(copy) == lasting(store)
        assert len(copy.dataset) == len(one)
    assert json.loads((tmp_path / "a.jsonld").read_text("utf-8"))["@context"]["hcc"] == HCC


def test_one_graph_is_exported_as_turtle(run: Run, tmp_path: Path, built: Path) -> None:
    run(
        "graph",
        "export",
        "--store",
        built,
        "--graph",
        "verdicts/example",
        "-o",
        "v.ttl",
    )
    for wrong in (("-o", "v.xml"), ("--owl", "v.owl"), ("--example",)):
        assert run("graph", "export", "--store", built, *wrong).status == 2
        assert not (tmp_path / wrong[-1]).exists()
    store = OxigraphStore(built, read_only=True)
    inside = store.dataset.quads_for_pattern(None, None, None, ox.NamedNode(GRAPHS[-1]))
    assert set(ox.parse(path=str(tmp_path / "v.ttl"))) == {
        ox.Quad(q.subject, q.predicate, q.object) for q in inside
    }
    ran = run("graph", "export", "--store", built, "--format", "turtle")
    assert (ran.status, ran.out) == (2, "")
    assert (
        "cohort/example, mappings, ontology, ontology/2011, statements/2011, verdicts/example"
        in ran.err
    )
    ran = run("graph", "export", "--store", built, "--graph", "cohort/no")
    assert ran.status == 2
    assert "'cohort/no'" in ran.err


def test_failed_build_leaves_the_store_as_it_was(run: Run, tmp_path: Path, built: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    old = lasting(OxigraphStore(built, read_only=True))
    table(tmp_path / "bad.jsonl", {"patient_id": "a"}, {"patient_id": "b", "tumour_count": 0})
    ran = run("graph", "build", "bad.jsonl", "--example", "--store", "graph", "--strict")
    assert ran.status == 2
    assert "bad.jsonl, row 2" in ran.err
    assert lasting(OxigraphStore(built, read_only=True)) == old
    assert run("graph", "build", "bad.jsonl", "--store", "new", "--strict").status == 2
    assert run("graph", "build", "bad.jsonl", "-o", "new.nq", "--strict").status == 2
    assert {path.name for path in tmp_path.iterdir()} == before | {"bad.jsonl"}


def test_hermit_builds_the_same_verdicts(run: Run, tmp_path: Path) -> None:
    lines = example_cohort().read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "t.csv").write_text("".join(lines[:4]), "utf-8")
    built = {}
    for engine in ("compiled", "hermit"):
        ran = run("graph", "build", "t.csv", "--engine", engine, "--store", engine)
        assert ran.status == 0, ran.err
        store = OxigraphStore(tmp_path / engine, read_only=True)
        built[engine] = lasting(store)
        assert rows(store, "SELECT ?e { ?a hcc:engine ?e }") == [[engine]]
    assert built["hermit"] == built["compiled"]
    ran = run("graph", "build", "t.csv", "--engine", "spark", "--store", "no")
    assert (ran.status, (tmp_path / "no").exists()) == (2, False)


def test_rejected_rows_are_told_and_kept(run: Run, tmp_path: Path) -> None:
    table(tmp_path / "t.jsonl", {"patient_id": "a"}, {"patient_id": "b", "tumour_count": 0})
    ran = run("graph", "build", "t.jsonl", "-o", "out.nq")
    assert ran.status == 1
    assert "Cohort t: 1 patient with verdicts." in ran.err
    rejected = pl.read_csv(tmp_path / "t.rejected.csv")
    assert rejected["_row"].to_list() == [2]
    store = open_store(None)
    store.load(tmp_path / "out.nq")
    assert rows(store, "SELECT ?id { ?p hcc:patient_id ?id }") == [["a"]]
    assert rows(store, "SELECT ?n { ?r hcc:rejected ?n }") == [["1"]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--example"], "--store FOLDER or --output FILE.nq"),
        (["--example", "--store", "a", "-o", "a.nq"], "--store FOLDER or --output FILE.nq"),
        (["--example", "-o", "a.ttl"], "ends in .nq"),
        (["--example", "--store", "a", "--lesions", "l.csv"], "one table of patients"),
        (["no.csv", "--store", "a"], "no such file"),
        (["--example", "--store", "full"], "is not a store"),
    ],
)
def test_wrong_usage_is_told(run: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    ran = run("graph", "build", *arguments)
    assert ran.status == 2
    assert told in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
