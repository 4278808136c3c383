"""A SPARQL 1.1 endpoint as a store: queries by the Protocol, graphs by the Graph Store Protocol.

An upload goes graph by graph in chunks of N-Triples. Triples with blank nodes are kept back and
sent as one request a graph, as a blank node means something within its request only.

SPARQLWrapper makes the queries, over our own connection (`kg.stores.http`): its own follows
redirects with the credentials, makes digest log-in a setting of the whole process, counts timeouts
in whole seconds and reads answers of any size.
"""

from __future__ import annotations

import urllib.parse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import TypeAlias
from urllib.response import addinfourl

import pyoxigraph as ox
from SPARQLWrapper import JSON, POST, SELECT, TURTLE, SPARQLWrapper

from kg.errors import ComponentError, HccKgError, InputError, QueryError
from kg.stores.faults import first_fault
from kg.stores.files import graph_name, quads
from kg.stores.formats import read_json
from kg.stores.http import Client, Credentials, Reply
from kg.stores.lexing import Form, position, query_form
from kg.stores.protocol import Answer, Store, Table


class Wrapper(SPARQLWrapper):
    """A SPARQLWrapper for an endpoint, with its log-in and time limit.

    Its methods raise our errors: see `kg.stores.http.Client.send`.
    """

    def __init__(self, endpoint: str, client: Client) -> None:
        super().__init__(endpoint, returnFormat=JSON, agent="hcc-kg")
        self._client = client
        self.setMethod(POST)
        self.setOnlyConneg(True)

    def resetQuery(self) -> None:  # noqa: N802 - the name is that of SPARQLWrapper
        """Forget the query, and ask by POST again: a query may be longer than an address."""
        super().resetQuery()
        self.setMethod(POST)

    def _query(self) -> tuple[addinfourl, str]:  # type: ignore[override]
        request = self._createRequest()
        url, body = request.full_url, request.data
        content = body if isinstance(body, bytes) else None
        headers = dict(request.header_items())
        reply = self._client.send(request.get_method(), url, content=content, headers=headers)
        told = Message()
        told["Content-Type"] = reply.media_type
        return addinfourl(BytesIO(reply.body), told, url), self.returnFormat


_CHUNK = 50_000  # triples a request
_ROWS = ("application/sparql-results+json", "application/json")
_UPLOAD = {"Content-Type": "application/n-triples"}
_TRIPLES = "application/n-triples, text/turtle;q=0.8"
_Graph: TypeAlias = ox.NamedNode | ox.DefaultGraph
_Batch: TypeAlias = tuple[_Graph, list[ox.Triple]]


