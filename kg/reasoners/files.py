"""Guideline and records as RDF/XML, the form that Protege, owlready2 and the OWL API read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import REASON, ROW
from kg.ontology import DCTERMS, HCC, OWL, RDFS, ROOT, SKOS, Ontology
from kg.output import whole_file
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.rdf import turtle
from kg.rdf.names import segment
from kg.reasoners.triples import header, merged

_XML = (".owl", ".rdf")
_PREFIXES = {  # owlready2 takes RDF/XML for another format where OWL has no prefix
    "dcterms": DCTERMS,
    "hcc": HCC,
    "owl": OWL,
    "rdfs": RDFS,
    "skos": SKOS,
}


def rdf_xml(guideline: Guideline, records: Iterable[Record] = ()) -> bytes:
    """Return the guideline, and what some records say, as one document that imports nothing."""
    found = ox.serialize(
        merged(guideline, records), format=ox.RdfFormat.RDF_XML, prefixes=_PREFIXES
    )
    assert found is not None  # noqa: S101 - serialising to memory returns bytes
    return found


def release(ontology: Ontology, path: Path) -> None:
    """Write an edition as one file: every module that it imports, under one header.

    Raises:
        InputError: the name does not end in .ttl, .owl or .rdf.
    """
    if path.suffix not in (".ttl", *_XML):
        raise InputError(f"{path}: name a file that ends in .ttl (Turtle), .owl or .rdf (RDF/XML)")
    edition = ox.NamedNode(f"{ROOT}/{ontology.edition}")
    triples = [*header(ontology, edition), *ontology.merged()]
    with whole_file(path) as part, part.open("wb") as file:
        if path.suffix in _XML:
            ox.serialize(triples, file, format=ox.RdfFormat.RDF_XML, prefixes=_PREFIXES)
        else:
            turtle.write(triples, file, _PREFIXES)


def write(guideline: Guideline, records: Iterable[Record], path: Path) -> int:
    """Write the guideline with records to a file, or one file a patient to a folder.

    Returns the number of files: a reasoner takes far longer for many patients in one.
    """
    if not path.is_dir():
        with whole_file(path) as part:
            part.write_bytes(rdf_xml(guideline, records))
        return 1
    written = 0
    for written, record in enumerate(records, 1):  # noqa: B007 - it is the count
        with whole_file(path / f"{segment(record.patient_id)}.owl") as part:
            part.write_bytes(rdf_xml(guideline, [record]))
    return written


def every_record(table: PatientTable) -> Iterator[Record]:
    """Yield the records of a table.

    Raises:
        InputError: a row cannot be read.
    """
    for batch in table.batches():
        for row in batch.rejected.iter_rows(named=True):
            raise InputError(
                f"row {row[ROW]}: {row[REASON]}; 'hcc-kg classify' writes all such rows to a file"
            )
        yield from table.records(batch)
