"""Patients in RDF: Turtle, N-Triples and JSON-LD as rows of cells, with a table of their lesions.

1. Whatever is said to be a patient, or has a variable of a patient, is a row.
2. The shapes of the guideline judge the records; what breaks a shape is the problem of a row.
3. A value becomes its cell as it is written; partial knowledge is the cell that its node holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

import polars as pl

from kg.errors import ComponentError, InputError, OntologyError
from kg.guideline import Guideline
from kg.guideline.shapes import lesion_columns, patient_columns, shapes
from kg.keys import ID, IRI, LESION_ID
from kg.ontology import HCC, OWL, RDFS
from kg.readers.source import Source, of_text
from kg.readers.triples import BLANK, TYPE, TripleIndex, read_triples, shown
from kg.readers.uploads import File


class Violation(NamedTuple):
    """A node that breaks a shape: which property, and what the shape says; `node` is N-Triples."""

    node: str
    path: str
    message: str


class Shapes:
    """The compiled shapes of the records of a guideline.

    Raises:
        ComponentError: no SHACL validator is installed.
        OntologyError: a variable makes no shape that can be read.
    """

    def __init__(self, guideline: Guideline) -> None:
        try:
            import shacl  # noqa: PLC0415 - only patients in RDF need it
        except ImportError as error:
            raise ComponentError(
                "patients in RDF are checked by the package shacl, which is not installed; "
                "pip install 'shacl>=0.3.4,<0.4' (where no wheel fits, that takes Rust)"
            ) from error
        try:
            self._compiled = shacl.Shapes.from_turtle(shapes(guideline), base=HCC)
        except ValueError as error:
            raise OntologyError(
                f"{guideline.ontology.folder}: the shapes that follow from the variables cannot "
                f"be read ({error}); look for names of variables that are no names in Turtle"
            ) from error

    def violations(self, triples: str) -> Iterator[Violation]:
        """Yield what breaks a shape in N-Triples, each property of a node once.

        Raises:
            InputError: the validator cannot read the triples.
        """
        try:
            report = self._compiled.validate_text(triples, format="ntriples")
        except ValueError as error:
            raise InputError(f"the triples cannot be validated: {error}") from error
        told = set()
        for result in report.results:
            path = (result.path or "").strip("<>")
            if result.severity == "Violation" and (result.focus_node, path) not in told:
                told.add((result.focus_node, path))
                yield Violation(result.focus_node, path, result.message or result.component)


@lru_cache(maxsize=4)
def shapes_of(guideline: Guideline) -> Shapes:
    """Return the shapes of a guideline, compiled once."""
    return Shapes(guideline)


_BATCH = 10_000
_PARTLY, _LESION = HCC + "partly", HCC + "lesion"
_VARIABLE, _CELL = HCC + "variable", HCC + "cell"
# Notes, and what a run has inferred of a patient: not of the record.
_PASSED = {TYPE, _PARTLY, _LESION, RDFS + "label", RDFS + "comment", OWL + "sameAs"}
_PASSED |= {HCC + "meetsRecommendation", HCC + "conflict"}

Row: TypeAlias = tuple[str, dict[str, str | None]]
"""A node, and the cells that are given for it."""


class NodeTable(Source):
    """Nodes of a graph as a table: their values are the cells, besides those that are given.

    `shapes` judge the nodes, `names` maps properties to columns; `faults` tells what is wrong
    with a node as a whole.
    """

    path: File

    def __init__(
        self,
        path: File,
        graph: TripleIndex,
        shapes: Shapes,
        rows: list[Row],
        *,
        names: Mapping[str, str],
        keys: list[str],
        faults: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self._shapes = shapes
        self._graph, self._names, self._rows, self._faults = graph, names, rows, faults or {}
        found = (name for node, _ in rows for name, _, _ in self._cells(node))
        self.columns = list(dict.fromkeys(keys) | dict.fromkeys(found))
        if any(own_iri(node) for node, _ in rows):
            self.columns.append(IRI)

    def _cells(self, node: str) -> Iterator[tuple[str, str, bool]]:
        """Yield the columns of a node and their cells; true where that is partial knowledge."""
        cells = self._graph.cells
        for predicate, value in self._graph.pairs.get(node, {}):
            if predicate not in _PASSED:
                yield self._column(predicate), cells[value], False
            elif predicate == _PARTLY:
                variables = self._graph.values(value, _VARIABLE)
                for variable, cell in zip(
                    variables, self._graph.values(value, _CELL), strict=False
                ):
                    yield self._column(cells[variable]), cells[cell], True

    def _column(self, iri: str) -> str:
        return self._names.get(iri) or iri.removeprefix(HCC)

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        rows = enumerate(self._rows, start=1)
        return of_text(kept, ((n, *self._row(node, given, kept)) for n, (node, given) in rows))

    def _row(self, node: str, given: dict[str, str | None], kept: list[str]) -> list[str | None]:
        cells, partly = dict[str, list[str]](), set[str]()
        for name, cell, is_partial in self._cells(node):
            cells.setdefault(name, []).append(cell)
            partly.update([name] if is_partial else [])
        faults = [*self._violations.get(node, ())]
        faults += [self._faults[node]] if node in self._faults else []
        for name in sorted(partly):
            if len(cells[name]) > 1:
                told = " and ".join(map(repr, cells[name]))
                faults.append(f"{name}: told more than once, as {told}; keep one")
        row: dict[str, str | None] = {name: " and ".join(told) for name, told in cells.items()}
        row |= {IRI: own_iri(node), **given}
        if faults and not row.get(ID):
            faults[0] = f"{shown(node)}: {faults[0]}"
        return [*map(row.get, kept), "; ".join(faults) or None]

    @cached_property
    def _violations(self) -> dict[str, list[str]]:
        """What the shapes say of the nodes, and of the partial knowledge at them."""
        found: dict[str, list[str]] = {}
        nodes = list(dict.fromkeys(node for node, _ in self._rows))
        for start in range(0, len(nodes), _BATCH):
            owners: dict[str, str] = {}
            for node in nodes[start : start + _BATCH]:
                owners |= dict.fromkeys([node, *_nodes(self._graph.values(node, _PARTLY))], node)
            text = "".join(line for node in owners for line in self._graph.lines(node))
            for broken in self._shapes.violations(text):
                if broken.node in owners:
                    values = ", ".join(map(shown, self._graph.values(broken.node, broken.path)))
                    told = f"{broken.message}; found {values or 'none'}"
                    found.setdefault(owners[broken.node], []).append(told)
        return found


class RdfSource(NodeTable):
    """A file of patients in RDF; `lesions` is the table of their lesions, where they have any.

    Raises:
        InputError: the file is not valid, or no patient is in it.
    """

    def __init__(self, path: File, guideline: Guideline) -> None:
        graph, shapes, names = read_triples(path), shapes_of(guideline), patient_columns(guideline)
        owners: dict[str, list[str]] = {node: [] for node in graph.of_type("TumourLesion")}
        leading = graph.objects(_LESION)
        owners |= {node: leading[node] for node in _nodes(leading)}
        patients = _patients(graph, set(names), set(owners))
        if not patients:
            raise InputError(
                f"{path} holds no patient; write each as hcc:Patient with hcc:patient_id "
                f"(prefix hcc: <{HCC}>)"
            )
        _declare(graph, patients, "Patient")
        _declare(graph, list(owners), "TumourLesion")
        rows: list[Row] = [(node, {}) for node in patients]
        super().__init__(path, graph, shapes, rows, names=names, keys=[ID])
        self.lesions = self._table_of(owners, lesion_columns(guideline)) if owners else None

    def _table_of(self, owners: Mapping[str, list[str]], names: Mapping[str, str]) -> NodeTable:
        """Return the table of lesions: one row for each patient who has the lesion."""
        graph, rows, faults = self._graph, list[Row](), dict[str, str]()
        for node, patients in owners.items():
            for patient in patients or [""]:
                ids = graph.values(patient, HCC + ID)
                rows.append((node, {ID: graph.cells[ids[0]] if ids else None}))
            if len(patients) > 1:
                told = f"it is a lesion of {len(patients)} patients; of one only"
                faults[node] = f"{shown(node)}: {told}"
        keys = [ID, LESION_ID]
        return NodeTable(
            self.path, graph, self._shapes, rows, names=names, keys=keys, faults=faults
        )


def own_iri(node: str) -> str | None:
    """Return the IRI of a node as N-Triples, where it is neither ours nor made for a blank node."""
    return None if node.startswith((f"<{HCC}", f"<{BLANK}")) else node


def _nodes(values: Iterable[str]) -> list[str]:
    """Return those values that are nodes, not literals."""
    return [value for value in values if value.startswith("<")]


def _patients(graph: TripleIndex, variables: set[str], lesions: set[str]) -> list[str]:
    """Return the patients, and what has variables and is not a lesion, in the order of the file."""
    said = set(graph.of_type("Patient"))
    return [
        node
        for node, pairs in graph.pairs.items()
        if node in said
        or (node not in lesions and any(predicate in variables for predicate, _ in pairs))
    ]


def _declare(graph: TripleIndex, nodes: list[str], name: str) -> None:
    """Say of nodes what they are, so that the shapes look at each of them."""
    for node in nodes:
        graph.add(node, TYPE, f"<{HCC}{name}>", HCC + name)
