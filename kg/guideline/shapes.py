"""SHACL shapes of a patient record in RDF, written from the variables of a guideline.

The ranges of the variables say what is, the shapes what may be written. A property that no shape
knows is a warning; the readers tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from kg.guideline.intervals import plain
from kg.guideline.model import Guideline
from kg.guideline.values import Variable
from kg.keys import LESION_ID
from kg.ontology import HCC, ROOT

SHAPE = HCC + "shape/"

_HEAD = """\
@prefix hcc: <{hcc}> .
@prefix shape: <{shape}> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<{root}/shapes>
    a owl:Ontology ;
    owl:versionIRI <{root}/{version}/shapes> ;
    owl:versionInfo "{version}" ;
    dcterms:title "hcc-kg shapes"@en ;
    dcterms:description "What a patient record in RDF looks like, with its lesions."@en ;
    dcterms:license <https://www.apache.org/licenses/LICENSE-2.0> .

shape:Patient
    a sh:NodeShape ;
    rdfs:label "patient record"@en ;
    sh:targetClass hcc:Patient ;
    sh:targetSubjectsOf hcc:patient_id ;
    sh:closed true ;
    sh:ignoredProperties ( rdf:type rdfs:label rdfs:comment hcc:meetsRecommendation hcc:conflict ) ;
    sh:severity sh:Warning ;
    sh:message "expected variables of hcc-kg only, hcc:partly and hcc:lesion"@en ;
    sh:property shape:partly , shape:lesion {of_patient}.

shape:PartialKnowledge
    a sh:NodeShape ;
    rdfs:label "partial knowledge"@en ;
    sh:targetObjectsOf hcc:partly ;
    sh:property shape:partly-variable , shape:partly-cell .

shape:Lesion
    a sh:NodeShape ;
    rdfs:label "lesion"@en ;
    sh:targetClass hcc:TumourLesion ;
    sh:targetObjectsOf hcc:lesion ;
    sh:closed true ;
    sh:ignoredProperties ( rdf:type rdfs:label rdfs:comment ) ;
    sh:severity sh:Warning ;
    sh:message "expected what a lesion table has columns for, and hcc:partly"@en ;
    sh:property shape:partly , shape:lesion_id {of_lesion}.
"""
_ONE, _NODE, _STRING = "sh:maxCount 1", "sh:nodeKind sh:BlankNodeOrIRI", "sh:datatype xsd:string"
_TEXT = (_STRING, "sh:minLength 1", "sh:minCount 1", _ONE)
_TEXT_WORDS = "one text that is not empty (xsd:string)"
_VARIABLE = "one variable of hcc-kg, such as hcc:tumour_count"
_CELL = "one text (xsd:string) as in a table, such as '>=5', '1..2' or 'vp1|vp2'"


def patient_columns(guideline: Guideline) -> dict[str, str]:
    """Return the columns of a patient by the IRIs of their properties."""
    return {variable.iri: name for name, variable in guideline.variables.items()}


def lesion_columns(guideline: Guideline) -> dict[str, str]:
    """Return the columns of a lesion by the IRIs of their properties."""
    columns = {variable.iri: name for name, variable in guideline.lesion_columns.items()}
    return {HCC + LESION_ID: LESION_ID, **columns}


def shapes(guideline: Guideline) -> str:
    """Return the shapes of the records of a guideline as Turtle."""
    variables, of_lesion = guideline.variables, guideline.lesion_columns
    head = _HEAD.format(
        hcc=HCC,
        shape=SHAPE,
        root=ROOT,
        version=guideline.version,
        of_patient=_listed(f", shape:{name} " for name in variables),
        of_lesion=_listed(f", shape:lesion-{column} " for column in of_lesion),
    )
    partly = _listed(f"<{one.iri}> " for one in variables.values() if one.role != "key")
    one_of = (f"sh:in ( {partly})", "sh:minCount 1", _ONE)
    fixed = (
        ("partly", "partly", (_NODE,), "a node with hcc:variable and hcc:cell"),
        ("partly-variable", "variable", one_of, _VARIABLE),
        ("partly-cell", "cell", (_STRING, "sh:minCount 1", _ONE), _CELL),
        ("lesion", "lesion", (_NODE,), "a node with hcc:lesion_id and what is known of the lesion"),
        (LESION_ID, LESION_ID, _TEXT, _TEXT_WORDS),
    )
    blocks = [_block(shape, name, HCC + name, own, words) for shape, name, own, words in fixed]
    blocks += [
        _block(prefix + name, name, one.iri, _constraints(one), _words(one))
        for prefix, columns in (("", variables), ("lesion-", of_lesion))
        for name, one in columns.items()
    ]
    return "\n".join([head, *blocks])


def _listed(items: Iterable[str]) -> str:
    return "".join(f"\n        {item}" for item in items)


def _block(shape: str, name: str, iri: str, constraints: Iterable[str], words: str) -> str:
    """Return the shape of one property; one of a node in `partly` is told with it."""
    within = f"partly, hcc:{name}" if shape.startswith("partly-") else name
    lines = (
        "a sh:PropertyShape",
        f'sh:name "{name}"',
        f"sh:path <{iri}>",
        *constraints,
        f'sh:message "{within}: expected {words}"@en',
    )
    return f"shape:{shape}\n    " + " ;\n    ".join(lines) + " .\n"


def _constraints(variable: Variable) -> tuple[str, ...]:
    if variable.type == "string":
        return _TEXT
    if variable.type == "enum":
        words = " ".join(f'"{word}"' for word in variable.words)
        return f"sh:in ( {words} )", _ONE
    if variable.type == "decimal":  # every integer is a decimal
        kind = "sh:or ( [ sh:datatype xsd:decimal ] [ sh:datatype xsd:integer ] )"
    else:
        kind = f"sh:datatype xsd:{variable.type}"
    span = variable.range
    low = "sh:minExclusive" if span.low_open else "sh:minInclusive"
    high = "sh:maxExclusive" if span.high_open else "sh:maxInclusive"
    ends = ((low, span.low), (high, span.high)) if variable.is_number else ()
    bounds = (
        f'{name} "{plain(end)}"^^xsd:{variable.type}' for name, end in ends if end is not None
    )
    return (kind, *bounds, _ONE)


def _words(variable: Variable) -> str:
    """Say what is expected of a value."""
    if variable.type == "string":
        return _TEXT_WORDS
    if variable.type == "boolean":
        return "true or false (xsd:boolean)"
    if variable.type == "enum":
        return "one of " + ", ".join(f"'{word}'" for word in variable.words)
    span, is_whole = variable.range, variable.type == "integer"
    within = " and ".join(span.bounds(("of at least ", "above "), ("of at most ", "below ")))
    number = f"one {'whole ' if is_whole else ''}number {within.replace(' and of ', ' and ')}"
    unit = f" {variable.unit_symbol}" if within and variable.unit_symbol else ""
    kinds = "xsd:integer" if is_whole else "xsd:decimal or xsd:integer"
    return f"{number.rstrip()}{unit} ({kinds})"
