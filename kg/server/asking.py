"""Asks queries that people type, so that none can harm the program that asks.

1. What is refused by its text (federation, foreign graphs, updates, deep nesting) gets no further.
2. A worker process holds the dataset in memory and forks for each query a child, which is
   confined and is ended at a limit (`kg.server.guard`). Nothing is parsed in this process.
3. Quads that are added to a query are held by its child alone, and are gone with it.

One thread of this process talks to the worker, for any number of threads that ask.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable

import pyoxigraph as ox

from kg.errors import ComponentError, QueryError
from kg.rdf.memory import PatientGraph
from kg.server.screening import RefusedError
from kg.stores import Answer
from kg.stores.formats import read_json
from kg.stores.lexing import query_form

SECONDS = 10.0
CANNOT_FORK = (
    "This system cannot isolate a query (it has no fork), so only saved questions are answered "
    "here. Use Linux, macOS or WSL for queries of your own."
)
_MB = 1024 * 1024


def can_fork() -> bool:
    """Tell whether queries can be kept apart on this system."""
    return hasattr(os, "fork")


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _end(close: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
    close()
    loop.call_soon_threadsafe(loop.stop)


class Asker:
    """A dataset in memory, given as N-Quads, that any thread may ask; `graphs` are its graphs.

    Raises:
        ComponentError: its process cannot be started.
    """

    def __init__(self, quads: bytes, seconds: float = SECONDS) -> None:
        if not can_fork():
            raise ComponentError(CANNOT_FORK)
        # Only where there is fork: these modules need what Windows has not got.
        from kg.server.guard import QueryGuard  # noqa: PLC0415
        from kg.server.jobs import Limits  # noqa: PLC0415

        limits = Limits(seconds=seconds, result=16 * _MB, running=4, waiting=32)
        self._guard = QueryGuard(quads, limits)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=_run, args=(self._loop,), daemon=True, name="asker").start()
        self._end = weakref.finalize(self, _end, self._guard.close, self._loop)

    @property
    def graphs(self) -> tuple[str, ...]:
        """The names of the graphs that are held."""
        return tuple(sorted(self._guard.worker.graphs))

    def ask(self, query: str, added: PatientGraph | None = None) -> Answer:
        """Answer a query about all that is held, or about the graphs of `added` alone.

        Raises:
            QueryError: it is not valid, is refused, or met a limit; with the place, if known.
        """
        from kg.server.jobs import QueryJob  # noqa: PLC0415

        try:
            length, most = len(query.encode()), self._guard.limits.request
            if length > most:
                raise QueryError(f"the query is longer than {most:,} bytes; make it shorter")
            query_form(query)
            quads, graphs = (added.quads, added.graphs) if added else ("", None)
            job = QueryJob(query, union=True, added=quads, graphs=graphs)
            found = asyncio.run_coroutine_threadsafe(self._guard.ask(job), self._loop).result()
        except RefusedError as error:
            raise QueryError(error.message) from error
        except UnicodeEncodeError as error:
            raise QueryError("the query is not valid Unicode; type it anew") from error
        if found.status != 200:
            text = found.body.decode("utf-8", "replace")
            raise QueryError(text, *(found.place or (None, None)))
        if found.kind == "graph":
            triples = ox.parse(found.body, format=ox.RdfFormat.N_TRIPLES)
            return list(dict.fromkeys(quad.triple for quad in triples))
        return read_json(found.body)

    def close(self) -> None:
        """End the worker and the queries that it runs, as happens when nobody holds this object."""
        self._end()
