"""Checks of single terms, on the triples: modules, versions, names and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, name_of, terms_of
from kg.ontology import (
    ALT_LABEL,
    DCTERMS,
    DEFINITION,
    EDITORIAL,
    FOAF,
    HCC,
    LABEL,
    NOTATION,
    NOTE,
    OA,
    OWL,
    RDF,
    ROOT,
    SKOS,
    XSD,
    Ontology,
    local_name,
)

# Texts for people: each is English, and says so.
_TEXTS = (
    *(LABEL, ALT_LABEL, DEFINITION, EDITORIAL, NOTE),
    *(HCC + name for name in ("paraphrase", "advice", "strength", "scope", "message")),
    *(DCTERMS + name for name in ("title", "description", "abstract")),
)
_DATATYPES = {
    **dict.fromkeys((HCC + "position", HCC + "points", HCC + "characterCount"), "integer"),
    **dict.fromkeys((HCC + "lowestTotal", HCC + "highestTotal"), "integer"),
    **dict.fromkeys((OA + "start", OA + "end"), "integer"),
    **dict.fromkeys((HCC + "decidable", HCC + "changeable"), "boolean"),
    **dict.fromkeys((NOTATION, HCC + "place", HCC + "section", OWL + "versionInfo"), "string"),
    **dict.fromkeys((HCC + "grade", HCC + "unit", HCC + "unitSymbol", HCC + "outcome"), "string"),
    **dict.fromkeys((HCC + "lesionColumn", HCC + "lesionAggregation"), "string"),
    HCC + "unremarkable": "string",
    HCC + "plausible": "string",
    HCC + "typical": "string",
}
_HEADER = (
    *(DCTERMS + word for word in ("title", "license", "creator", "created", "issued")),
    DCTERMS + "bibliographicCitation",
    *(FOAF + "homepage", "https://schema.org/codeRepository"),
    "http://purl.org/ontology/bibo/status",
    *("http://purl.org/vocab/vann/preferredNamespace" + end for end in ("Prefix", "Uri")),
)
_DEFINED = OWL + "equivalentClass"
_POSITION, _PLACE, _KIND = HCC + "position", HCC + "place", HCC + "kind"
# What a term of each kind states exactly once, and what at least once.
_ONCE: dict[str, tuple[str, ...]] = {
    "variables": (NOTATION, _POSITION, HCC + "role", HCC + "changeable"),
    "values": (NOTATION, _POSITION, HCC + "valueOf", SKOS + "inScheme"),
    "concepts": (NOTATION, _POSITION, SKOS + "inScheme"),
    "definitions": (NOTATION, _POSITION, _DEFINED),
    "stages": (NOTATION, _POSITION, _DEFINED),
    "groups": (NOTATION, _DEFINED),
    "criteria": (NOTATION, _POSITION, _DEFINED, _KIND),
    "therapies": (NOTATION, _POSITION),
    "mentioned": (NOTATION,),
    "aspects": (_DEFINED,),
    "recommendations": (NOTATION, _POSITION, _DEFINED, HCC + "strength", HCC + "advice"),
    "responses": (NOTATION, _POSITION, _DEFINED, HCC + "outcome"),
    "statements": (NOTATION, _KIND, HCC + "decidable", HCC + "section", OA + "hasTarget"),
    "derivations": (_POSITION, HCC + "message"),
    "narrowings": (HCC + "when", HCC + "then"),
    "correspondences": (_POSITION, HCC + "relation"),
    "conflict rules": (_POSITION, HCC + "message", HCC + "when"),
    "patterns": (_DEFINED,),
}
_SOME: dict[str, tuple[str, ...]] = {
    "criteria": (_PLACE,),
    "stages": (_PLACE,),
    "recommendations": (_PLACE,),
    "responses": (_PLACE,),
    "derivations": (HCC + "derives",),
}
_SCHEMES = {
    **{HCC + "kind": "KindScheme", HCC + "role": "RoleScheme"},
    **{HCC + "group": "GroupScheme", HCC + "worse": "DirectionScheme"},
    HCC + "intent": "IntentScheme",
    **{HCC + "evidenceLevel": "EvidenceLevelScheme", HCC + "relation": "RelationScheme"},
    HCC + "recommendationStrength": "StrengthScheme",
}


@check("modules")
def modules(material: Material) -> Examined:
    """Every module is valid Turtle, and every import is a file of the folder."""
    for iri in material.ontology.modules:
        yield local_name(iri), ()


@check("terms")
def versions(material: Material) -> Examined:
    """All modules state one version, in their version IRI and in what they import."""
    for iri, said in material.ontology.headers.items():
        yield _module_name(iri), _version_faults(material.ontology.version, iri, said)


def _module_name(iri: str) -> str:
    """Return what follows the IRI of the ontology: two editions have modules of one name."""
    return iri.removeprefix(ROOT).lstrip("/") or local_name(ROOT)


def _version_faults(version: str, iri: str, said: Mapping[str, list[str]]) -> Iterator[str]:
    stated = said.get(OWL + "versionInfo", [])
    if stated != [version]:
        yield f"owl:versionInfo is {', '.join(stated) or 'missing'}; hcc.ttl says {version}"
    expected = f"{ROOT}/{version}{iri.removeprefix(ROOT)}"
    if said.get(OWL + "versionIRI") != [expected]:
        yield f"owl:versionIRI should be <{expected}>"
    for imported in said.get(OWL + "imports", []):
        if not f"{imported}/".startswith(f"{ROOT}/{version}/"):
            yield f"it imports <{imported}>, which is not of version {version}"


@check("terms")
def headers(material: Material) -> Examined:
    """Every module says what it is, who made it, its status, licence, and how to cite it."""
    agents = {node.value for node in material.ontology.of_type(FOAF + "Agent")}
    for iri, said in material.ontology.headers.items():
        explanation = DCTERMS + ("abstract" if iri == ROOT else "description")
        counts = {predicate: len(said.get(predicate, [])) for predicate in (*_HEADER, explanation)}
        faults = [
            f"it has {count or 'no'} {local_name(predicate)}; it needs one"
            for predicate, count in counts.items()
            if count != 1
        ]
        faults += [
            f"its creator {name_of(creator)} is no foaf:Agent that has a block"
            for creator in said.get(DCTERMS + "creator", [])
            if creator not in agents
        ]
        yield _module_name(iri), faults


def _own_iris(ontology: Ontology) -> list[str]:
    """Return every IRI of our namespace that is used anywhere; modules have IRIs of their own."""
    nodes = (
        node
        for triple in ontology.triples
        for node in (triple.subject, triple.predicate, triple.object)
    )
    iris = {node.value for node in nodes if isinstance(node, ox.NamedNode)}
    return sorted(
        i for i in iris if i.startswith(HCC) and i != HCC and not f"{i}/".startswith(f"{ROOT}/")
    )


def _declared(ontology: Ontology, iri: str) -> bool:
    return bool(ontology.values(ox.NamedNode(iri), RDF + "type"))


@check("terms")
def declared(material: Material) -> Examined:
    """Every term of our namespace that is used anywhere is declared."""
    ontology, known = material.ontology, material.elsewhere
    for iri in _own_iris(ontology):
        fault = "it is used but not declared; correct the name, or add its block with a type"
        yield name_of(iri), () if _declared(ontology, iri) or iri in known else (fault,)


@check("terms")
def described(material: Material) -> Examined:
    """Every term has one label and one definition (a statement: one paraphrase)."""
    ontology = material.ontology
    statements = set(ontology.of_type(HCC + "Statement"))
    for iri in _own_iris(ontology):
        node = ox.NamedNode(iri)
        if _declared(ontology, iri):
            meaning = HCC + "paraphrase" if node in statements else DEFINITION
            yield name_of(iri), _not_once(ontology, node, (LABEL, meaning))


def _not_once(ontology: Ontology, node: ox.NamedNode, predicates: tuple[str, ...]) -> Iterator[str]:
    for predicate in predicates:
        count = len(ontology.values(node, predicate))
        if count != 1:
            yield f"it has {count or 'no'} {local_name(predicate)}; it needs one"


def _subject(ontology: Ontology, triple: ox.Triple) -> str:
    """Return the term that a triple speaks of; for a passage or selector, its statement."""
    nodes = [triple.subject]
    for predicate in (OA + "hasSelector", OA + "hasTarget"):
        if isinstance(nodes[0], ox.BlankNode):
            nodes = ontology.subjects(predicate, nodes[0]) or nodes  # type: ignore[assignment]
    return name_of(nodes[0].value) if isinstance(nodes[0], ox.NamedNode) else "ontology"


@check("terms")
def language(material: Material) -> Examined:
    """Every text for people says something and is tagged as English."""
    ontology = material.ontology
    for triple in ontology.triples:
        if triple.predicate.value in _TEXTS:
            text, name = triple.object, local_name(triple.predicate.value)
            language = text.language if isinstance(text, ox.Literal) else None
            faults = []
            if (language or "").split("-")[0] != "en":
                faults.append(f'its {name} is not tagged as English: add "@en"')
            if isinstance(text, ox.Literal) and not text.value.strip():
                faults.append(f"its {name} is empty")
            yield _subject(ontology, triple), faults


@check("terms")
def datatypes(material: Material) -> Examined:
    """Every number, yes-or-no and code that annotates a term has its datatype."""
    ontology = material.ontology
    for triple in ontology.triples:
        expected = _DATATYPES.get(triple.predicate.value)
        if expected:
            value, name = triple.object, local_name(triple.predicate.value)
            good = isinstance(value, ox.Literal) and value.datatype.value == XSD + expected
            text = getattr(value, "value", value)
            fault = f"its {name} {text!r} should be an xsd:{expected}"
            yield _subject(ontology, triple), () if good else (fault,)


@check("terms")
def complete(material: Material) -> Examined:
    """Every term states what terms of its kind state: notation, place, kind, position and so on."""
    ontology = material.ontology
    for kind, nodes in terms_of(ontology).items():
        for node in nodes:
            faults = list(_not_once(ontology, node, _ONCE[kind]))
            faults += [
                f"it has no {local_name(predicate)}; it needs at least one"
                for predicate in _SOME.get(kind, ())
                if not ontology.values(node, predicate)
            ]
            yield name_of(node.value), faults


@check("terms")
def placed(material: Material) -> Examined:
    """Every defined class is in a collection, or below a class, that says what it is for."""
    ontology = material.ontology
    known = {node for nodes in terms_of(ontology).values() for node in nodes}
    for node in ontology.of_type(OWL + "Class"):
        if ontology.values(node, _DEFINED):
            fault = "it is in no hcc:collection, such as hcc:AblationCriterion"
            yield name_of(node.value), () if node in known else (fault,)


@check("terms")
def schemes(material: Material) -> Examined:
    """Every kind, role, group, direction and intent is a concept of its value list."""
    ontology = material.ontology
    for triple in ontology.triples:
        scheme = _SCHEMES.get(triple.predicate.value)
        if scheme:
            concept = triple.object
            iris = ontology.iris(concept, SKOS + "inScheme")  # type: ignore[arg-type]
            name = local_name(triple.predicate.value)
            fault = (
                f"its {name} {name_of(str(getattr(concept, 'value', '')))} is none of hcc:{scheme}"
            )
            yield name_of(triple.subject.value), () if HCC + scheme in iris else (fault,)  # type: ignore[union-attr]
