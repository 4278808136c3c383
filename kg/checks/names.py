"""Checks of names: no two terms are taken for one, and what others rely on stays.

Published identifiers are listed in `contract.json`: that of the ontology's folder holds what the
editions share, that of an edition the rest. Mappings to other vocabularies are in a module apart.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, name_of, not_once, terms_of
from kg.errors import OntologyError
from kg.ontology import DCTERMS, HCC, LABEL, NOTATION, OWL, RDF, RDFS, SKOS, Ontology, local_name

_NUMBERED = (HCC + "GuidelineSection",)  # their labels are headings, which the text repeats


@check("terms")
def cases(material: Material) -> Examined:
    """No two terms have IRIs that differ by capital letters only."""
    alike: dict[str, set[str]] = defaultdict(set)
    for node in material.everything.typed():
        if isinstance(node, ox.NamedNode):
            alike[node.value.lower()].add(node.value)
    for iris in alike.values():
        first, *others = sorted(iris)
        fault = f"its IRI differs from {', '.join(map(name_of, others))} by capital letters only"
        yield first, (fault,) if others else ()


@check("terms")
def labels(material: Material) -> Examined:
    """No two classes, properties, concepts of a scheme, or things of one type share a label."""
    ontology, found = material.everything, defaultdict[tuple[str, str], list[str]](list)
    for node in ontology.typed():
        if isinstance(node, ox.NamedNode) and node.value.startswith(HCC):
            kind = _kind(ontology, node)
            for text in ontology.texts(node, LABEL) if kind not in _NUMBERED else ():
                found[kind, text].append(node.value)
    for (_, text), (first, *others) in found.items():
        told = ", ".join(map(name_of, others))
        yield first, (f"{told} has its label, too: {text!r}",) if others else ()


def _kind(ontology: Ontology, node: ox.NamedNode) -> str:
    """Return what a term is one of: the classes, the properties, a scheme, or a type."""
    types = [iri for iri in ontology.iris(node, RDF + "type") if iri != OWL + "NamedIndividual"]
    if SKOS + "Concept" in types:
        return "".join(ontology.iris(node, SKOS + "inScheme"))
    return "property" if any(iri.endswith("Property") for iri in types) else "".join(types[:1])


_FILE = "contract.json"
_NAMED_BY_CONCEPT = ("therapies", "mentioned")  # their IRIs are words, not their notations


def published(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the published identifiers, by kind of term.

    Raises:
        OntologyError: the folder of the ontology holds no list of them, or a broken one.
    """
    path = folder / _FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OntologyError(f"{path}: cannot be read: {error.strerror}; restore it") from error
    except json.JSONDecodeError as error:
        raise OntologyError(
            f"{path}, line {error.lineno}: not valid JSON: {error.msg}; fix or restore it"
        ) from error
    lists = told.values() if isinstance(told, dict) else [None]
    if not all(isinstance(each, list) and {*map(type, each)} <= {str} for each in lists):
        raise OntologyError(f"{path}: not an object of lists of identifiers; restore it")
    return {kind: tuple(names) for kind, names in told.items()}


@check("terms")
def contract(material: Material) -> Examined:
    """The identifiers are those published in contract.json: none renamed, lost or unlisted."""
    terms = terms_of(material.ontology)
    shared, own = (published(f) for f in (material.folder, material.own_folder))
    for kind, names in {**shared, **own}.items():
        nodes = terms.get(kind)
        if nodes is None:
            yield kind, (f"it is not a kind of term; correct it in {_FILE}: {', '.join(terms)}",)
            continue
        notations = {n.value: material.ontology.text(n, NOTATION) or "" for n in nodes}
        count = Counter(notations.values())
        for iri, notation in notations.items():
            faults = []
            if notation not in names:
                told = f"restore it, or publish it: add it to {_FILE}"
                faults.append(f"its notation {notation!r} is not published; {told}")
            if count[notation] > 1:
                faults.append(f"another term has the same notation {notation!r}")
            if kind not in _NAMED_BY_CONCEPT and notation != local_name(iri):
                faults.append(f"its notation {notation!r} should be its name")
            yield iri, faults
        for name in sorted(set(names) - set(notations.values())):
            yield name, (f"it is published among the {kind}, and nothing bears it",)


Match: TypeAlias = tuple[str, str, str]
"""A term, how it is mapped, and the code that it is mapped to."""

MATCHES = tuple(f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related"))
_CODE, _SYSTEM = SKOS + "notation", HCC + "codeSystem"
_PARTS = (HCC + "subject", HCC + "predicate", HCC + "object")
_ONCE = (RDFS + "label", DCTERMS + "source", _CODE, _SYSTEM, *_PARTS)


@check("terms")
def mappings(material: Material) -> Examined:
    """Every mapping of mappings.ttl is of a term here to a code elsewhere, with its source."""
    path, ontology = material.folder / "mappings.ttl", material.everything
    if not path.is_file():
        raise OntologyError(f"{path}: no such file; restore it, for it holds the mappings")
    nodes = {node: _match(ontology, node) for node in ontology.of_type(HCC + "Mapping")}
    triples = [(t.subject, t.predicate.value, t.object) for t in ontology.triples]
    direct = {(_text(s), p, _text(o)) for s, p, o in triples if p in MATCHES}
    keys = {node: (*match[:2], *ontology.texts(node, _SYSTEM)) for node, match in nodes.items()}
    count = Counter(keys.values())
    for node, match in nodes.items():
        faults = list(_mapping_faults(material, node, match))
        if match not in direct:
            faults.append("the triple that it describes is not there; state it besides")
        if match[1] == MATCHES[0] and count[keys[node]] > 1:
            faults.append("its term has another exact match in that code system; one can be exact")
        yield node.value, faults
    for subject, _, value in sorted(direct - {*nodes.values()}):
        yield subject, (f"its match {name_of(value)} has no hcc:Mapping with a source",)


def _text(node: object) -> str:
    return str(getattr(node, "value", node))


def _match(ontology: Ontology, node: ox.NamedNode) -> Match:
    subject, predicate, value = (_text(ontology.value(node, part) or "") for part in _PARTS)
    return subject, predicate, value


def _mapping_faults(material: Material, node: ox.NamedNode, match: Match) -> Iterator[str]:
    ontology, (subject, predicate, value) = material.everything, match
    yield from not_once(partial(ontology.values, node), _ONCE)
    known = material.ontology.values(ox.NamedNode(subject or HCC), RDF + "type")
    if not known and subject not in material.elsewhere:
        yield f"its subject {name_of(subject)} is not a term of the ontology; correct the name"
    if predicate not in MATCHES:
        yield f"its predicate {name_of(predicate)} is not a mapping property of SKOS"
    code = "".join(ontology.texts(node, _CODE)).replace(":", "_")
    if value.startswith(HCC) or not value.endswith(code):
        yield f"its object {name_of(value)} is not the code {code} of another vocabulary"