class RemoteStore(Store):
    """A store behind the address of a SPARQL endpoint.

    `graph_store` is the address of its Graph Store Protocol, where it has one: the endpoint
    itself unless another is given.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        access: Credentials | None = None,
        timeout: float = 60.0,
        graph_store: str | None = None,
    ) -> None:
        for address in (endpoint, graph_store or endpoint):
            _check_address(address)
        self.name = endpoint
        self.graph_store = graph_store or endpoint
        self._client = Client(endpoint, access or Credentials(), timeout, whole=timeout)
        self._uploads = Client(self.graph_store, access or Credentials(), timeout)

    def query(self, query: str) -> Answer:
        """Answer any query, by its form."""
        form = query_form(query)
        if form is None and first_fault(query) is None:
            raise QueryError("the query ends before it asks: SELECT, ASK, CONSTRUCT or DESCRIBE")
        try:
            return self._read(self._asked(query, form), form)
        except UnicodeEncodeError as error:
            raise QueryError("the query is not valid Unicode; save it as UTF-8") from error
        except QueryError as error:
            raise _placed(error, query) from error

    def _asked(self, query: str, form: Form | None) -> Reply:
        wrapper = self.sparql()
        wrapper.queryString, wrapper.queryType = query, form or SELECT
        if form in ("CONSTRUCT", "DESCRIBE"):
            wrapper.setReturnFormat(TURTLE)  # which it takes for triples; JSON makes it warn
            wrapper.addCustomHttpHeader("Accept", _TRIPLES)
        with wrapper.query().response as answered:
            return Reply(answered.headers["Content-Type"], answered.read())

    def sparql(self) -> Wrapper:
        """Return a SPARQLWrapper for this endpoint."""
        return Wrapper(self.name, self._client)

    def load(self, path: Path, graph: str | None = None) -> None:
        """Add the triples of a file to `graph`, or its quads to the graphs they name."""
        self.add(quads(path, graph))

    def replace(self, path: Path, graph: str | None = None) -> None:
        """Load a file in place of what the graphs that it fills held before.

        The file is read through once before anything is sent.
        """
        filled: set[_Graph] = {_name(quad) for quad in quads(path, graph)}
        fresh = filled | ({graph_name(graph)} if graph else set())
        begun: list[_Graph] = []
        for name, triples in _batches(quads(path, graph)):
            try:
                self._upload("PUT" if name in fresh else "POST", name, triples)
            except HccKgError as error:
                raise _incomplete(error, path, begun) from error
            begun += [name] if name in fresh else []
            fresh.discard(name)
        if graph and graph_name(graph) in fresh:  # the file holds nothing
            self.clear(graph)

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, in bulk."""
        for name, triples in _batches(quads):
            self._upload("POST", name, triples)

    def clear(self, graph: str) -> None:
        """Remove a graph; one that is not there is no error."""
        name = graph_name(graph)
        if self.ask(f"ASK {{ GRAPH {name} {{ ?s ?p ?o }} }}"):
            self._uploads.send("DELETE", self._address(name))

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs that hold something, sorted."""
        # Virtuoso groups in milliseconds, and takes seconds for DISTINCT.
        grouped = "SELECT ?graph WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
        found = self.select(grouped)
        return sorted(name.value for (name,) in found.rows if isinstance(name, ox.NamedNode))

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _upload(self, method: str, graph: _Graph, triples: list[ox.Triple]) -> None:
        address = self._address(graph)
        body = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
        self._uploads.knock(address, _UPLOAD)
        repeatable = not any(map(_has_blank, triples))
        self._uploads.send(method, address, content=body, headers=_UPLOAD, repeatable=repeatable)

    def _address(self, graph: _Graph) -> str:
        which = "default"
        if isinstance(graph, ox.NamedNode):
            which = urllib.parse.urlencode({"graph": graph.value})
        return self.graph_store + ("&" if "?" in self.graph_store else "?") + which

    def _read(self, reply: Reply, form: Form | None) -> Answer:
        try:
            if reply.media_type in _ROWS:
                answer = read_json(reply.body)
                return bool(answer.rows) if form == "ASK" and isinstance(answer, Table) else answer
            format_ = ox.RdfFormat.from_media_type(reply.media_type)
            if format_ is not None and reply.media_type not in ("text/html", "text/plain"):
                found = ox.parse(reply.body, format=format_, rename_blank_nodes=True)
                return list(dict.fromkeys(quad.triple for quad in found))
        except (ValueError, SyntaxError) as error:
            raise ComponentError(f"{self.name}: its answer cannot be read: {error}") from error
        raise ComponentError(
            f"{self.name} answered with {reply.media_type}, which is not a result of SPARQL; "
            "is it the address of a SPARQL endpoint?"
        )


def _placed(error: QueryError, query: str) -> QueryError:
    """Return the server's error with line and column, where Oxigraph's parser finds the fault."""
    fault = first_fault(query)
    if fault is None:
        return error
    line, column = position(query, fault.start)
    where = f"line {line}, column {column}, at {fault.text[:40]!r}"
    return QueryError(f"{where}: {error}", line, column)


def _incomplete(error: HccKgError, path: Path, begun: list[_Graph]) -> HccKgError:
    """Return the error with the graphs that were replaced in part when it came."""
    if not begun:
        return error
    names = ", ".join(map(str, begun))
    return type(error)(
        f"{error}; what is there now of {names} may be incomplete: load {path} again"
    )


def _batches(quads: Iterable[ox.Quad]) -> Iterator[_Batch]:
    """Yield triples by graph, in chunks; those with blank nodes last, together."""
    plain: dict[_Graph, list[ox.Triple]] = defaultdict(list)
    blank: dict[_Graph, list[ox.Triple]] = defaultdict(list)
    for quad in quads:
        name, triple = _name(quad), quad.triple
        if _has_blank(triple):
            blank[name].append(triple)
            continue
        plain[name].append(triple)
        if len(plain[name]) == _CHUNK:
            yield name, plain.pop(name)
    for name in {**plain, **blank}:
        rest = plain.get(name, []) + blank.get(name, [])
        if rest:
            yield name, rest


def _has_blank(triple: ox.Triple) -> bool:
    return isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode)


def _name(quad: ox.Quad) -> _Graph:
    if isinstance(quad.graph_name, ox.BlankNode):
        raise InputError("a graph is named by a blank node; a graph on a server needs an IRI")
    return quad.graph_name


def _check_address(address: str) -> None:
    parts = urllib.parse.urlsplit(address)
    if parts.username or parts.password:
        raise InputError(
            "an address should hold no user or password; set HCC_KG_USER and HCC_KG_PASSWORD"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{address} is not an http address of an endpoint")
