"""RDF files that are loaded into stores: their format, their quads, their errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from kg.errors import InputError
from kg.nesting import check_nesting
from kg.output import full_disk

_ENDINGS = (".nq", ".nt", ".ttl", ".trig", ".jsonld", ".rdf", ".owl")


def rdf_format(path: Path) -> ox.RdfFormat:
    """Return the format of a file by its name.

    Raises:
        InputError: the name ends as no RDF format does.
    """
    ending = path.suffix.lower().replace(".owl", ".rdf")
    found = ox.RdfFormat.from_extension(ending[1:]) if ending in _ENDINGS else None
    if found is None:
        raise InputError(f"{path}: the name should end in one of {', '.join(_ENDINGS)}")
    return found


def graph_name(iri: str) -> ox.NamedNode:
    """Return the name of a graph.

    Raises:
        InputError: it is not an absolute IRI.
    """
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise InputError(f"{iri!r} is not an IRI of a graph: {error}") from error


def quads(path: Path, graph: str | None = None) -> Iterator[ox.Quad]:
    """Yield the quads of a file; triples go to `graph`.

    Raises:
        InputError: the file cannot be read, or is not valid (with the line).
    """
    into = ox.DefaultGraph() if graph is None else graph_name(graph)
    default = ox.DefaultGraph()
    with told(path):
        check_nesting(path)
        parser = ox.parse(path=path, format=rdf_format(path), rename_blank_nodes=True)
        for quad in parser:
            if graph is None or quad.graph_name != default:
                yield quad
            else:
                yield ox.Quad(quad.subject, quad.predicate, quad.object, into)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the parser raises into an error that names the file and the line."""
    try:
        yield
    except SyntaxError as error:
        place = "" if error.lineno is None else f", line {error.lineno}"
        raise InputError(f"{path}{place}: not valid: {error.msg}") from error
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the path") from error
    except OSError as error:
        if full_disk(error):  # of what is written, not of what is read
            raise
        raise InputError(f"{path}: cannot be read: {error}") from error
