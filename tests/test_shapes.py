"""The shapes say what the ontology's ranges say, and the validator finds what breaks them."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.errors import ComponentError, OntologyError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.ontology import HCC, OWL, RDF, ROOT, XSD
from kg.paths import ontology_folder
from kg.readers.shapes import SH, SHAPE, Shapes, shipped_shapes

PATH = ontology_folder() / "shapes.ttl"
TRIPLES = [quad.triple for quad in ox.parse(path=PATH, format=ox.RdfFormat.TURTLE)]
OUT: dict[object, dict[str, list[object]]] = {}
for _triple in TRIPLES:
    OUT.setdefault(_triple.subject, {}).setdefault(_triple.predicate.value, []).append(
        _triple.object
    )


def values(node: object, name: str) -> list[object]:
    return OUT.get(node, {}).get(SH + name, [])


def members(head: object) -> list[object]:
    found = []
    while head in OUT:
        found += OUT[head][RDF + "first"]
        (head,) = OUT[head][RDF + "rest"]
    return found


def text(node: object, name: str) -> str:
    (value,) = values(node, name)
    assert isinstance(value, ox.Literal | ox.NamedNode)
    return value.value


def properties(shape: str) -> dict[str, ox.NamedNode]:
    """Return the property shapes of a node shape, by the names of their columns."""
    found = {}
    for node in values(ox.NamedNode(SHAPE + shape), "property"):
        assert isinstance(node, ox.NamedNode)
        found[text(node, "name")] = node
    return found


def said(node: ox.NamedNode) -> dict[str, object]:
    """Return the constraints of a property shape."""
    found: dict[str, object] = {}
    for predicate, objects in OUT[node].items():
        name, (value,) = predicate.removeprefix(SH), objects
        if name == "in":
            found[name] = {member.value for member in members(value)}  # type: ignore[attr-defined]
        elif name == "or":
            found[name] = {text(member, "datatype") for member in members(value)}
        elif name[:3] in ("min", "max"):
            assert isinstance(value, ox.Literal)
            found[name] = Decimal(value.value)
        elif name == "datatype":
            assert isinstance(value, ox.NamedNode)
            found[name] = value.value
    return found


def derived(variable: Variable) -> dict[str, object]:
    """Return the constraints that follow from the range of a variable."""
    found: dict[str, object] = {"maxCount": Decimal(1)}
    if variable.type == "enum":
        found["in"] = set(variable.words)
    elif variable.type == "decimal":
        found["or"] = {XSD + "decimal", XSD + "integer"}  # every integer is a decimal
    else:
        found["datatype"] = XSD + variable.type
    if variable.type == "string":
        found |= {"minCount": Decimal(1), "minLength": Decimal(1)}
    span = variable.range
    if variable.is_number and span.low is not None:
        found["minExclusive" if span.low_open else "minInclusive"] = span.low
    if variable.is_number and span.high is not None:
        found["maxExclusive" if span.high_open else "maxInclusive"] = span.high
    return found


def test_every_variable_has_its_shape_and_every_shape_its_variable(guideline: Guideline) -> None:
    shapes = properties("Patient")
    assert set(shapes) - set(guideline.variables) == {"partly", "lesion"}
    assert set(guideline.variables) - set(shapes) == set()
    for name, variable in guideline.variables.items():
        assert text(shapes[name], "path") == variable.iri
        assert said(shapes[name]) == derived(variable), name


def test_every_column_of_lesions_has_its_shape(guideline: Guideline) -> None:
    shapes = properties("Lesion")
    assert set(shapes) == {"lesion_id", "partly", *guideline.lesion_columns}
    for column, variable in guideline.lesion_columns.items():
        assert text(shapes[column], "path") == variable.iri
        assert said(shapes[column]) == derived(variable), column


def test_partial_knowledge_is_about_any_variable_but_the_identifier(guideline: Guideline) -> None:
    (named,) = values(ox.NamedNode(SHAPE + "partly-variable"), "in")
    assert {member.value for member in members(named)} == {  # type: ignore[attr-defined]
        variable.iri for variable in guideline.variables.values() if variable.role != "key"
    }


def test_every_message_names_its_column_and_what_was_expected(guideline: Guideline) -> None:
    columns = {**guideline.variables, **guideline.lesion_columns}
    shapes = {**properties("Patient"), **properties("Lesion")}
    for name, variable in columns.items():
        message = text(shapes[name], "message")
        assert message.startswith(f"{name}: expected "), message
        ends = (variable.range.low, variable.range.high) if variable.is_number else ()
        words = [f"{end.normalize():f}" for end in ends if end is not None]
        words += [variable.unit_symbol] if words and variable.unit_symbol else []
        words += [f"'{word}'" for word in variable.words if variable.type == "enum"]
        assert [word for word in words if word not in message] == [], message


def test_no_shape_asks_a_query() -> None:
    asked = [t for t in TRIPLES if t.predicate.value in (SH + "sparql", SH + "select")]
    assert asked == []
    assert len(TRIPLES) > 500


def test_the_shapes_state_the_version_of_the_ontology(guideline: Guideline) -> None:
    version, header = guideline.ontology.version, OUT[ox.NamedNode(ROOT + "/shapes")]
    assert header[OWL + "versionInfo"] == [ox.Literal(version)]
    assert header[OWL + "versionIRI"] == [ox.NamedNode(f"{ROOT}/{version}/shapes")]


# The validator

A = "<http://example.org/a>"


def broken(*triples: str) -> list[tuple[str, str]]:
    """Return the property and the message of each violation at a patient."""
    named = [f'<{HCC}patient_id> "a"', *triples]
    found = shipped_shapes().violations("".join(f"{A} {triple} .\n" for triple in named))
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


def test_file_without_shapes_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "shapes.ttl"
    with pytest.raises(OntologyError, match="cannot be read as shapes"):
        Shapes(path)
    path.write_text("<http://x/a> <http://x/b> <http://x/c> .")
    with pytest.raises(OntologyError, match="restore the file"):
        Shapes(path)


def test_without_the_validator_the_component_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shacl", None)
    with pytest.raises(ComponentError, match="pip install 'shacl"):
        Shapes(PATH)
