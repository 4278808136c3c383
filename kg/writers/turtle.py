"""Turtle: patients with their eligible classes, and a node for each verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.ontology import HCC, RDF, SKOS
from kg.results import patients
from kg.verdicts import (
    ELIGIBLE,
    ELIGIBLE_UNCHECKED,
    ELIGIBLE_WITH_CAUTION,
    MET,
    PatientResult,
)
from kg.writers import Chunk, Task

_TYPE = ox.NamedNode(RDF + "type")
_PREFIXES = {"hcc": HCC, "skos": SKOS, "patient": HCC + "patient/"}


def patient_iri(patient_id: str) -> str:
    """Return the IRI of a patient."""
    return f"{HCC}patient/{quote(patient_id, safe='')}"


def write_turtle(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write Turtle, patient by patient."""
    with path.open("wb") as file:
        for chunk in chunks:
            for result in patients(task.guideline, chunk.frame):
                triples = list(result_triples(task.guideline, result.narrowed(task.therapies)))
                ox.serialize(triples, file, format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES)


def result_triples(guideline: Guideline, result: PatientResult) -> Iterator[ox.Triple]:
    """Yield what a result says, as triples."""
    patient = ox.NamedNode(patient_iri(result.patient_id))

    def triple(subject: ox.NamedNode, name: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
        return ox.Triple(subject, ox.NamedNode(HCC + name), value)

    yield ox.Triple(patient, _TYPE, ox.NamedNode(HCC + "Patient"))
    yield triple(patient, "patient_id", ox.Literal(result.patient_id))
    for conflict in result.conflicts:
        yield triple(patient, "conflict", ox.Literal(conflict.message, language="en"))
    for name, state in result.recommendations.items():
        if state == MET:
            yield triple(patient, "applies", ox.NamedNode(HCC + name))
    for answer in result.therapies.values():
        therapy = guideline.therapies[answer.therapy]
        if answer.verdict in (ELIGIBLE, ELIGIBLE_WITH_CAUTION, ELIGIBLE_UNCHECKED):
            yield ox.Triple(patient, _TYPE, ox.NamedNode(HCC + therapy.classes["eligible"]))
        verdict = ox.NamedNode(f"{patient.value}/verdict/{answer.therapy}")
        word = "".join(part.capitalize() for part in answer.verdict.split("_"))
        yield ox.Triple(verdict, _TYPE, ox.NamedNode(HCC + "Verdict"))
        yield triple(verdict, "verdictOn", patient)
        yield triple(verdict, "therapy", ox.NamedNode(therapy.iri))
        yield triple(verdict, "verdict", ox.NamedNode(f"{HCC}{word}Verdict"))
        for name in ("met", "missing", "unchecked"):
            for value in getattr(answer, name):
                yield triple(verdict, name, ox.NamedNode(HCC + value))
