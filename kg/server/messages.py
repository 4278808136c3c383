"""What the server and the worker process say to each other, one socket pair a query.

The server sends a frame (four bytes of length, then JSON). The query's process answers with a
frame (status, kind of result, place of a fault), then the body. When that process has ended, the
worker adds one byte: how it ended. An answer without that byte, or with another than DONE, is
thrown away, so that a body is whole or is not sent.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

DONE, TIMED_OUT, CRASHED, MADE_WAY = b"0", b"T", b"C", b"W"
ENDED = b"E"  # for lack of memory
LOST = b"L"  # failed in another way, or was never started
QUERY, MAKE_ROOM = b"q", b"r"  # on the control channel; a query comes with its socket
_LENGTH = struct.Struct("!II")
_FORMATS = {"bindings": "json", "boolean": "json", "graph": "nt"}


@dataclass(frozen=True)
class Job:
    """A query to evaluate, over which dataset, and the format of its answer by kind of result.

    `formats` are names of formats by kind of result: "bindings", "boolean", "graph".
    `added` are N-Quads that the store holds for this query alone: only its process sees them.
    """

    query: str
    union: bool  # the default graph is the union of all graphs
    formats: Mapping[str, str] = field(default_factory=lambda: dict(_FORMATS))
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    has_dataset: bool = False
    base: str | None = None  # what relative IRIs start from, where the query declares no BASE
    added: str = ""


@dataclass(frozen=True)
class Answer:
    """What a query came to: an HTTP status, a kind of result, and a body.

    Where the query is not valid, `place` is the line and the column of the fault, if known.
    """

    status: int
    kind: str
    body: bytes
    place: tuple[int, int] | None = None


def job_frame(job: Job) -> bytes:
    """Return a job as bytes."""
    text = json.dumps(asdict(job)).encode()
    return _LENGTH.pack(len(text), 0) + text


def read_job(connection: socket.socket) -> Job:
    """Read a job; the sender is our own server."""
    length, _ = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    fields: dict[str, Any] = json.loads(_exactly(connection, length))
    fields["default_graphs"] = tuple(fields["default_graphs"])
    fields["named_graphs"] = tuple(fields["named_graphs"])
    return Job(**fields)


def answer_frame(answer: Answer) -> bytes:
    """Return an answer as bytes."""
    head = json.dumps([answer.status, answer.kind, answer.place]).encode()
    return _LENGTH.pack(len(head), len(answer.body)) + head + answer.body


def read_answer(sent: bytes) -> tuple[Answer | None, bytes]:
    """Return the answer, where it is whole, and how its process ended."""
    how = sent[-1:]
    if how != DONE or len(sent) < _LENGTH.size:
        return None, how
    head, body = _LENGTH.unpack_from(sent)
    start = _LENGTH.size + head
    if len(sent) != start + body + 1:
        return None, b""
    status, kind, place = json.loads(sent[_LENGTH.size : start])
    return Answer(status, kind, sent[start:-1], tuple(place) if place else None), how


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(length - len(parts))
        if not part:
            raise EOFError("the server went away")
        parts += part
    return bytes(parts)
