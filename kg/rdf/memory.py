"""Patients as a graph in memory, never written to a disk; columns of one's own as triples."""

from __future__ import annotations

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
from kg.keys import ID
from kg.ontology import HCC, XSD
from kg.patients.drafts import Draft, read_draft, rows_of
from kg.patients.given import table_of
from kg.patients.tables import PatientTable
from kg.rdf.build import CohortJob, fill, quads_of, write_cohort
from kg.rdf.modules import guideline_graphs
from kg.rdf.names import GRAPHS, OWN, cohort_graph, segment, verdict_graph
from kg.rdf.sinks import FileSink, store_sink
from kg.stores import Store
from kg.stores.files import graph_name
from kg.stores.oxigraph import OxigraphStore

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
    patients, lesions = rows_of(draft, name, faults)
    table = table_of(guideline, patients, lesions or None)
    written, job = BytesIO(), CohortJob(THIS_PATIENT, table, RejectCounter())
    write_cohort(guideline, job, engine_of("compiled", guideline), FileSink(written))
    own = cohort_graph(THIS_PATIENT), verdict_graph(THIS_PATIENT, guideline.qualifier)
    graphs = (*guideline_graphs(guideline), *own)
    return PatientGraph(written.getvalue().decode(), graphs, tuple(table.ids.drop_nulls()))


def cohort_quads(guideline: Guideline, table: PatientTable) -> bytes:
    """Return the guideline and the cohort of a table with its verdicts as N-Quads."""
    return quads_of(guideline, CohortJob(THIS_COHORT, table, RejectCounter()))


def put_table(
    guideline: Guideline, store: OxigraphStore, table: PatientTable | None
) -> Summary | None:
    """Put the guideline, and the cohort of a table with its verdicts, into a store."""
    jobs = [CohortJob(THIS_COHORT, table, RejectCounter())] if table is not None else []
    with store_sink(store) as sink:
        fill(guideline, jobs, sink)
    return jobs[0].summary if jobs else None


_PATIENTS = f"SELECT DISTINCT ?patient ?id {{ ?patient <{HCC}patient_id> ?id }}"


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
    if isinstance(value, str | bool | int | float):
        return ox.Literal(value)
    if isinstance(value, Decimal):
        return ox.Literal(f"{value:f}", datatype=ox.NamedNode(XSD + "decimal"))
    if isinstance(value, date):
        type_ = "dateTime" if isinstance(value, datetime) else "date"
        return ox.Literal(value.isoformat(), datatype=ox.NamedNode(XSD + type_))
    raise InputError(
        f"{place}: a value of type {type(value).__name__} is no literal; "
        "give numbers, booleans, texts, dates or times"
    )
