"""The shapes follow from the variables of a guideline; the validator finds what breaks them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import SH

from kg.errors import ComponentError
from kg.guideline import Guideline, load
from kg.guideline.shapes import SHAPE, shapes
from kg.ontology import HCC, ROOT, XSD
from kg.patients.tables import PatientTable
from kg.readers.rdf import Shapes, shapes_of

Command = Callable[..., object]


@pytest.fixture(scope="module")
def graph(guideline: Guideline) -> rdflib.Graph:
    """The shapes, as another program reads them."""
    return rdflib.Graph().parse(data=shapes(guideline), format="turtle")


def names(graph: rdflib.Graph, shape: str) -> set[str]:
    """Return the names of the properties of a node shape."""
    properties = graph.objects(rdflib.URIRef(SHAPE + shape), SH.property)
    return {str(graph.value(node, SH.name)) for node in properties}


def test_every_variable_and_every_column_of_lesions_has_its_shape(
    graph: rdflib.Graph, guideline: Guideline
) -> None:
    assert names(graph, "Patient") == {"partly", "lesion", *guideline.variables}
    assert names(graph, "Lesion") == {"lesion_id", "partly", *guideline.lesion_columns}


def test_partial_knowledge_is_about_any_variable_but_the_identifier(
    graph: rdflib.Graph, guideline: Guideline
) -> None:
    head = graph.value(rdflib.URIRef(SHAPE + "partly-variable"), SH["in"])
    assert head is not None
    named = {str(iri) for iri in rdflib.collection.Collection(graph, head)}
    assert named == {v.iri for v in guideline.variables.values() if v.role != "key"}


def test_every_message_names_its_column_and_what_was_expected(
    graph: rdflib.Graph, guideline: Guideline
) -> None:
    told = {str(graph.value(n, SH.name)): str(m) for n, m in graph.subject_objects(SH.message)}
    for name, variable in {**guideline.variables, **guideline.lesion_columns}.items():
        assert told[name].startswith(f"{name}: expected "), told[name]
        ends = (variable.range.low, variable.range.high) if variable.is_number else ()
        words = [f"{end.normalize():f}" for end in ends if end is not None]
        words += [variable.unit_symbol] if words and variable.unit_symbol else []
        words += [f"'{word}'" for word in variable.words if variable.type == "enum"]
        assert [word for word in words if word not in told[name]] == [], told[name]


def test_no_shape_asks_a_query(graph: rdflib.Graph) -> None:
    assert not {SH.sparql, SH.select} & set(graph.predicates())
    assert len(graph) > 500


def test_the_shapes_state_the_version_of_the_ontology(
    graph: rdflib.Graph, guideline: Guideline
) -> None:
    header = rdflib.URIRef(ROOT + "/shapes")
    assert graph.value(header, rdflib.OWL.versionInfo) == rdflib.Literal(guideline.version)
    assert str(graph.value(header, rdflib.OWL.versionIRI)) == f"{ROOT}/{guideline.version}/shapes"


def test_the_command_writes_the_shapes(run: Command, guideline: Guideline) -> None:
    assert run("reference", "shapes") == (0, shapes(guideline), "")


# A guideline of one's own


@pytest.fixture
def changed(ontology_copy: Path) -> Path:
    """An ontology in which ECOG goes up to 5; its variables alone were changed."""
    path = ontology_copy / "variables.ttl"
    before = "[ xsd:minInclusive 0 ] [ xsd:maxInclusive 4 ]"
    assert before in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(before, before.replace("4", "5")), "utf-8")
    return ontology_copy


def test_a_range_that_is_changed_changes_who_conforms(changed: Path) -> None:
    five = f'<{HCC}ecog> "5"^^<{XSD}integer>'
    assert broken(five, guideline=load(changed)) == []
    assert [name for name, _ in broken(five)] == ["ecog"]
    ((_, told),) = broken(five.replace("5", "6"), guideline=load(changed))
    assert told == "ecog: expected one whole number of at least 0 and at most 5 (xsd:integer)"


def test_patients_in_rdf_are_judged_by_the_guideline_in_use(changed: Path, tmp_path: Path) -> None:
    path = tmp_path / "patients.ttl"
    path.write_text(
        f'@prefix hcc: <{HCC}> .\n[ a hcc:Patient ; hcc:patient_id "a" ; hcc:ecog 5 ] .'
    )
    rejected = [
        next(PatientTable(chosen, path).batches()).rejected.height
        for chosen in (load(changed), load())
    ]
    assert rejected == [0, 1]


# The validator

A = "<http://example.org/a>"


def broken(*triples: str, guideline: Guideline | None = None) -> list[tuple[str, str]]:
    """Return the property and the message of each violation at a patient."""
    named = [f'<{HCC}patient_id> "a"', *triples]
    found = shapes_of(guideline or load()).violations(
        "".join(f"{A} {triple} .\n" for triple in named)
    )
    return [(violation.path.removeprefix(HCC), violation.message) for violation in found]


@pytest.mark.parametrize(
    ("variable", "good", "bad"),
    [
        ("tumour_count", '"1"^^<{}integer>', '"0"^^<{}integer>'),
        ("max_tumour_diameter_cm", '"40"^^<{}decimal>', '"40.000000000000000001"^^<{}decimal>'),
        ("max_tumour_diameter_cm", '"0.000000000000000001"^^<{}decimal>', '"0.0"^^<{}decimal>'),
        ("ecog", '"4"^^<{}integer>', '"5"^^<{}integer>'),
        ("albumin_g_l", '"5"^^<{}integer>', '"5"^^<{}double>'),
        ("cachexia", '"0"^^<{}boolean>', '"False"^^<{}boolean>'),
        ("portal_vein_thrombus", '"vp4"', '"vp5"'),
    ],
)
def test_value_at_the_edge_conforms_and_the_one_past_it_does_not(
    variable: str, good: str, bad: str
) -> None:
    assert broken(f"<{HCC}{variable}> {good.format(XSD)}") == []
    ((name, message),) = broken(f"<{HCC}{variable}> {bad.format(XSD)}")
    assert name == variable
    assert message.startswith(f"{variable}: expected ")


def test_property_that_breaks_a_shape_in_several_ways_is_told_once() -> None:
    assert len(broken(f'<{HCC}ecog> "x"', f'<{HCC}ecog> "9"^^<{XSD}integer>')) == 1


def test_unknown_property_is_a_warning_only() -> None:
    assert broken(f'<{HCC}bmi> "22"') == []


def test_without_the_validator_the_component_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shacl", None)
    with pytest.raises(ComponentError, match="pip install 'shacl"):
        Shapes(load())
