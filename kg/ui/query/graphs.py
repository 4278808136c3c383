"""Answers to queries as a graph: rows become edges between what two of their columns hold."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from kg.explanation.drawing import Branch
from kg.guideline import Guideline
from kg.ontology import LABEL, NOTATION
from kg.rdf.names import PREFIXES
from kg.reference.trees import GraphEdge, GraphNode
from kg.stores import Table, Term
from kg.stores.formats import shown

MOST_NODES = 40
LEGEND = (
    ("term with a label", "blue"),
    ("other term", "green"),
    ("text or number", "gray"),
)
_LONGEST = 40


@dataclass(frozen=True)
class AnswerGraph:
    """Nodes and edges; `said` are the edges in words, `left_out` counts rows beyond the limit."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    said: list[str]
    left_out: int


def graph_of(guideline: Guideline, table: Table, source: str, target: str) -> AnswerGraph:
    """Return rows as edges from column `source` to column `target`.

    A column `predicate` names the edges. Terms are nodes, each once; texts and numbers are nodes
    of their own at each edge, as equal ones need have nothing in common.
    """
    places = {name: i for i, name in enumerate(table.variables)}
    nodes: dict[str, GraphNode] = {}
    edges: dict[GraphEdge, str] = {}
    left_out = 0
    for row in table.rows:
        start, end = row[places[source]], row[places[target]]
        if start is None or end is None:
            continue
        name = shown(row[places["predicate"]], PREFIXES) if "predicate" in places else ""
        first, second = _node(guideline, start, name, ""), _node(guideline, end, name, str(start))
        fresh = {first.id, second.id} - nodes.keys()
        if len(nodes) + len(fresh) > MOST_NODES:
            left_out += 1
            continue
        nodes |= {first.id: first, second.id: second}
        said = f"{first.full} — {name or target} → {second.full}"
        edges.setdefault(GraphEdge(first.id, second.id, label=name), said)
    return AnswerGraph(list(nodes.values()), list(edges), list(edges.values()), left_out)


def forest(graph: AnswerGraph) -> list[Branch]:
    """Return a graph as trees for paper, where no two lines cross.

    A tree begins at each node to which no edge leads, and then at what is in circles. What is
    below a node is drawn once; where the node comes again, it is dashed.
    """
    nodes = {node.id: node for node in graph.nodes}
    below: dict[str, list[GraphEdge]] = {name: [] for name in nodes}
    for edge in graph.edges:
        below[edge.source].append(edge)
    drawn: set[str] = set()

    def branch(name: str, beside: str = "") -> Branch:
        node, again = nodes[name], name in drawn and bool(below[name])
        drawn.add(name)
        parts = () if again else tuple(branch(e.target, e.label) for e in below[name])
        return Branch(node.full, node.kind, beside, parts, dashed=again)

    starts = nodes.keys() - {edge.target for edge in graph.edges}
    order = sorted(nodes, key=lambda name: name not in starts)
    return [branch(name) for name in order if name not in drawn]


def _node(guideline: Guideline, term: Term, edge: str, start: str) -> GraphNode:
    full = shown(term, PREFIXES)
    if isinstance(term, ox.NamedNode | ox.BlankNode):
        ontology = guideline.ontology
        word = ontology.text(term, LABEL) or ontology.text(term, NOTATION)
        kind = "blue" if word else "green"
        return GraphNode(
            str(term), _short(word or full), kind, f"{word} ({full})" if word else full
        )
    return GraphNode(f"{start} {edge} {term}", _short(full), "gray", full)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
