"""What the endpoint says of itself: what it can do, how much it holds (VoID), and its health."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress

import pyoxigraph as ox

from kg.server.guard import QueryGuard
from kg.server.jobs import QueryJob
from kg.server.screening import RefusedError

_PREFIXES = {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
    "formats": "http://www.w3.org/ns/formats/",
}
_FORMAT_NAMES = (
    "SPARQL_Results_JSON SPARQL_Results_XML SPARQL_Results_CSV SPARQL_Results_TSV "
    "Turtle N-Triples RDF_XML JSON-LD N-Quads TriG"
)
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
_AGE = 1.0  # seconds for which the result of a trial is told
_PATIENCE = 5.0  # seconds that a trial may take


class Description:
    """Describes the endpoint; counts once, within the limits of any query."""

    def __init__(self, guard: QueryGuard, *, union: bool) -> None:
        self._guard = guard
        self._union = union
        self._missing = {**_COUNTS, _GRAPHS: _PER_GRAPH}
        self._found: dict[str, dict[str, int]] = {}  # counts by graph; "" is the default graph
        self._due = 0.0
        self._counting = asyncio.Lock()

    async def serialised(self, endpoint: str, media: str) -> bytes:
        """Return the description; a count that a limit stopped is left out for now."""
        async with self._counting:
            await self._count()
        found = ox.parse(self._turtle(endpoint), format=ox.RdfFormat.TURTLE)
        triples = (quad.triple for quad in found)
        format_ = ox.RdfFormat.from_media_type(media) or ox.RdfFormat.TURTLE
        return ox.serialize(triples, format=format_, prefixes=_PREFIXES) or b""

    async def _count(self) -> None:
        """Count what is missing, and keep it; try a count that was stopped again later."""
        if not self._missing or time.monotonic() < self._due:
            return
        for name, query in list(self._missing.items()):
            with suppress(RefusedError):
                answer = await self._guard.ask(QueryJob(query, self._union))
                if answer.status == 200:
                    rows = json.loads(answer.body)["results"]["bindings"]
                    counts = {r.get("g", {}).get("value", ""): int(r["n"]["value"]) for r in rows}
                    self._found[name] = counts
                    del self._missing[name]
        self._due = time.monotonic() + _AGAIN

    def _turtle(self, endpoint: str) -> str:
        """Return the description as Turtle."""
        service, held = str(ox.NamedNode(endpoint)), self._found.get(_GRAPHS, {})
        counts = {name: self._found[name][""] for name in _COUNTS if name in self._found}
        said = [f"a sd:Service ; sd:endpoint {service} ; sd:supportedLanguage sd:SPARQL11Query"]
        said += ["sd:feature sd:UnionDefaultGraph"] if self._union else []
        said += [f"sd:resultFormat formats:{name}" for name in _FORMAT_NAMES.split()]
        dataset = [f"sd:defaultGraph {_graph(counts)}"]
        for name in sorted(self._guard.worker.graphs):
            graph = _graph({"triples": held[name]} if name in held else {})
            named = f"a sd:NamedGraph ; sd:name {ox.NamedNode(name)} ; sd:graph {graph}"
            dataset.append(f"sd:namedGraph [ {named} ]")
        said.append(f"sd:defaultDataset [ {' ; '.join(dataset)} ]")
        prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in _PREFIXES.items())
        return f"{prefixes}{service} {' ; '.join(said)} ."


def _graph(counts: Mapping[str, int]) -> str:
    return f"[ {' ; '.join(['a sd:Graph', *(f'void:{n} {c}' for n, c in counts.items())])} ]"


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
                self._well = False
                with suppress(RefusedError, TimeoutError):
                    async with asyncio.timeout(_PATIENCE):
                        answer = await self._guard.ask_at_once(QueryJob("ASK {}", union=True))
                    self._well = answer.status == 200
                self._tried = time.monotonic()
            return self._well
