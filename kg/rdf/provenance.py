"""Where verdicts come from: a run of an engine over a table, told in PROV."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.ontology import HCC, OWL, PROV, RDF, RDFS, ROOT, XSD
from kg.rdf.names import cohort_graph, verdict_graph

PACKAGE = "hcc-kg"


@dataclass(frozen=True)
class Run:
    """A run: `tables` maps patients and lesions to the name of the file and its SHA-256.

    `assumed` are the cells that it assumes where records are silent.
    """

    cohort: str
    engine: str
    tables: Mapping[str, tuple[str, str]]
    started: datetime
    ended: datetime
    classified: int
    rejected: int
    assumed: Mapping[str, str] = field(default_factory=dict)

    @property
    def iri(self) -> str:
        """The IRI of the run: each has its own."""
        parts = [self.cohort, self.engine, repr(sorted(self.tables.items()))]
        parts.append(self.started.isoformat())
        return f"{HCC}run/{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, which is read in parts."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def quads(guideline: Guideline, run: Run) -> Iterator[ox.Quad]:
    """Yield the provenance of a run; all of it stands in the graph of verdicts.

    Every node but the version of the ontology is the run's own, so that no triple stands in
    two graphs: stores count those twice where they read the union of all graphs.
    """
    graph = ox.NamedNode(verdict_graph(run.cohort, guideline.qualifier))
    for subject, predicate, value in _triples(guideline, run):
        term = ox.NamedNode(value) if isinstance(value, str) else value
        yield ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), term, graph)


def _triples(guideline: Guideline, run: Run) -> Iterator[tuple[str, str, str | ox.Literal]]:
    asserted, inferred = cohort_graph(run.cohort), verdict_graph(run.cohort, guideline.qualifier)
    activity = run.iri
    agent = f"{activity}/software"
    yield inferred, RDF + "type", HCC + "InferredGraph"
    yield inferred, PROV + "wasGeneratedBy", activity
    yield inferred, PROV + "wasDerivedFrom", asserted
    yield asserted, RDF + "type", HCC + "AssertedGraph"
    yield asserted, RDFS + "label", ox.Literal(run.cohort)
    yield activity, RDF + "type", PROV + "Activity"
    yield activity, PROV + "startedAtTime", _time(run.started)
    yield activity, PROV + "endedAtTime", _time(run.ended)
    yield activity, HCC + "classified", ox.Literal(run.classified)
    yield activity, HCC + "rejected", ox.Literal(run.rejected)
    for iri in guideline.ontology.iris(ox.NamedNode(ROOT), OWL + "versionIRI"):
        yield activity, PROV + "used", iri
    yield activity, HCC + "edition", HCC + guideline.source.name
    yield activity, HCC + "ontologySha256", ox.Literal(guideline.ontology.sha256)
    for role, (name, digest) in run.tables.items():
        table = f"{activity}/{role}"
        yield activity, PROV + "used", table
        yield asserted, PROV + "wasDerivedFrom", table
        yield table, RDF + "type", PROV + "Entity"
        yield table, RDFS + "label", ox.Literal(name)
        yield table, HCC + "sha256", ox.Literal(digest)
    for name, cell in run.assumed.items():
        assumption = f"{activity}/assumed/{name}"
        yield activity, HCC + "assumes", assumption
        yield assumption, HCC + "variable", guideline.variables[name].iri
        yield assumption, HCC + "cell", ox.Literal(cell)
    yield activity, PROV + "wasAssociatedWith", agent
    yield agent, RDF + "type", PROV + "SoftwareAgent"
    yield agent, RDFS + "label", ox.Literal(PACKAGE)
    yield agent, OWL + "versionInfo", ox.Literal(version(PACKAGE))
    yield agent, HCC + "engine", ox.Literal(run.engine)


def _time(when: datetime) -> ox.Literal:
    text = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ox.Literal(text, datatype=ox.NamedNode(XSD + "dateTime"))
