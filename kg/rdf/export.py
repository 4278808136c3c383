"""Writing a graph to a file: Turtle, TriG, N-Quads, or JSON-LD with its context inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeAlias

import pyoxigraph as ox

from kg.errors import InputError
from kg.ontology import HCC, RDF, XSD
from kg.rdf import turtle
from kg.rdf.names import GRAPHS, PREFIXES
from kg.stores.oxigraph import OxigraphStore

_Json: TypeAlias = "str | int | bool | Mapping[str, _Json] | list[_Json]"
_CONTEXT = {"@vocab": HCC, **PREFIXES}
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}", re.ASCII)  # what a JSON number holds exactly


def _json_ld(quads: Iterator[ox.Quad]) -> Iterator[str]:
    """Yield JSON-LD graph by graph, and within it node by node, as they come."""
    yield '{"@context": ' + json.dumps(_CONTEXT, indent=1) + ',\n"@graph": ['
    for i, (graph, group) in enumerate(groupby(quads, lambda quad: quad.graph_name)):
        named = not isinstance(graph, ox.DefaultGraph)
        start = f'{{"@id": {json.dumps(_iri(graph))}, "@graph": [\n' if named else "\n"
        yield (",\n" if i else "\n") + start
        for j, node in enumerate(_nodes(group)):
            yield (",\n" if j else "") + json.dumps(node, ensure_ascii=False)
        yield "\n]}" if named else "\n"
    yield "\n]}\n"


FormatName: TypeAlias = Literal["turtle", "trig", "nquads", "jsonld"]


def export(store: OxigraphStore, form: FormatName, path: Path, graph: str | None = None) -> None:
    """Write a store, or one graph of it, to a file.

    Raises:
        InputError: there is no such graph, or Turtle was asked of all graphs.
    """
    there = store.graphs()
    if graph is None and form == "turtle":
        raise InputError(
            "Turtle holds one graph: name it with --graph, or write trig, nquads or jsonld. "
            f"The graphs are {_listed(there)}"
        )
    name = None if graph is None else graph_named(graph, there)
    every: list[ox.NamedNode | ox.DefaultGraph] = [*map(ox.NamedNode, there), ox.DefaultGraph()]
    nodes = [ox.NamedNode(name)] if name else every
    quads = (
        quad for node in nodes for quad in store.dataset.quads_for_pattern(None, None, None, node)
    )
    with path.open("wb") as file:
        if form == "jsonld":
            file.writelines(text.encode() for text in _json_ld(quads))
        elif form == "nquads":
            ox.serialize(quads, file, format=ox.RdfFormat.N_QUADS)
        elif form == "trig":
            turtle.write(quads, file, PREFIXES, ox.RdfFormat.TRIG)
        else:
            turtle.write((quad.triple for quad in quads), file, PREFIXES)


def graph_named(graph: str, there: Iterable[str]) -> str:
    """Return the IRI of a graph by its IRI, or by what follows `hcc:graph/` in it.

    Raises:
        InputError: there is none.
    """
    known = list(there)
    for iri in (graph, GRAPHS + graph):
        if iri in known:
            return iri
    raise InputError(f"there is no graph {graph!r}; the graphs are {_listed(known)}")


def _listed(graphs: Iterable[str]) -> str:
    return ", ".join(iri.removeprefix(GRAPHS) for iri in graphs) or "none"


def _nodes(quads: Iterable[ox.Quad]) -> Iterator[_Json]:
    for subject, group in groupby(quads, lambda quad: quad.subject):
        node: dict[str, list[_Json]] = {}
        for quad in group:
            if quad.predicate.value == RDF + "type":
                node.setdefault("@type", []).append(_key(quad.object))
            else:
                node.setdefault(_key(quad.predicate), []).append(_value(quad.object))
        yield {"@id": _iri(subject), **{k: v[0] if len(v) == 1 else v for k, v in node.items()}}


def _key(node: object) -> str:
    """Return a property or class: a term of ours by its local name, others with their prefix."""
    iri = _iri(node)
    local = iri.removeprefix("hcc:")
    return local if local != iri and _TERM.fullmatch(local) and local not in _CONTEXT else iri


def _iri(node: object) -> str:
    """Return a node by its prefix, where nothing in it could be read in another way."""
    if isinstance(node, ox.BlankNode):
        return f"_:{node.value}"
    iri = str(getattr(node, "value", node))
    for prefix, namespace in PREFIXES.items():
        rest = iri.removeprefix(namespace)
        if rest != iri and rest and not rest.startswith("//"):
            return f"{prefix}:{rest}"
    return iri


def _value(term: object) -> _Json:
    if not isinstance(term, ox.Literal):
        return {"@id": _iri(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    datatype = term.datatype.value
    if datatype == XSD + "string":
        return term.value
    if datatype == XSD + "boolean" and term.value in ("true", "false"):
        return term.value == "true"
    if datatype == XSD + "integer" and _WHOLE.fullmatch(term.value):
        return int(term.value)
    return {"@value": term.value, "@type": _iri(term.datatype)}
