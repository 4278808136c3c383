"""The graph as rdflib sees it, behind the protocol of our stores: for the suite that all pass."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import rdflib
from oxrdflib import OxigraphStore as Shared
from oxrdflib._converter import from_ox, to_ox
from rdflib.query import Result

from kg.stores.faults import syntax_error
from kg.stores.files import graph_name, quads
from kg.stores.lexing import query_form
from kg.stores.oxigraph import OxigraphStore
from kg.stores.protocol import Answer, Store, Table


class RdflibStore(Store):
    """A dataset of rdflib over Oxigraph."""

    name = "rdflib"

    def __init__(self) -> None:
        self.dataset = rdflib.Dataset(Shared(store=OxigraphStore().dataset), default_union=True)

    def query(self, query: str) -> Answer:
        """Answer any query by rdflib."""
        query_form(query)
        try:
            found: Result = self.dataset.query(query)
        except SyntaxError as error:
            raise syntax_error(query, str(error)) from error
        if found.type == "ASK":
            return bool(found.askAnswer)
        if found.type in ("CONSTRUCT", "DESCRIBE"):
            assert found.graph is not None
            return list(dict.fromkeys(ox.Triple(*map(to_ox, triple)) for triple in found.graph))
        assert found.vars is not None
        rows = [tuple(None if cell is None else to_ox(cell) for cell in row) for row in found]
        return Table(tuple(map(str, found.vars)), rows)

    def load(self, path: Path, graph: str | None = None) -> None:
        """Add the triples of a file, by rdflib."""
        self.add(list(quads(path, graph)))

    def replace(self, path: Path, graph: str | None = None) -> None:
        """Load a file in place of what its graphs held."""
        found = list(quads(path, graph))
        names = {q.graph_name.value for q in found} | ({graph} if graph else set())
        for name in names:
            self.clear(name)
        self.add(found)

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, by rdflib."""
        self.dataset.addN(
            (from_ox(q.subject), from_ox(q.predicate), from_ox(q.object), self._graph(q))
            for q in list(quads)
        )

    def _graph(self, quad: ox.Quad) -> rdflib.Graph:
        return self.dataset.graph(from_ox(quad.graph_name))

    def clear(self, graph: str) -> None:
        """Remove a graph."""
        self.dataset.remove_graph(rdflib.URIRef(graph_name(graph).value))

    def graphs(self) -> list[str]:
        """Return the graphs that hold something."""
        there = (g.identifier for g in self.dataset.graphs() if len(g))
        return sorted(str(name) for name in there if str(name) != "urn:x-rdflib:default")

    def close(self) -> None:
        """Let go of the store."""
        self.dataset.close()
