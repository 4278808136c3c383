"""Patients as a graph in memory, never written to a disk; columns of one's own as triples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import polars as pl
import pyoxigraph as ox

from kg.engines.registry import engine_of
from kg.engines.rejects import RejectCounter
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, LESION_ID
from kg.ontology import HCC, XSD
from kg.patients.drafts import LESION, Draft, read_draft
from kg.patients.given import table_of
from kg.patients.tables import PatientTable
from kg.rdf.build import CohortJob, write_cohort
from kg.rdf.modules import guideline_graphs, guideline_quads
from kg.rdf.names import GRAPHS, OWN, cohort_graph, segment, verdict_graph
from kg.rdf.sinks import FileSink
from kg.stores import Store
from kg.stores.files import graph_name

THIS_PATIENT, THIS_COHORT = "this-patient", "this-cohort"


@dataclass(frozen=True)
class PatientGraph:
    """Patients with their verdicts as N-Quads.

    `graphs` are the names of their graphs and of those of the guideline.
    """

    quads: str
    graphs: tuple[str, ...]
    patients: tuple[str, ...]


def draft_graph(guideline: Guideline, draft: Draft) -> PatientGraph:
    """Return the graph of a draft, without its faults; it goes by `this-patient` if unnamed."""
    faults = read_draft(guideline, draft).faults
    name = draft.patient_id.strip() or THIS_PATIENT
    cells = {n: text for n, text in draft.cells.items() if n not in faults and n != ID}
    rows = [] if LESION in faults else draft.lesions
    lesions = [
        {ID: name, LESION_ID: str(i), **{k: v for k, v in lesion.items() if v}}
        for i, lesion in enumerate(rows, 1)
    ]
    table = table_of(guideline, [{ID: name, **cells}], lesions or None)
    return table_graph(guideline, table, THIS_PATIENT)


def cohort_quads(guideline: Guideline, table: PatientTable) -> bytes:
    """Return the guideline and the cohort of a table with its verdicts as N-Quads."""
    written = ox.serialize(guideline_quads(guideline), format=ox.RdfFormat.N_QUADS)
    assert written is not None  # noqa: S101 - serialising to memory returns bytes
    return written + table_graph(guideline, table, THIS_COHORT).quads.encode()


def put_table(guideline: Guideline, store: Store, table: PatientTable | None) -> Summary | None:
    """Put the guideline, and the cohort of a table with its verdicts, into a store."""
    store.add(guideline_quads(guideline))
    if table is None:
        return None
    rejects = RejectCounter()
    found = table_graph(guideline, table, THIS_COHORT, rejects)
    store.add(ox.parse(found.quads.encode(), format=ox.RdfFormat.N_QUADS))
    return rejects.summary


def table_graph(
    guideline: Guideline, table: PatientTable, name: str, rejects: RejectCounter | None = None
) -> PatientGraph:
    """Return the graph of a table as the cohort `name`; rejected rows are only counted."""
    written, job = BytesIO(), CohortJob(name, table, rejects or RejectCounter())
    write_cohort(guideline, job, engine_of("compiled", guideline), FileSink(written))
    own = cohort_graph(name), verdict_graph(name, guideline.qualifier)
    graphs = (*guideline_graphs(guideline), *own)
    return PatientGraph(written.getvalue().decode(), graphs, tuple(table.ids.drop_nulls()))


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
