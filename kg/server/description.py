"""What the endpoint says of itself: what it can do, how much it holds (VoID), and its health."""

from __future__ import annotations

import asyncio
import json
import time

import pyoxigraph as ox

from kg.ontology import RDF
from kg.server.guard import QueryGuard
from kg.server.jobs import QueryJob
from kg.server.screening import RefusedError

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
_FORMATS = "http://www.w3.org/ns/formats/"
_FORMAT_NAMES = (
    "SPARQL_Results_JSON SPARQL_Results_XML SPARQL_Results_CSV SPARQL_Results_TSV "
    "Turtle N-Triples RDF_XML JSON-LD N-Quads TriG"
)
_INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
_COUNTS = {
    "triples": "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
    "distinctSubjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p ?o }",
    "distinctObjects": "SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE { ?s ?p ?o }",
    "properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) WHERE { ?s ?p ?o }",
    "classes": "SELECT (COUNT(DISTINCT ?c) AS ?n) WHERE { ?s a ?c }",
}
_GRAPHS = "graphs"
_PER_GRAPH = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_AGAIN = 60.0  # seconds until a count that a limit stopped is tried again


class Description:
    """Describes the endpoint; counts once, within the limits of any query."""

    def __init__(self, guard: QueryGuard, *, union: bool) -> None:
        self._guard = guard
        self._union = union
        self._missing = {**_COUNTS, _GRAPHS: _PER_GRAPH}
        self._found: dict[str, dict[str, int]] = {}  # counts by graph; "" is the default graph
        self._due = 0.0
        self._counting = asyncio.Lock()

    async def serialised(self, endpoint: str, format: ox.RdfFormat) -> bytes:
        """Return the description; a count that a limit stopped is left out for now."""
        async with self._counting:
            await self._count()
        prefixes = {"sd": SD, "void": VOID, "formats": _FORMATS}
        text = ox.serialize(self._triples(endpoint), format=format, prefixes=prefixes)
        return text or b""

    async def _count(self) -> None:
        """Count what is missing, and keep it; try a count that was stopped again later."""
        if not self._missing or time.monotonic() < self._due:
            return
        for name, query in list(self._missing.items()):
            rows = await self._rows(query)
            if rows is not None:
                self._found[name] = rows
                del self._missing[name]
        self._due = time.monotonic() + _AGAIN

    async def _rows(self, query: str) -> dict[str, int] | None:
        """Return the counts of a query, by graph."""
        try:
            answer = await self._guard.ask(QueryJob(query, self._union))
        except RefusedError:
            return None
        if answer.status != 200:
            return None
        rows = json.loads(answer.body)["results"]["bindings"]
        return {row.get("g", {}).get("value", ""): int(row["n"]["value"]) for row in rows}

    def _triples(self, endpoint: str) -> list[ox.Triple]:
        service, dataset, default = ox.NamedNode(endpoint), ox.BlankNode(), ox.BlankNode()
        found = [
            _triple(service, RDF + "type", ox.NamedNode(SD + "Service")),
            _triple(service, SD + "endpoint", service),
            _triple(service, SD + "supportedLanguage", ox.NamedNode(SD + "SPARQL11Query")),
            _triple(service, SD + "defaultDataset", dataset),
            _triple(dataset, RDF + "type", ox.NamedNode(SD + "Dataset")),
            _triple(dataset, SD + "defaultGraph", default),
            _triple(default, RDF + "type", ox.NamedNode(SD + "Graph")),
        ]
        if self._union:
            feature = ox.NamedNode(SD + "UnionDefaultGraph")
            found.append(_triple(service, SD + "feature", feature))
        for name in _FORMAT_NAMES.split():
            found.append(_triple(service, SD + "resultFormat", ox.NamedNode(_FORMATS + name)))
        for name in (name for name in _COUNTS if name in self._found):
            found.append(_triple(default, VOID + name, _number(self._found[name][""])))
        for name in sorted(self._guard.graphs):
            found += self._named_graph(dataset, name)
        return found

    def _named_graph(self, dataset: ox.BlankNode, name: str) -> list[ox.Triple]:
        entry, graph = ox.BlankNode(), ox.BlankNode()
        found = [
            _triple(dataset, SD + "namedGraph", entry),
            _triple(entry, RDF + "type", ox.NamedNode(SD + "NamedGraph")),
            _triple(entry, SD + "name", ox.NamedNode(name)),
            _triple(entry, SD + "graph", graph),
            _triple(graph, RDF + "type", ox.NamedNode(SD + "Graph")),
        ]
        counts = self._found.get(_GRAPHS, {})
        if name in counts:
            found.append(_triple(graph, VOID + "triples", _number(counts[name])))
        return found


def _triple(
    subject: ox.NamedNode | ox.BlankNode,
    predicate: str,
    value: ox.NamedNode | ox.BlankNode | ox.Literal,
) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)


def _number(count: int) -> ox.Literal:
    return ox.Literal(str(count), datatype=_INTEGER)


_AGE = 1.0  # seconds for which the result of a trial is told
_PATIENCE = 5.0  # seconds that a trial may take
_TRIAL = "ASK {}"


class HealthCheck:
    """Tries a query past the queue, once a second at most, however many want to know.

    So the answer costs those who ask queries nothing, and does not fail because they are many.
    """

    def __init__(self, guard: QueryGuard) -> None:
        self._guard = guard
        self._trying = asyncio.Lock()
        self._tried = float("-inf")
        self._well = False

    async def passed(self) -> bool:
        """Return whether a query is answered."""
        async with self._trying:
            if time.monotonic() - self._tried > _AGE:
                self._well = await self._try()
                self._tried = time.monotonic()
            return self._well

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._guard.ask_at_once(QueryJob(_TRIAL, union=True))
        except (RefusedError, TimeoutError):
            return False
        return answer.status == 200
