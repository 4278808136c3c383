"""Oxigraph as a store, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from kg.errors import ComponentError, InputError, QueryError
from kg.nesting import check_nesting
from kg.output import full_disk, why_not
from kg.stores.faults import syntax_error
from kg.stores.files import graph_name, quads, rdf_format, told
from kg.stores.lexing import query_form, tokens
from kg.stores.protocol import Answer, Store, Table

REBUILD = "build it anew: 'hcc-kg graph build --anew' with your tables and this store"
_MARK = "CURRENT"  # each RocksDB folder holds a file of this name
_SMALL = 32_000_000  # bytes: up to here a file is loaded as one transaction


class LockedError(InputError):
    """Another program has the store open."""


class OxigraphStore(Store):
    """A store in memory, or on disk in `folder`, which is made where it is not there.

    `dataset` is the store of pyoxigraph itself. A store on disk is locked by the process
    that has it open, unless `read_only`.

    Raises:
        InputError: the folder is not a store, is locked, or cannot be written to.
    """

    def __init__(self, folder: Path | None = None, *, read_only: bool = False) -> None:
        self.name = "memory" if folder is None else str(folder)
        self.read_only = read_only
        self.dataset = ox.Store() if folder is None else _open(folder, read_only)

    def query(self, query: str) -> Answer:
        """Answer any query, by its form."""
        query_form(query)
        try:
            union = not any(each.text.upper() == "FROM" for each in tokens(query))
            found = self.dataset.query(query, use_default_graph_as_union=union)
            if isinstance(found, ox.QueryBoolean):
                return bool(found)
            if isinstance(found, ox.QueryTriples):
                return list(dict.fromkeys(found))
            names = tuple(variable.value for variable in found.variables)
            return Table(names, [tuple(row) for row in found])
        except SyntaxError as error:
            raise syntax_error(query, str(error)) from error
        except UnicodeEncodeError as error:
            raise QueryError("the query is not valid Unicode; save it as UTF-8") from error
        except (OSError, RuntimeError) as error:
            raise ComponentError(f"{self.name} cannot answer: {error}") from error

    def load(self, path: Path, graph: str | None = None) -> None:
        """Add the triples of a file to `graph`, or its quads to the graphs they name."""
        into = None if graph is None else graph_name(graph)
        form = rdf_format(path)
        with self._changing(), told(path):
            check_nesting(path)
            small = path.stat().st_size <= _SMALL
            (self.dataset.load if small else self.dataset.bulk_load)(
                path=path, format=form, to_graph=into
            )

    def replace(self, path: Path, graph: str | None = None) -> None:
        """Load a file in place of what the graphs that it fills held before.

        The file is read through once before anything is removed.
        """
        filled = {quad.graph_name for quad in quads(path, graph)}
        with self._changing():
            for name in filled | ({graph_name(graph)} if graph else set()):
                self.dataset.clear_graph(name)
        self.load(path, graph)

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, in bulk."""
        with self._changing():
            self.dataset.bulk_extend(quads)

    def clear(self, graph: str) -> None:
        """Remove a graph; one that is not there is no error."""
        with self._changing():
            self.dataset.remove_graph(graph_name(graph))

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs that hold something, sorted."""
        return sorted(
            name.value
            for name in self.dataset.named_graphs()
            if any(True for _ in self.dataset.quads_for_pattern(None, None, None, name))
        )

    def close(self) -> None:
        """Let go of files and locks; the store answers nothing more."""
        if not self.read_only:
            self.dataset.flush()
        del self.dataset

    @contextmanager
    def _changing(self) -> Iterator[None]:
        if self.read_only:
            raise InputError(f"{self.name} is open for reading only; nothing was changed")
        yield


def _open(folder: Path, read_only: bool) -> ox.Store:
    _check(folder, read_only)
    try:
        return ox.Store.read_only(str(folder)) if read_only else ox.Store(str(folder))
    except (OSError, RuntimeError) as error:
        if full_disk(error):
            raise
        if "LOCK" in str(error) or "lock hold" in str(error):
            raise LockedError(
                f"{folder}: another program has this store open; close it there, "
                "or open the store for reading only"
            ) from error
        raise InputError(f"{folder}: cannot be opened as a store: {error}; {REBUILD}") from error


def _check(folder: Path, read_only: bool) -> None:
    """Keep from making a store where there is something else."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; a store on disk is a folder")
    if (folder / _MARK).is_file():
        return
    if read_only:
        raise InputError(f"{folder}: there is no store here; 'hcc-kg graph build' makes one")
    try:
        folder.mkdir(exist_ok=True)
        taken = next(folder.iterdir(), None)
    except OSError as error:
        why = why_not(error, folder.resolve().parent, "folder")
        raise InputError(f"{folder}: no store can be made here: {why}") from error
    if taken is not None:
        raise InputError(
            f"{folder} holds other files and is not a store; name a new or empty folder"
        )
