"""The check of the mappings to other vocabularies; their module is kept apart from the ontology."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, name_of
from kg.errors import OntologyError
from kg.ontology import DCTERMS, HCC, RDF, RDFS, SKOS, local_name

Match: TypeAlias = tuple[str, str, str]
"""A term, how it is mapped, and the code that it is mapped to."""

MATCHES = tuple(f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related"))
_TYPE, _CODE, _SYSTEM = RDF + "type", SKOS + "notation", HCC + "codeSystem"
_PARTS = (HCC + "subject", HCC + "predicate", HCC + "object")
_ONCE = (RDFS + "label", DCTERMS + "source", _CODE, _SYSTEM, *_PARTS)


@check("terms")
def mappings(material: Material) -> Examined:
    """Every mapping of mappings.ttl is of a term here to a code elsewhere, with its source."""
    triples = _triples(material.folder / "mappings.ttl")
    stated: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in triples:
        stated[subject][predicate].append(value)
    nodes = {node: said for node, said in stated.items() if HCC + "Mapping" in said[_TYPE]}
    direct = {triple for triple in triples if triple[1] in MATCHES}
    exact = Counter((*_match(said)[:2], *said[_SYSTEM]) for said in nodes.values())
    for node, said in nodes.items():
        faults = list(_faults(material, said, direct))
        if _match(said)[1] == MATCHES[0] and exact[*_match(said)[:2], *said[_SYSTEM]] > 1:
            faults.append("its term has another exact match in that code system; one can be exact")
        yield name_of(node), faults
    for subject, _, value in sorted(direct - {_match(said) for said in nodes.values()}):
        yield name_of(subject), (f"its match {name_of(value)} has no hcc:Mapping with a source",)


def _triples(path: Path) -> list[Match]:
    if not path.is_file():
        raise OntologyError(f"{path}: no such file; restore it, for it holds the mappings")
    return [
        (_text(quad.subject), quad.predicate.value, _text(quad.object))
        for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    ]


def _text(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    return str(node) if isinstance(node, ox.Triple) else node.value


def _match(said: Mapping[str, list[str]]) -> Match:
    subject, predicate, value = ("".join(said[part][:1]) for part in _PARTS)
    return subject, predicate, value


def _faults(material: Material, said: Mapping[str, list[str]], direct: set[Match]) -> Iterator[str]:
    for predicate in _ONCE:
        if len(said[predicate]) != 1:
            yield f"it has {len(said[predicate]) or 'no'} {local_name(predicate)}; it needs one"
    subject, predicate, value = _match(said)
    known = material.ontology.values(ox.NamedNode(subject or HCC), _TYPE)
    if not known and subject not in material.elsewhere:
        yield f"its subject {name_of(subject)} is not a term of the ontology; correct the name"
    if predicate not in MATCHES:
        yield f"its predicate {name_of(predicate)} is not a mapping property of SKOS"
    code = "".join(said[_CODE]).replace(":", "_")
    if value.startswith(HCC) or not value.endswith(code):
        yield f"its object {name_of(value)} is not the code {code} of another vocabulary"
    if (subject, predicate, value) not in direct:
        yield "the triple that it describes is not there; state it besides"
