"""Answers as text: SPARQL JSON, XML, CSV and TSV for rows, Turtle for triples, a table to read.

CSV is written here: pyoxigraph leaves an IRI with a comma without quotes. It writes the other
formats of rows, from TSV of ours, as it takes only what it has read or answered itself.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, TypeAlias

import pyoxigraph as ox
from rich import box, table
from rich.cells import cell_len
from rich.text import Text

from kg.errors import InputError
from kg.ontology import XSD
from kg.rdf import turtle
from kg.stores.protocol import Answer, Table, Term

Format: TypeAlias = Literal["csv", "tsv", "json", "xml", "ttl"]

_ESCAPED = re.compile(r"[~!$&'()*+,;=/?#@]|^[.-]|\.$")  # in a local name
_WITH_BACKSLASH = r"\\\g<0>"
_LOCAL = re.compile(rf"(?:[\w:.\-]|%[0-9A-Fa-f]{{2}}|{_ESCAPED.pattern})+")
_STRING = XSD + "string"
_BOOLEAN = XSD + "boolean"
_BITS = {"1": "true", "0": "false"}  # the other spelling, which Virtuoso prefers
_ASKED = "__ASK_RETVAL"  # what Virtuoso calls the answer to an ASK


def serialise(answer: Answer, format_: Format, prefixes: Mapping[str, str] | None = None) -> bytes:
    """Return an answer in a format; Turtle is for triples, the others for rows and ASK.

    Raises:
        InputError: the format does not fit the answer.
    """
    written = io.BytesIO()
    if isinstance(answer, list):
        if format_ != "ttl":
            raise InputError(f"a CONSTRUCT or DESCRIBE gives triples; {format_} is for rows: ttl")
        ordered = sorted(answer, key=str)  # so that equal answers look equal
        turtle.write(ordered, written, prefixes or {})
    elif format_ == "ttl":
        raise InputError("ttl is for CONSTRUCT and DESCRIBE; take csv, tsv, json or xml for rows")
    elif format_ == "csv" and isinstance(answer, Table):
        write_csv(written, answer.variables, answer.rows)
    elif format_ == "csv" or (format_ == "tsv" and isinstance(answer, bool)):
        written.write(_tsv(answer).encode())
    else:
        found = ox.parse_query_results(_tsv(answer), format=ox.QueryResultsFormat.TSV)
        found.serialize(written, format=ox.QueryResultsFormat.from_extension(format_))
    return written.getvalue()


def write_csv(
    file: BinaryIO, variables: Iterable[str], rows: Iterable[Iterable[Term | None]]
) -> None:
    """Write rows as SPARQL's CSV (RFC 4180): whatever a cell holds, it stays one cell."""
    writer = csv.writer(codecs.getwriter("utf-8")(file))
    writer.writerow(variables)
    writer.writerows(map(_plain, row) for row in rows)


def _plain(term: Term | None) -> str:
    return term.value if isinstance(term, (ox.NamedNode, ox.Literal)) else _told(term)


def shown(term: Term | None, prefixes: Mapping[str, str] | None = None) -> str:
    """Return a term for people: IRIs shortened, literals by their text, nothing for None."""
    if term is None:
        return ""
    if isinstance(term, ox.Literal):
        return term.value
    if isinstance(term, ox.NamedNode):
        return _shortened(term.value, prefixes or {})
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    parts = (term.subject, term.predicate, term.object)
    return "<<" + " ".join(shown(part, prefixes) for part in parts) + ">>"


def for_terminal(
    answer: Table, prefixes: Mapping[str, str] | None = None, width: int = 80
) -> table.Table:
    """Return rows as a table to print; control characters in them are shown, not obeyed.

    Where the words do not fit beside each other in the width, the cells of a row are in lines.
    """
    rows = [[_visible(shown(term, prefixes)) for term in row] for row in answer.rows]
    widths = _widths([*zip(answer.variables, *rows, strict=True)], width)
    if widths is None:
        shape = table.Table.grid("name", "value", padding=(0, 3, 0, 1))
        for row in rows:
            for name, cell in zip(answer.variables, row, strict=True):
                shape.add_row(Text(name, "bold"), Text(cell, overflow="fold"))
            shape.add_row()
        return shape
    shape = table.Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, size in zip(answer.variables, widths, strict=True):
        shape.add_column(name, overflow="fold", width=size)
    for row in rows:
        shape.add_row(*map(Text, row))
    return shape


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """Return the widths of columns that leave words whole, if there are such in a width of all.

    A word that is longer than half of the width may be broken.
    """
    needed = [
        max(cell_len(line) for cell in cells for line in cell.split("\n")) for cells in columns
    ]
    words = [
        max(cell_len(w) for cell in cells for w in (cell.split() or [""])) for cells in columns
    ]
    words = [min(word, width // 2) for word in words]
    room = width - 3 * len(columns)  # each has a blank on both sides, and one before the next
    for most in range(room, 0, -1):
        found = [min(n, max(w, most)) for n, w in zip(needed, words, strict=True)]
        if sum(found) <= room:
            return found
    return None


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def read_json(body: bytes) -> Table | bool:
    """Return the answer that a document in the SPARQL JSON format holds.

    Blank nodes get new names, as not all servers keep to the syntax of theirs.

    Raises:
        ValueError: it is no such document.
    """
    try:
        document = json.loads(body)
        if "boolean" in document:
            return bool(document["boolean"])
        names = tuple(document["head"]["vars"])
        blanks: dict[str, ox.BlankNode] = {}
        rows: list[tuple[Term | None, ...]] = [
            tuple(_term(row[name], blanks) if name in row else None for name in names)
            for row in document["results"]["bindings"]
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the SPARQL JSON format: {error}") from error
    if names == (_ASKED,):
        return any(isinstance(cell, ox.Literal) and cell.value == "1" for (cell,) in rows)
    return Table(names, rows)


def _term(value: Mapping[str, Any], blanks: dict[str, ox.BlankNode]) -> Term:
    kind, text = value["type"], value["value"]
    if kind == "uri":
        return ox.NamedNode(text)
    if kind == "bnode":
        return blanks.setdefault(text, ox.BlankNode())
    if kind == "triple":
        parts = [_term(text[name], blanks) for name in ("subject", "predicate", "object")]
        return ox.Triple(*parts)  # type: ignore[arg-type]
    language = value.get("xml:lang")
    if language:
        return ox.Literal(text, language=language)
    datatype = value.get("datatype") or _STRING
    if datatype == _BOOLEAN:
        text = _BITS.get(text, text)
    return ox.Literal(text, datatype=ox.NamedNode(datatype))


def _tsv(answer: Table | bool) -> str:
    """Return an answer as SPARQL's TSV, whose cells are terms of N-Triples."""
    if isinstance(answer, bool):
        return f"{str(answer).lower()}\n"
    rows = (map(_told, row) for row in answer.rows)
    names = (f"?{name}" for name in answer.variables)
    return "".join("\t".join(cells) + "\n" for cells in (names, *rows))


def _told(term: Term | None) -> str:
    return "" if term is None else f"<<( {term} )>>" if isinstance(term, ox.Triple) else str(term)


def _shortened(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return an IRI by its prefix, as it may stand in a query (PN_LOCAL of SPARQL), or in full."""
    for prefix, base in sorted(prefixes.items(), key=lambda item: -len(item[1])):
        local = iri.removeprefix(base)
        if local != iri and _LOCAL.fullmatch(local):
            return f"{prefix}:{_ESCAPED.sub(_WITH_BACKSLASH, local)}"
    return iri
