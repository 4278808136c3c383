"""Answers as Polars frames whose columns have types: a number is a number, a date a date.

A column has the type that all its literals share: whole numbers are Int64, other numbers Float64,
then booleans, dates and times. Whatever else stands in it makes it text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyoxigraph as ox

from kg.ontology import XSD
from kg.stores.formats import shown
from kg.stores.protocol import Answer, Table, Term

_WHOLE = {"integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger"}
_NUMBERS = {*_WHOLE, "decimal", "double", "float"}
_BITS = {"true": True, "1": True, "false": False, "0": False}


def _whole(text: str) -> int:
    if not -(2**63) <= (number := int(text)) < 2**63:
        raise ValueError("too large for Int64")
    return number


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("not a number that can be counted with")
    return number


def _instant(text: str) -> datetime:
    if (moment := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError("of no time zone")
    return moment.astimezone(UTC)


_KINDS: Sequence[tuple[set[str], Any, Callable[[str], Any]]] = (
    (_WHOLE, pl.Int64, _whole),
    (_NUMBERS, pl.Float64, _number),
    ({"boolean"}, pl.Boolean, _BITS.__getitem__),
    ({"date"}, pl.Date, date.fromisoformat),
    ({"dateTime"}, pl.Datetime("us", "UTC"), _instant),
    ({"dateTime"}, pl.Datetime("us"), datetime.fromisoformat),
)
TRIPLE = ("subject", "predicate", "object")


def table_of(answer: Answer) -> Table:
    """Return an answer as rows: triples have three columns, a truth has one row."""
    if isinstance(answer, Table):
        return answer
    if isinstance(answer, bool):
        word = ox.Literal(str(answer).lower(), datatype=ox.NamedNode(XSD + "boolean"))
        return Table(("answer",), [(word,)])
    return Table(TRIPLE, [(t.subject, t.predicate, t.object) for t in answer])


def frame_of(answer: Answer, prefixes: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Return an answer as a frame; IRIs are shortened by `prefixes`, where given."""
    table = table_of(answer)
    columns = zip(*table.rows, strict=True) if table.rows else ((),) * len(table.variables)
    named = zip(table.variables, columns, strict=True)
    return pl.DataFrame([_series(name, column, prefixes) for name, column in named])


def _series(
    name: str, terms: Sequence[Term | None], prefixes: Mapping[str, str] | None
) -> pl.Series:
    known = [term for term in terms if term is not None]
    types = {
        term.datatype.value.removeprefix(XSD) if isinstance(term, ox.Literal) else ""
        for term in known
    }
    for kinds, dtype, read in _KINDS:
        if types and types <= kinds:
            # A value that is none of its own type leaves the column to the next kind, or text.
            with suppress(KeyError, ValueError):
                values = [None if term is None else read(shown(term)) for term in terms]
                return pl.Series(name, values, dtype)
    texts = [None if term is None else shown(term, prefixes) for term in terms]
    return pl.Series(name, texts, pl.String)
