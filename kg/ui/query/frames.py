"""Answers to queries as frames: numbers as numbers, and which columns can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import polars as pl
import pyoxigraph as ox

from kg.ontology import XSD
from kg.rdf.names import PREFIXES
from kg.stores import Answer, Table, Term
from kg.stores.formats import shown

TRIPLE = ("subject", "predicate", "object")
_WHOLE = {XSD + name for name in ("integer", "int", "long", "nonNegativeInteger")}
_NUMBERS = _WHOLE | {XSD + name for name in ("decimal", "double", "float")}
_MOST = 2**63


def table_of(answer: Answer) -> Table:
    """Return an answer as rows: triples have three columns, a truth has one row."""
    if isinstance(answer, Table):
        return answer
    if isinstance(answer, bool):
        word = ox.Literal(str(answer).lower(), datatype=ox.NamedNode(XSD + "boolean"))
        return Table(("answer",), [(word,)])
    return Table(TRIPLE, [(t.subject, t.predicate, t.object) for t in answer])


def frame_of(table: Table) -> pl.DataFrame:
    """Return rows as a frame; a column whose values are all numbers is one of numbers."""
    columns = [
        _column(name, [row[i] for row in table.rows]) for i, name in enumerate(table.variables)
    ]
    return pl.DataFrame(columns)


def numbers(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can draw."""
    return [name for name in frame.columns if frame[name].dtype.is_numeric()]


def labels(frame: pl.DataFrame) -> list[str]:
    """Return the columns that a chart can take its labels from, texts first."""
    drawn = numbers(frame)
    return [name for name in frame.columns if name not in drawn] + drawn


def iris(table: Table) -> list[str]:
    """Return the columns that hold an IRI or a blank node: those that can be nodes."""
    return [
        name
        for i, name in enumerate(table.variables)
        if any(isinstance(row[i], ox.NamedNode | ox.BlankNode) for row in table.rows)
    ]


def _column(name: str, terms: Sequence[Term | None]) -> pl.Series:
    there = [term for term in terms if term is not None]
    types = {t.datatype.value if isinstance(t, ox.Literal) else "" for t in there}
    if there and types <= _NUMBERS:
        values = [None if term is None else _number(term) for term in terms]
        finite = [value for value in values if value is not None]
        if len(finite) == len(there):
            if types <= _WHOLE and all(abs(value) < _MOST for value in finite):
                whole = [None if value is None else int(value) for value in values]
                return pl.Series(name, whole, pl.Int64)
            floats = [None if value is None else float(value) for value in values]
            return pl.Series(name, floats, pl.Float64)
    return pl.Series(name, [shown(term, PREFIXES) for term in terms], pl.String)


def _number(term: Term) -> Decimal | None:
    """Return a finite number, None for a text that is none although its type says so."""
    try:
        value = Decimal(term.value) if isinstance(term, ox.Literal) else Decimal("NaN")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
