"""What a store can do, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import pyoxigraph as ox

from kg.errors import QueryError

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True)
class Table:
    """The rows of a SELECT; a variable without a value is None."""

    variables: tuple[str, ...]
    rows: list[tuple[Term | None, ...]]


Answer: TypeAlias = Table | bool | list[ox.Triple]


class Store(Protocol):
    """A dataset of named graphs that answers SPARQL over their union.

    Raises (each method that asks or changes something):
        QueryError: the query is not valid.
        InputError: a file is not readable or not valid, or the store may not be changed.
        ComponentError: the store cannot answer.
    """

    name: str

    def select(self, query: str) -> Table:
        """Answer a SELECT."""
        answer = self.query(query)
        if not isinstance(answer, Table):
            raise QueryError("this is not a SELECT; a SELECT is wanted here")
        return answer

    def ask(self, query: str) -> bool:
        """Answer an ASK."""
        answer = self.query(query)
        if not isinstance(answer, bool):
            raise QueryError("this is not an ASK; an ASK is wanted here")
        return answer

    def query(self, query: str) -> Answer:
        """Answer any query, by its form."""
        ...

    def load(self, path: Path, graph: str | None = None) -> None:
        """Add the triples of a file to `graph`, or its quads to the graphs they name."""
        ...

    def replace(self, path: Path, graph: str | None = None) -> None:
        """Load a file in place of what the graphs that it fills held before."""
        ...

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, in bulk."""
        ...

    def clear(self, graph: str) -> None:
        """Remove a graph; one that is not there is no error."""
        ...

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs that hold something, sorted."""
        ...

    def close(self) -> None:
        """Let go of files and locks; the store answers nothing more."""
        ...
