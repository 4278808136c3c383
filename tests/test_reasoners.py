"""Stock reasoners find the classes that hcc-kg finds: HermiT in the OWL API, and in owlready2."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import owlready2
import pyoxigraph as ox
import pytest
import rdflib

import kg
from kg.engines.compiled import Compiled
from kg.engines.java import LOCK, java, told
from kg.guideline import Guideline
from kg.guideline.alternatives import module_of
from kg.ontology import HCC, LABEL, NOTATION, ROOT, Ontology
from kg.paths import edition_names, example_cohort, example_lesions, ontology_folder
from kg.patients.records import Record, read_record
from kg.patients.tables import PatientTable
from kg.rdf.names import patient_iri
from kg.reasoners import every_record, rdf_xml

pytestmark = pytest.mark.usefixtures("quick_java")
EDITIONS = edition_names(ontology_folder())
with example_cohort().open(encoding="utf-8", newline="") as _file:
    FIT = {n: c for n, c in next(csv.DictReader(_file)).items() if c and n != "patient_id"}
COMPONENTS = ("bilirubin_umol_l", "albumin_g_l", "inr", "ascites", "encephalopathy")
OPEN = dict.fromkeys(COMPONENTS, "")
JOINT = {  # what only the reasoner's case analysis finds: no value of the open variable is known
    "four": {"tumour_count": "", "max_tumour_diameter_cm": "4"},
    "class": {**OPEN, "child_pugh_class": "", "improvable_to_child_pugh_b": "true"},
    "three": {
        **OPEN,
        **{"tumour_count": "3", "max_tumour_diameter_cm": "4.5", "child_pugh_class": "B"},
        **{"ecog": "1", "tolerates_resection": "true", "surgery_declined": "true"},
        "resectable": "",
    },
}


def due(guideline: Guideline, record: Record) -> set[str]:
    """Return the eligible classes of a record by our engine."""
    result = Compiled(guideline).classify(record)
    eligible = (n for n, found in result.therapies.items() if found.verdict.startswith("eligible"))
    return {guideline.therapies[name].classes["eligible"] for name in eligible}


def found_by_hermit(guideline: Guideline, record: Record) -> set[str]:
    """Return the eligible classes that HermiT finds in the shipped form, as Protege asks it."""
    owl = java()
    with LOCK, told():
        manager = owl.manager_of.createOWLOntologyManager()
        document = owl.io_string(rdf_xml(guideline, [record]).decode())
        ontology = manager.loadOntologyFromOntologyDocument(document)
        reasoner = owl.hermit(owl.configuration(), ontology)
        iri = owl.iri.create(patient_iri(record.patient_id))
        patient = manager.getOWLDataFactory().getOWLNamedIndividual(iri)
        types = reasoner.getTypes(patient, False).getFlattened()
        names = {str(each.getIRI()).rpartition("/")[2] for each in types}
        reasoner.dispose()
    return {name for name in names if name.endswith("Eligible")}


def example(guideline: Guideline) -> Iterator[Record]:
    return every_record(PatientTable(guideline, example_cohort(), example_lesions()))


def test_hermit_finds_every_eligible_class_of_the_example_cohort(guideline: Guideline) -> None:
    """Asked of patients who show all classes between them, of one in none, and of every ninth."""
    records = {record.patient_id: record for record in example(guideline)}
    expected = {name: due(guideline, record) for name, record in records.items()}
    left, asked = set[str]().union(*expected.values()), list(records)[::9]
    assert left == {therapy.classes["eligible"] for therapy in guideline.therapies.values()}
    asked.append(next(name for name, classes in expected.items() if not classes))
    while left:
        asked.append(max(expected, key=lambda name: len(expected[name] & left)))
        left -= expected[asked[-1]]
    for name in dict.fromkeys(asked):
        assert found_by_hermit(guideline, records[name]) == expected[name], name


@pytest.mark.parametrize("case", JOINT)
def test_hermit_finds_what_holds_whatever_an_unknown_value_is(
    guideline: Guideline, case: str
) -> None:
    cells = {name: cell for name, cell in {**FIT, **JOINT[case]}.items() if cell}
    record = read_record(guideline, case, cells)
    assert len(due(guideline, record)) > 5
    assert found_by_hermit(guideline, record) == due(guideline, record)


def test_owlready2_finds_the_classes_of_an_incomplete_patient(guideline: Guideline) -> None:
    cells = {**FIT, "tumour_count": "1..2", "max_tumour_diameter_cm": "2.5"}
    onto = kg.owl({"patient_id": "ann", **cells})
    with onto:
        owlready2.sync_reasoner_hermit(onto.world, debug=0)
    ann = onto.search_one(label="ann")
    names = {getattr(each, "name", "") for each in ann.INDIRECT_is_a}
    expected = due(guideline, read_record(guideline, "ann", cells))
    assert expected
    assert {name for name in names if name.endswith("Eligible")} == expected


def test_terms_are_python_objects() -> None:
    onto = kg.owl([{"patient_id": "ann", "tumour_count": 2}])
    assert onto.base_iri == "https://w3id.org/hcc-kg/"
    assert onto.search_one(label="ann").tumour_count == 2
    label = owlready2.locstr("portal vein tumour thrombus Vp2-Vp4", "en")
    assert onto["ABL-C2a"].label == [label]
    assert onto.imported_ontologies == []
    assert "the statements are not in it" in "".join(onto.metadata.description)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_class_of_patients_without_a_notation_is_labelled_as_one(edition: str) -> None:
    ontology = Ontology(ontology_folder(), module_of(edition), edition)
    classes = [n for n in ontology.below(HCC + "Patient") if not ontology.value(n, NOTATION)]
    labels = [ontology.text(node, LABEL) or "" for node in classes]
    assert len(labels) > 50
    assert [label for label in labels if not label.startswith("patient")] == []


def test_the_command_writes_a_file_or_one_for_each_patient(
    run: Callable[..., object], tmp_path: Path
) -> None:
    for target in ("all.owl", "each"):
        status, _, err = run("graph", "export", "--owl", target, "--example")  # type: ignore[misc]
        assert status == 0, err
    assert len(list((tmp_path / "each").glob("*.owl"))) == 45
    text = (tmp_path / "all.owl").read_text("utf-8")
    assert text.count("<hcc:patient_id") == 0
    assert "owl:imports" not in text
    assert (tmp_path / "each" / "vp3-thrombus.owl").read_text("utf-8").count("NamedIndividual")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the folder of a store"),
        (("--owl", "."), "is a folder, for one file a patient"),
        (("--owl", "a.owl", "bad.csv"), "row 1: column ecog"),
    ],
)
def test_what_cannot_be_exported_is_told(
    run: Callable[..., object], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "bad.csv").write_text("patient_id,ecog\na,9\n", "utf-8")
    status, _, err = run("graph", "export", *arguments)  # type: ignore[misc]
    assert status == 2
    assert message in err


def read_by_the_owl_api(text: str) -> tuple[str, set[str]]:
    """Return the format that the OWL API takes a text for, and the individuals that it finds."""
    owl = java()
    with LOCK, told():
        manager = owl.manager_of.createOWLOntologyManager()
        ontology = manager.loadOntologyFromOntologyDocument(owl.io_string(text))
        found = {str(each.getIRI()) for each in ontology.getIndividualsInSignature()}
        return str(manager.getOntologyFormat(ontology)), found


def test_exports_of_several_patients_and_editions_can_be_open_together() -> None:
    owl, seen = java(), set[str]()
    with LOCK, told():
        manager = owl.manager_of.createOWLOntologyManager()
        for edition, name in (("2011", "ann"), ("2011", "bob"), ("2026", "ann")):
            chosen = kg.load(edition=edition)
            record = read_record(chosen, name, {"ecog": "1", "portal_vein_thrombus": "vp3|vp4"})
            document, again = (rdf_xml(chosen, [record]).decode() for _ in "12")
            ontology = manager.loadOntologyFromOntologyDocument(owl.io_string(document))
            seen.add(version := str(ontology.getOntologyID().getVersionIRI()))
            assert version in again
        assert len(manager.getOntologies()) == 3
    assert len(seen) == 3


def test_all_turtle_is_read_by_the_owl_api_and_by_rdflib(
    run: Callable[..., object], tmp_path: Path
) -> None:
    identifiers = ("vp3", "003", 'a, b; "c\\/d"', "a.", "-x", "a~b", "ü%", "x" * 600)
    with (tmp_path / "p.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("patient_id", "ecog"), *((i, 1) for i in identifiers)])
    (tmp_path / "own.rq").write_text(f"CONSTRUCT {{ ?p a <{HCC}Patient> }} WHERE {{ ?p ?q ?o }}")
    asked = ("query", "--file", "own.rq", "--store", "store", "--format", "ttl")
    for arguments in (
        ("classify", "p.csv", "--output", "verdicts.ttl"),
        ("graph", "build", "p.csv", "--store", "store"),
        *(
            ("graph", "export", "--store", "store", "--format", form, "-o", f"all.{form}", *graph)
            for form, graph in (("trig", ()), ("turtle", ("--graph", "cohort/p")))
        ),
        ("graph", "export", "--store", "store", "--format", "nquads", "-o", "all.nq"),
        (*asked, "--output", "asked.ttl"),
    ):
        status, _, err = run(*arguments)  # type: ignore[misc]
        assert status == 0, err
    for name in ("verdicts.ttl", "all.turtle", "asked.ttl"):
        text = (tmp_path / name).read_text("utf-8")
        nodes = {node.toPython() for node in rdflib.Graph().parse(data=text).subjects()}
        form, individuals = read_by_the_owl_api(text)
        assert form == "Turtle"
        assert {patient_iri(i) for i in identifiers} <= nodes & individuals
    trig = ox.parse(path=tmp_path / "all.trig", format=ox.RdfFormat.TRIG)
    whole = ox.parse(path=tmp_path / "all.nq", format=ox.RdfFormat.N_QUADS)
    found, due_ = (ox.Dataset(quads) for quads in (trig, whole))
    for dataset in (found, due_):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert found == due_


@pytest.mark.parametrize("name", ["hcc.ttl", "hcc.owl"])
def test_the_merged_file_says_what_the_modules_say(
    guideline: Guideline, run: Callable[..., object], tmp_path: Path, name: str
) -> None:
    status, _, err = run("ontology", "--merged", name)  # type: ignore[misc]
    assert status == 0, err
    headers = {*map(ox.NamedNode, guideline.ontology.modules)}
    found, due_ = ox.Dataset(), ox.Dataset()
    imports, titles = ox.NamedNode("http://www.w3.org/2002/07/owl#imports"), 0
    form = {"hcc.ttl": ox.RdfFormat.TURTLE, "hcc.owl": ox.RdfFormat.RDF_XML}[name]
    for quad in ox.parse(path=tmp_path / name, format=form):
        assert quad.predicate != imports
        if quad.subject in headers:
            titles += quad.predicate.value.endswith("/title")
        else:
            found.add(quad)
    for triple in guideline.ontology.triples:
        if triple.subject not in headers:
            due_.add(ox.Quad(triple.subject, triple.predicate, triple.object))
    for dataset in (found, due_):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert found == due_
    assert titles == 1


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_owl_api_reads_the_modules_by_the_catalogue_as_protege_does(edition: str) -> None:
    owl, folder = java(), ontology_folder() / edition
    catalogue = (folder / "catalog-v001.xml").read_text("utf-8")
    with LOCK, told():
        manager = owl.manager_of.createOWLOntologyManager()
        for name, place in re.findall(r'<uri name="([^"]+)" uri="([^"]+)"/>', catalogue):
            file = (folder / place).resolve().as_uri()
            manager.addIRIMapper(owl.mapper(owl.iri.create(name), owl.iri.create(file)))
        root = manager.loadOntology(owl.iri.create(f"{ROOT}/{edition}"))
        loaded = {str(each.getOntologyID().getOntologyIRI()) for each in root.getImportsClosure()}
        axioms = sum(each.getAxiomCount() for each in root.getImportsClosure())
        faults = [str(each) for each in owl.profile().checkOntology(root).getViolations()]
    assert loaded == {*Ontology(edition=edition).modules}
    assert axioms > 8000
    assert faults == []
