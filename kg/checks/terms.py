"""Checks of single terms, on the triples: modules, versions, names and annotations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, name_of, not_once, terms_of
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
    Node,
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
    **dict.fromkeys((HCC + "unremarkable", HCC + "plausible", HCC + "typical"), "string"),
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
    **dict.fromkeys(("criteria", "stages", "recommendations", "responses"), (_PLACE,)),
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
        odd = not_once(defaultdict(list, said).__getitem__, (*_HEADER, explanation))
        unknown = {*said.get(DCTERMS + "creator", ())} - agents
        told = (f"its creator {name_of(one)} is no foaf:Agent that has a block" for one in unknown)
        yield _module_name(iri), [*odd, *told]


def _own_terms(ontology: Ontology) -> list[tuple[ox.NamedNode, bool]]:
    """Return every term of our namespace that is used anywhere, and whether it is declared.

    Modules have IRIs of their own.
    """
    used = {node for t in ontology.triples for node in (t.subject, t.predicate, t.object)}
    named = sorted(node.value for node in used if isinstance(node, ox.NamedNode))
    own = [
        i for i in named if i.startswith(HCC) and i != HCC and not f"{i}/".startswith(f"{ROOT}/")
    ]
    return [(node, bool(ontology.values(node, RDF + "type"))) for node in map(ox.NamedNode, own)]


@check("terms")
def declared(material: Material) -> Examined:
    """Every term of our namespace that is used anywhere is declared."""
    known = material.elsewhere
    for node, is_declared in _own_terms(material.ontology):
        fault = "it is used but not declared; correct the name, or add its block with a type"
        yield node.value, () if is_declared or node.value in known else (fault,)


@check("terms")
def described(material: Material) -> Examined:
    """Every term has one label and one definition (a statement: one paraphrase)."""
    statements = set(material.ontology.of_type(HCC + "Statement"))
    for node, is_declared in _own_terms(material.ontology):
        if is_declared:
            meaning = HCC + "paraphrase" if node in statements else DEFINITION
            yield node.value, not_once(partial(material.ontology.values, node), (LABEL, meaning))


def _annotations(
    ontology: Ontology, rules: Mapping[str, str]
) -> Iterator[tuple[str, str, Node, str]]:
    """Yield each annotation that has a rule: whose it is, its name, what it says, the rule.

    A passage or a selector is its statement's.
    """
    for triple in ontology.triples:
        rule = rules.get(triple.predicate.value)
        if rule is not None and not isinstance(triple.object, ox.Triple):
            node: Node = triple.subject  # type: ignore[assignment]
            for predicate in (OA + "hasSelector", OA + "hasTarget"):
                if isinstance(node, ox.BlankNode):
                    (node,) = ontology.subjects(predicate, node) or (node,)
            about = node.value if isinstance(node, ox.NamedNode) else "ontology"
            yield about, local_name(triple.predicate.value), triple.object, rule


@check("terms")
def language(material: Material) -> Examined:
    """Every text for people says something and is tagged as English."""
    for about, name, text, wanted in _annotations(material.ontology, dict.fromkeys(_TEXTS, "en")):
        tag = text.language if isinstance(text, ox.Literal) else None
        faults = []
        if (tag or "").split("-")[0] != wanted:
            faults.append(f'its {name} is not tagged as English: add "@{wanted}"')
        if isinstance(text, ox.Literal) and not text.value.strip():
            faults.append(f"its {name} is empty")
        yield about, faults


@check("terms")
def datatypes(material: Material) -> Examined:
    """Every number, yes-or-no and code that annotates a term has its datatype."""
    for about, name, value, type_ in _annotations(material.ontology, _DATATYPES):
        good = isinstance(value, ox.Literal) and value.datatype.value == XSD + type_
        fault = f"its {name} {getattr(value, 'value', value)!r} should be an xsd:{type_}"
        yield about, () if good else (fault,)


@check("terms")
def complete(material: Material) -> Examined:
    """Every term states what terms of its kind state: notation, place, kind, position and so on."""
    ontology = material.ontology
    for kind, nodes in terms_of(ontology).items():
        for node in nodes:
            some = (p for p in _SOME.get(kind, ()) if not ontology.values(node, p))
            lacking = (f"it has no {local_name(each)}; it needs at least one" for each in some)
            odd = not_once(partial(ontology.values, node), _ONCE[kind])
            yield node.value, [*odd, *lacking]


@check("terms")
def placed(material: Material) -> Examined:
    """Every defined class is in a collection, or below a class, that says what it is for."""
    ontology = material.ontology
    known = {node for nodes in terms_of(ontology).values() for node in nodes}
    for node in ontology.of_type(OWL + "Class"):
        if ontology.values(node, _DEFINED):
            fault = "it is in no hcc:collection, such as hcc:AblationCriterion"
            yield node.value, () if node in known else (fault,)


@check("terms")
def schemes(material: Material) -> Examined:
    """Every kind, role, group, direction and intent is a concept of its value list."""
    for about, name, concept, scheme in _annotations(material.ontology, _SCHEMES):
        iris = material.ontology.iris(concept, SKOS + "inScheme")
        fault = f"its {name} {name_of(getattr(concept, 'value', ''))} is none of hcc:{scheme}"
        yield about, () if HCC + scheme in iris else (fault,)
