"""Where the lines of a graph go: into a store, or into one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from typing import BinaryIO, TypeAlias

import polars as pl
import pyoxigraph as ox

from kg.errors import InputError
from kg.keys import ID
from kg.ontology import HCC
from kg.rdf.names import COHORTS
from kg.stores.files import graph_name
from kg.stores.oxigraph import OxigraphStore

_IDENTIFIER, _PATIENT = ox.NamedNode(HCC + ID), ox.NamedNode(HCC + "Patient")


class FileSink:
    """Writes N-Quads to a file that is open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def begin(self, graphs: Sequence[str]) -> None:
        """Do nothing: a new file is empty."""

    def write(self, *texts: pl.Series) -> None:
        """Append N-Quads: any lines a row."""
        for text in texts:
            _append(self._file, text)

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Append quads."""
        ox.serialize(quads, self._file, format=ox.RdfFormat.N_QUADS)

    def check(self, graph: str) -> None:
        """Do nothing: there is no other cohort but those of this run."""


class StoreSink:
    """Loads into a store, part by part."""

    def __init__(self, store: OxigraphStore) -> None:
        self._store = store
        self._begun: list[str] = []

    def begin(self, graphs: Sequence[str]) -> None:
        """Empty the graphs that are to be filled."""
        self._begun += graphs
        for graph in graphs:
            self._store.clear(graph)

    def clear(self) -> None:
        """Remove all graphs that were begun."""
        for graph in self._begun:
            self._store.clear(graph)

    def write(self, *texts: pl.Series) -> None:
        """Load lines."""
        for text in texts:
            with BytesIO() as lines:
                _append(lines, text)
                lines.seek(0)
                self._store.dataset.bulk_load(lines, format=ox.RdfFormat.N_QUADS)

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads."""
        self._store.add(quads)

    def check(self, graph: str) -> None:
        """Check that no patient of a cohort's graph is in another cohort.

        Raises:
            InputError: there is one.
        """
        others = [g for g in self._store.graphs() if g.startswith(COHORTS) and g != graph]
        for other in others:
            found = self._store.select(
                f"SELECT ?id WHERE {{ GRAPH {graph_name(graph)} {{ ?p {_IDENTIFIER} ?id }} "
                f"GRAPH {graph_name(other)} {{ ?p a {_PATIENT} }} }} LIMIT 1"
            )
            for (name,) in found.rows:
                value = name.value if isinstance(name, ox.Literal) else str(name)
                raise shared_patient(value, f"<{graph}>", f"<{other}>")


Sink: TypeAlias = FileSink | StoreSink  # takes the graphs of a dataset, part by part


def shared_patient(patient_id: str, first: str, second: str) -> InputError:
    """Return the error that a patient is in two cohorts of one graph."""
    return InputError(
        f"patient {patient_id[:60]!r} is in {first} and in {second}; one graph holds one record "
        "a patient: use another store for one of them, or other identifiers"
    )


@contextmanager
def store_sink(store: OxigraphStore) -> Iterator[StoreSink]:
    """Give a sink into a store; where the block fails, what it began is removed again."""
    with ExitStack() as undone:
        sink = StoreSink(store)
        undone.callback(sink.clear)
        yield sink
        undone.pop_all()


def _append(file: BinaryIO, text: pl.Series) -> None:
    """Append texts; they end their lines themselves."""
    text.alias("text").to_frame().write_csv(
        file, include_header=False, quote_style="never", line_terminator=""
    )
