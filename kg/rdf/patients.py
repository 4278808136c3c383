"""Patients and their lesions as recorded, as lines of the graph.

A cell that leaves one value is a typed literal of its variable. Other cells that say
something are nodes below `hcc:partly`, with the variable and the cell. Empty cells say
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import TypeAlias

import polars as pl
import pyoxigraph as ox

from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.guideline.values import Knowledge, Variable
from kg.keys import ID, IRI, LESION_ID
from kg.ontology import HCC, OWL, XSD
from kg.patients.cells import parse_cell
from kg.patients.columns import as_text
from kg.rdf.lines import (
    TYPE,
    by_distinct,
    ending,
    identity_lines,
    line,
    literals,
    patient_terms,
    segments,
    together,
)

_REMEMBERED = 20_000  # texts of a variable, whose reading is kept
_NODE, _OWNER = "node", "owner"
_PAIR = pl.List(pl.String())
_Readers: TypeAlias = Mapping[str, tuple[str, Callable[[str], object]]]


class PatientLines:
    """Writes patients and lesions of a guideline's tables, with what their cells say."""

    def __init__(self, guideline: Guideline) -> None:
        self._patient = _readers(guideline.variables)
        self._lesion = _readers(guideline.lesion_columns)

    def patients(self, cells: pl.DataFrame, graph: str) -> pl.Series:
        """Return one text a row: who the patient is, and what is recorded of it."""
        recorded = _recorded(self._patient, patient_terms(cells[ID]), cells, graph)
        nodes = patient_terms(cells[ID])
        return _rows([identity_lines(cells[ID], graph), *_own_iris(nodes, cells, graph), *recorded])

    def lesions(self, cells: pl.DataFrame, graph: str) -> pl.Series:
        """Return one text a row of a table of lesions."""
        patients = patient_terms(cells[ID])
        nodes = patients.str.strip_suffix(">") + "/lesion/" + segments(cells[LESION_ID]) + ">"
        frame = pl.DataFrame(
            [
                patients.alias(_OWNER),
                nodes.alias(_NODE),
                literals(cells[LESION_ID]).alias(LESION_ID),
            ]
        )
        end, owner, node = ending(graph), pl.col(_OWNER), pl.col(_NODE)
        identity = frame.select(
            together(
                [
                    line(owner, HCC + "lesion", node, end),
                    line(node, TYPE, pl.lit(f"<{HCC}TumourLesion>"), end),
                    line(node, HCC + LESION_ID, pl.col(LESION_ID), end),
                ]
            )
        ).to_series()
        recorded = _recorded(self._lesion, nodes, cells, graph)
        return _rows([identity, *_own_iris(nodes, cells, graph), *recorded])


def _own_iris(nodes: pl.Series, cells: pl.DataFrame, graph: str) -> Iterator[pl.Series]:
    """Yield the lines that say which nodes are those that a file in RDF names otherwise."""
    if IRI in cells.columns:
        frame = pl.DataFrame([nodes.alias(_NODE), cells[IRI]])
        said = line(pl.col(_NODE), OWL + "sameAs", pl.col(IRI), ending(graph))
        yield frame.select(together([said])).to_series()


def _rows(texts: Sequence[pl.Series]) -> pl.Series:
    """Return texts of the same rows as one text a row."""
    columns = [text.alias(str(i)) for i, text in enumerate(texts)]
    return pl.DataFrame(columns).select(together([pl.all()])).to_series()


def _term_or_cell(variable: Variable, text: str) -> tuple[str | None, str | None]:
    """Return the term of the one value that a cell leaves, or the cell as a term."""
    knowledge = parse_cell(variable, text)
    if knowledge is None:
        return None, None
    value = pinned_term(variable, knowledge)
    return value, None if value else str(ox.Literal(text.strip()))


def _readers(columns: Mapping[str, Variable]) -> _Readers:
    """Return of each column the name of its variable, and what reads its cells."""
    return {
        column: (variable.name, lru_cache(_REMEMBERED)(partial(_term_or_cell, variable)))
        for column, variable in columns.items()
        if variable.type != "string"
    }


def pinned_term(variable: Variable, knowledge: Knowledge) -> str | None:
    """Return the one value that is left as a term; None where there are more.

    A number that takes an exponent to write is none that stores can hold: it is left as a cell.
    """
    if not knowledge.pinned:
        return None
    if not variable.is_number:
        word = variable.words[knowledge.mask.bit_length() - 1]
        return f'"{word}"^^<{XSD}boolean>' if variable.type == "boolean" else str(ox.Literal(word))
    low = knowledge.intervals[0].low
    number = plain(low) if low else "0"
    return None if "E" in number else f'"{number}"^^<{XSD}{variable.type}>'


def _recorded(
    readers: _Readers, nodes: pl.Series, cells: pl.DataFrame, graph: str
) -> Iterator[pl.Series]:
    """Yield for each column the lines of what its cells say of the nodes."""
    end, node, part = ending(graph), pl.col(_NODE), pl.col("part")
    for column, (name, read) in readers.items():
        if column not in cells.columns:
            continue
        said = by_distinct(as_text(cells[column]), read, _PAIR)
        parts = nodes.str.strip_suffix(">") + f"/partly/{name}>"
        frame = pl.DataFrame([nodes.alias(_NODE), parts.alias("part"), said.alias("said")])
        value, cell = (pl.col("said").list.get(i) for i in (0, 1))
        some = cell.is_not_null()
        yield frame.select(
            together(
                [
                    line(node, HCC + name, value, end),
                    line(node, HCC + "partly", pl.when(some).then(part), end),
                    line(part, HCC + "variable", pl.when(some).then(pl.lit(f"<{HCC}{name}>")), end),
                    line(part, HCC + "cell", cell, end),
                ]
            )
        ).to_series()
