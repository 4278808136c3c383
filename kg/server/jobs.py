"""A query as the process that answers it has it: asked in one frame, answered in another.

A frame is its lengths, then JSON, then the body of an answer. Screening, parsing and evaluation
all happen in the query's own, confined process; the server only passes bytes on.
"""

from __future__ import annotations

import io
import json
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import pyoxigraph as ox

from kg.errors import QueryError
from kg.server.screening import RefusedError, screen
from kg.stores.faults import syntax_error
from kg.stores.formats import write_csv

LENGTHS = struct.Struct("!II")
_Form = TypeVar("_Form", ox.RdfFormat, ox.QueryResultsFormat)
_FORMATS = {"bindings": "json", "boolean": "json", "graph": "nt"}


@dataclass(frozen=True)
class QueryJob:
    """A query to evaluate, over which dataset, and the format of its answer by kind of result.

    `formats` are names of formats by kind of result: "bindings", "boolean", "graph"; a kind that
    is not there is refused with `unfit`. `added` are N-Quads that the store holds for this query
    alone: only its process sees them, and `graphs` are then the only ones.
    """

    query: str
    union: bool  # the default graph is the union of all graphs
    formats: Mapping[str, str] = field(default_factory=lambda: dict(_FORMATS))
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base: str | None = None  # what relative IRIs start from, where the query declares no BASE
    added: str = ""
    graphs: tuple[str, ...] | None = None
    unfit: str = ""
    seconds: float | None = None  # that it may take, where that is not the limit of any query


@dataclass(frozen=True)
class JobAnswer:
    """What a query came to: an HTTP status, a kind of result, and a body.

    Where the query is not valid, `place` is the line and the column of the fault, if known.
    """

    status: int
    kind: str
    body: bytes
    place: tuple[int, int] | None = None


def job_frame(job: QueryJob) -> bytes:
    """Return a job as bytes."""
    text = json.dumps(asdict(job)).encode()
    return LENGTHS.pack(len(text), 0) + text


def read_job(receive: Callable[[int], bytes]) -> QueryJob | None:
    """Read a job, or None where there is none any more; the sender is our own server."""
    lengths = receive(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    length, _ = LENGTHS.unpack(lengths)
    fields: dict[str, Any] = json.loads(receive(length))
    for name in ("default_graphs", "named_graphs", "graphs"):
        fields[name] = None if fields[name] is None else tuple(fields[name])
    return QueryJob(**fields)


def answer_frame(answer: JobAnswer, last: bool) -> bytes:
    """Return an answer as bytes, with whether its process takes no more, and what it has used."""
    used = time.process_time()
    head = json.dumps([answer.status, answer.kind, answer.place, last, used]).encode()
    return LENGTHS.pack(len(head), len(answer.body)) + head + answer.body


def read_answer(sent: bytes | bytearray) -> tuple[JobAnswer, bool, float] | None:
    """Return the answer, whether it is the last, and what is used; None while it is not whole."""
    if len(sent) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack_from(sent)
    start = LENGTHS.size + head
    if len(sent) < start + body:
        return None
    status, kind, place, last, used = json.loads(sent[LENGTHS.size : start])
    answer = JobAnswer(
        status, kind, bytes(sent[start : start + body]), tuple(place) if place else None
    )
    return answer, last, used


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


def evaluate(store: ox.Store, graphs: frozenset[str], job: QueryJob, largest: int) -> JobAnswer:
    """Answer a query, or say what is wrong with it; the body is whole when this returns."""
    try:
        return _answered(store, graphs, job, largest)
    except RefusedError as error:
        return _said(error.status, error.message)
    except SyntaxError as error:
        return _fault(syntax_error(job.query, error.msg))
    except TooLargeError:
        message = f"the answer is larger than {largest:,} bytes; ask for less, or with a LIMIT"
        return _said(503, message)
    except (MemoryError, OSError, ValueError, RuntimeError) as error:
        return _said(*_failure(error))


def _answered(store: ox.Store, graphs: frozenset[str], job: QueryJob, largest: int) -> JobAnswer:
    own = job.graphs or ()
    named = screen(job.query, graphs if job.graphs is None else own).has_dataset
    if job.added:
        store.extend(ox.parse(job.added, format=ox.RdfFormat.N_QUADS))
    default, others = job.default_graphs, job.named_graphs
    if not (named or default or others):
        default = others = own
    if default or others:
        found = store.query(
            job.query,
            base_iri=job.base,
            default_graph=[ox.NamedNode(name) for name in default],
            named_graphs=[ox.NamedNode(name) for name in others],
        )
    else:
        union = job.union and not named
        found = store.query(job.query, base_iri=job.base, use_default_graph_as_union=union)
    body = _Bounded(largest)
    kind = _write(found, job, body)
    return JobAnswer(200, kind, body.getvalue())


def _write(
    found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, job: QueryJob, body: _Bounded
) -> str:
    """Write a result in the format for its kind; return the kind."""
    if isinstance(found, ox.QueryTriples):
        found.serialize(body, format=_known(ox.RdfFormat.from_extension(_format(job, "graph"))))
        return "graph"
    if isinstance(found, ox.QuerySolutions) and _format(job, "bindings") == "csv":
        write_csv(body, [variable.value for variable in found.variables], found)
        return "bindings"
    kind = "boolean" if isinstance(found, ox.QueryBoolean) else "bindings"
    found.serialize(body, format=_known(ox.QueryResultsFormat.from_extension(_format(job, kind))))
    return kind


def _known(found: _Form | None) -> _Form:
    if found is None:
        raise LookupError("the server asks for a format that there is not")
    return found


def _format(job: QueryJob, kind: str) -> str:
    if kind not in job.formats:
        raise RefusedError(406, job.unfit)
    return job.formats[kind]


def _failure(error: Exception) -> tuple[int, str]:
    if isinstance(error, MemoryError):
        return 503, "the query needs more memory than a query may have; ask for less"
    if isinstance(error, OSError):  # nothing can be opened here: the query wanted to
        return 403, f"the query wants something from outside, which is refused: {error}"
    return 400, f"the query cannot be evaluated: {error}"


def _fault(error: QueryError) -> JobAnswer:
    place = None if error.line is None or error.column is None else (error.line, error.column)
    return JobAnswer(400, "message", str(error).encode(), place)


def _said(status: int, message: str) -> JobAnswer:
    return JobAnswer(status, "message", message.encode())
