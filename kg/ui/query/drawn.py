"""What can be drawn of an answer: its columns with labels, rows as bars, rows as a graph.

Rows become edges between what two of their columns hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import polars as pl
import pyoxigraph as ox

from kg.explanation.drawing import Branch
from kg.explanation.explanations import VERDICT_COLOURS
from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.ontology import LABEL, NOTATION
from kg.rdf.names import PREFIXES
from kg.reference.trees import GraphEdge, GraphNode
from kg.stores import Table, Term
from kg.stores.formats import shown
from kg.ui.words import short

MOST_NODES = 40
LEGEND = (
    ("term with a label", "blue"),
    ("other term", "green"),
    ("text or number", "gray"),
)
_LONGEST = 40  # characters of a label
MOST_BARS = 40
_OF_LABELS = ("label", "(label)")  # ends of names of columns
_NTH = "(row of the label)"
_MOST_COLOURS = 8
_ONE, _MANY = 20, 10  # pixels of a bar: of one a label, and of several
_OKABE_ITO = {  # without black and white, for either theme
    False: ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"),
    True: ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442", "#999999"),
}


def telling(frame: pl.DataFrame, columns: Sequence[str]) -> str:
    """Return the column that tells rows apart best; of several one of labels, or the first."""
    return max(
        columns,
        key=lambda name: (frame[name].n_unique(), name.endswith(_OF_LABELS), -columns.index(name)),
    )


def parting(frame: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the columns that can part bars by colours: those with a few values."""
    texts = [name for name in columns if not frame[name].dtype.is_numeric()]
    return [name for name in texts if 1 < frame[name].n_unique() <= _MOST_COLOURS]


def first_bars(frame: pl.DataFrame, label: str) -> tuple[pl.DataFrame, int]:
    """Return the rows of as many labels as a chart can show, and how many labels are left out."""
    counts = frame.group_by(label, maintain_order=True).len("n")
    fit = int((counts["n"].cum_sum() <= 2 * MOST_BARS).sum())
    kept = counts[label].head(max(1, min(MOST_BARS, fit)))
    rows = frame.filter(frame[label].is_in(kept.implode(), nulls_equal=True))
    return rows, len(counts) - len(kept)


def bars(frame: pl.DataFrame, label: str, number: str, colour: str | None, dark: bool) -> alt.Chart:
    """Return a bar for each row, in the order of the rows, coloured by a column if one is named.

    Rows with the same label stand below each other and are never added up: a patient may be
    counted in several of them.
    """
    columns = dict.fromkeys([label, number, *([colour] if colour else [])])
    rows = frame.select(
        pl.col(name) if name == number else pl.col(name).cast(pl.String) for name in columns
    ).with_columns(pl.int_range(pl.len()).over(label).alias(_NTH))
    palette = _OKABE_ITO[dark]
    many = rows[label].n_unique() < len(rows)
    whole = alt.Axis(tickMinStep=1) if frame[number].dtype.is_integer() else alt.Axis()
    encoding = {
        "x": alt.X(number, type="quantitative", title=number, stack=None, axis=whole),
        "y": alt.Y(label, type="nominal", sort=None, title=label, axis=alt.Axis(labelLimit=200)),
        "yOffset": alt.YOffset(_NTH, type="ordinal"),
        "tooltip": [alt.Tooltip(name) for name in columns],
    }
    if colour is not None:
        values = rows[colour].drop_nulls().unique(maintain_order=True).to_list()
        own = [VERDICT_COLOURS[value] for value in values if value in VERDICT_COLOURS]
        colours = own if len(own) == len(values) else list(palette[: len(values)])
        scale = alt.Scale(domain=values, range=colours)  # verdicts have theirs on every page
        legend = alt.Legend(orient="top", columns=1, title=None)
        encoding["color"] = alt.Color(colour, type="nominal", scale=scale, legend=legend)
    chart: alt.Chart = alt.Chart(rows).mark_bar(color=palette[0]).encode(**encoding)
    return chart.properties(height=alt.Step(_MANY if many else _ONE, **{"for": "offset"}))


def numbers(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can draw."""
    return [name for name in frame.columns if frame[name].dtype.is_numeric()]


def labels(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can take its labels from, texts first."""
    drawn = numbers(frame)
    return [name for name in frame.columns if name not in drawn] + drawn


def labelled(guideline: Guideline, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return an answer with a column of labels beside each column of what has labels.

    That is a column of IRIs with labels in the ontology, or one of identifiers that are all of
    the guideline; where the answer has the labels already, none are added.
    """
    known, columns = _known(guideline), list[pl.Series]()
    there = {tuple(column.to_list()) for column in frame}
    for place, column in enumerate(frame):
        columns.append(column)
        terms = [row[place] for row in table.rows]
        told = {term: _label(guideline, known, term) for term in set(terms) if term is not None}
        is_whole = all(told.values()) or all(isinstance(t, ox.NamedNode) for t in told)
        found = tuple(told.get(term) for term in terms)  # type: ignore[arg-type]
        if any(found) and is_whole and found not in there:
            columns.append(pl.Series(f"{column.name} (label)", found, pl.String))
    return pl.DataFrame(columns)


@lru_cache(maxsize=4)
def _known(guideline: Guideline) -> Mapping[str, str]:
    """Return the labels of the identifiers of the guideline."""
    parts = (guideline.variables, guideline.criteria, every_therapy(guideline))
    found = {name: one.label for part in parts for name, one in part.items()}
    verdicts = {name: label for name, (label, _) in guideline.verdicts.items()}
    return {**guideline.kinds, **found, **verdicts}


def _label(guideline: Guideline, known: Mapping[str, str], term: object) -> str | None:
    if isinstance(term, ox.NamedNode):
        return guideline.ontology.text(term, LABEL)
    return known.get(term.value) if isinstance(term, ox.Literal) else None


def iris(table: Table) -> list[str]:
    """Return the columns that hold an IRI or a blank node: those that can be nodes."""
    return [
        name
        for i, name in enumerate(table.variables)
        if any(isinstance(row[i], ox.NamedNode | ox.BlankNode) for row in table.rows)
    ]


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
    if not isinstance(term, ox.NamedNode | ox.BlankNode):
        return GraphNode(f"{start} {edge} {term}", short(full, _LONGEST), "gray", full)
    word = guideline.ontology.text(term, LABEL) or guideline.ontology.text(term, NOTATION)
    if not word:
        return GraphNode(str(term), short(full, _LONGEST), "green", full)
    return GraphNode(str(term), short(word, _LONGEST), "blue", f"{word} ({full})")
