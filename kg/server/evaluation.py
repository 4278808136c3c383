"""Evaluates one query to the bytes of its answer. Runs in the query's own, confined process."""

from __future__ import annotations

import io

import pyoxigraph as ox

from kg.errors import QueryError
from kg.server.messages import Answer, Job
from kg.stores.faults import syntax_error

_QUERY_FORMATS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPH_FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "n3": ox.RdfFormat.N3,
}


class TooLargeError(Exception):
    """The answer is larger than the limit."""


class _Bounded(io.BytesIO):
    """A buffer that refuses to grow past a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(data) > self._limit:
            raise TooLargeError
        return super().write(data)


def evaluate(store: ox.Store, job: Job, largest: int) -> Answer:
    """Answer a query, or say what is wrong with it; the body is whole when this returns."""
    try:
        return _answered(store, job, largest)
    except SyntaxError as error:
        return _fault(syntax_error(job.query, error.msg))
    except TooLargeError:
        message = f"the answer is larger than {largest:,} bytes; ask for less, or with a LIMIT"
        return _said(503, message)
    except MemoryError:
        return _said(503, "the query needs more memory than a query may have; ask for less")
    except OSError as error:  # nothing can be opened here: the query wanted to
        return _said(403, f"the query wants something from outside, which is refused: {error}")
    except (ValueError, RuntimeError) as error:
        return _said(400, f"the query cannot be evaluated: {error}")


def _answered(store: ox.Store, job: Job, largest: int) -> Answer:
    if job.added:
        store.extend(ox.parse(job.added, format=ox.RdfFormat.N_QUADS))
    if job.has_dataset:
        found = store.query(
            job.query,
            base_iri=job.base,
            default_graph=[ox.NamedNode(name) for name in job.default_graphs],
            named_graphs=[ox.NamedNode(name) for name in job.named_graphs],
        )
    else:
        found = store.query(job.query, base_iri=job.base, use_default_graph_as_union=job.union)
    body = _Bounded(largest)
    if isinstance(found, ox.QueryTriples):
        found.serialize(body, format=_GRAPH_FORMATS[job.formats["graph"]])
        return Answer(200, "graph", body.getvalue())
    kind = "boolean" if isinstance(found, ox.QueryBoolean) else "bindings"
    found.serialize(body, format=_QUERY_FORMATS[job.formats[kind]])
    return Answer(200, kind, body.getvalue())


def _fault(error: QueryError) -> Answer:
    place = None if error.line is None or error.column is None else (error.line, error.column)
    return Answer(400, "message", str(error).encode(), place)


def _said(status: int, message: str) -> Answer:
    return Answer(status, "message", message.encode())
