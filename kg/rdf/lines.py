"""N-Quads as columns: terms and lines of text, made for many rows at once.

A line is null where one of its terms is; `together` leaves such lines out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl
import pyoxigraph as ox

from kg.rdf.names import LONGEST, PLAIN, segment

_ROWS = 5_000  # patients whose text is held at once, where their IRIs are short
_USUAL = 80
_ESCAPED = r'["\\\x00-\x1f\x7f]'


def ending(graph: str | None) -> str:
    """Return the end of a line: a quad of a graph, or a triple where there is none."""
    return " .\n" if graph is None else f" <{graph}> .\n"


def segments(identifiers: pl.Series) -> pl.Series:
    """Return identifiers as parts of IRIs; see `kg.rdf.names.segment`."""
    odd = (~identifiers.str.contains(PLAIN) | identifiers.str.contains(r"^\.+$")).arg_true()
    told = pl.Series([segment(text) for text in identifiers.gather(odd)], dtype=pl.String)
    return identifiers.clone().scatter(odd, told) if len(odd) else identifiers


def literals(texts: pl.Series) -> pl.Series:
    """Return texts as plain literals."""
    odd = texts.str.contains(_ESCAPED).arg_true()
    told = pl.Series([str(ox.Literal(text)) for text in texts.gather(odd)], dtype=pl.String)
    quoted = '"' + texts + '"'
    return quoted.scatter(odd, told) if len(odd) else quoted


def line(subject: pl.Expr, predicate: str, value: pl.Expr, end: str) -> pl.Expr:
    """Return one line per row; subject and value are terms."""
    return pl.concat_str([subject, pl.lit(f" <{predicate}> "), value, pl.lit(end)])


def lines(subject: pl.Expr, predicate: str, values: pl.Expr, end: str) -> pl.Expr:
    """Return a line for each term in the list of a row; empty lists should be null."""
    head = pl.concat_str([subject, pl.lit(f" <{predicate}> ")])
    joined = values.list.join(pl.concat_str([pl.lit(end), head]))
    return pl.concat_str([head, joined, pl.lit(end)])


def together(texts: Iterable[pl.Expr]) -> pl.Expr:
    """Return all lines of a row as one text."""
    return pl.concat_str(list(texts), ignore_nulls=True)


def slices(height: int, parts: pl.Series) -> Iterator[slice]:
    """Yield runs of rows whose text fits into memory; `parts` are parts of their IRIs."""
    longest = int(parts.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    rows = max(_ROWS * _USUAL // max(longest, _USUAL), _ROWS * _USUAL // (2 * LONGEST))
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))
