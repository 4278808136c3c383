"""Columns of one's own as triples: what a frame says of patients beside the variables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pyoxigraph as ox

from kg.errors import InputError
from kg.keys import ID
from kg.ontology import HCC, XSD
from kg.rdf.names import GRAPHS, OWN, segment
from kg.stores import Store
from kg.stores.files import graph_name

_PATIENTS = f"SELECT DISTINCT ?patient ?id {{ ?patient <{HCC}patient_id> ?id }}"
_LITERALS: dict[type, tuple[str, Callable[[object], str]]] = {
    bool: ("boolean", lambda value: str(value).lower()),
    int: ("integer", str),
    float: ("double", repr),
    Decimal: ("decimal", lambda value: f"{value:f}"),
    str: ("string", str),
    datetime: ("dateTime", lambda value: str(value).replace(" ", "T")),
    date: ("date", str),
}


def own_quads(store: Store, frame: pl.DataFrame, graph: str) -> list[ox.Quad]:
    """Return the triples of a frame in a graph, named by its IRI or by what follows hcc:graph/.

    Raises:
        InputError: there is no column of patients, a patient is not in the store, or a value is
            no literal.
    """
    if ID not in frame.columns:
        raise InputError(f"the frame has no column {ID}; it says whom a row is about")
    into = graph_name(graph if ":" in graph else GRAPHS + segment(graph))
    known = {
        found[1].value: found[0]
        for found in store.select(_PATIENTS).rows
        if isinstance(found[0], ox.NamedNode) and isinstance(found[1], ox.Literal)
    }
    columns = [name for name in frame.columns if name != ID]
    properties = [ox.NamedNode(OWN + segment(name)) for name in columns]
    quads = []
    for number, (patient, *values) in enumerate(frame.select(ID, *columns).iter_rows(), start=1):
        subject = known.get(str(patient))
        if subject is None:
            raise InputError(
                f"the frame, row {number}: there is no patient {str(patient)!r} in this graph; "
                "leave such rows out"
            )
        for name, property_, value in zip(columns, properties, values, strict=True):
            if value is not None and value == value:  # noqa: PLR0124 - NaN is unknown too
                literal = _literal(value, f"the frame, row {number}, column {name}")
                quads.append(ox.Quad(subject, property_, literal, into))
    return quads


def _literal(value: object, place: str) -> ox.Literal:
    kind = _LITERALS.get(type(value))
    if kind is None:
        raise InputError(
            f"{place}: a value of type {type(value).__name__} is no literal; "
            "give numbers, booleans, texts, dates or times"
        )
    datatype, written = kind
    return ox.Literal(written(value), datatype=ox.NamedNode(XSD + datatype))
