"""Stock reasoners on the guideline and one patient, as owlready2 and Protege ask them.

What owlready2 takes is compared with an ontology of one class, for which it starts Java, too;
HermiT in the OWL API, with reading the file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from kg import paths
from kg.benchmarks.figures import Figure, compared, figure, timed
from kg.engines.java import LOCK, java, told
from kg.guideline import Guideline
from kg.ontology import HCC, OWL, RDF
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.rdf.names import patient_iri
from kg.reasoners import every_record, loaded, rdf_xml, synchronise

_COMPLETE, _INCOMPLETE = "small-single-tumour", "referral-letter-only"  # of the example cohort
_MOST = 15.0  # seconds
_SMALLEST = f"""<rdf:RDF xmlns:rdf="{RDF}" xmlns:owl="{OWL}" xml:base="{HCC}">
<owl:Ontology rdf:about="{HCC}"/><owl:Class rdf:about="{HCC}Smallest"/></rdf:RDF>""".encode()


def figures(guideline: Guideline, runs: int) -> Iterator[Figure]:
    """Yield the seconds of owlready2 and of HermiT in the OWL API for one patient."""
    table = PatientTable(guideline, paths.example_cohort(), paths.example_lesions())
    records = {record.patient_id: record for record in every_record(table)}
    base = timed("owlready2: an ontology of one class", partial(_by_owlready, _SMALLEST), runs)
    yield base
    for word, patient in (("a complete", _COMPLETE), ("an incomplete", _INCOMPLETE)):
        document = rdf_xml(guideline, [records[patient]])
        taken = timed(f"owlready2: {word} patient", partial(_by_owlready, document), runs)
        yield replace(compared(taken, base, _MOST), of_median=True)
    yield from _by_owl_api(guideline, [*records.values()])


def _by_owlready(document: bytes) -> None:
    synchronise(loaded(document))


def _by_owl_api(guideline: Guideline, records: list[Record]) -> Iterator[Figure]:
    """Yield the seconds to read the file of a patient, and to find all types of the patient."""
    owl, reading, reasoning = java(), list[float](), list[float]()
    for record in [records[0], *records]:  # the first run warms Java up
        document = owl.io_string(rdf_xml(guideline, [record]).decode())
        with LOCK, told():
            manager = owl.manager_of.createOWLOntologyManager()
            start = time.perf_counter()
            ontology = manager.loadOntologyFromOntologyDocument(document)
            read = time.perf_counter()
            iri = owl.iri.create(patient_iri(record.patient_id))
            patient = manager.getOWLDataFactory().getOWLNamedIndividual(iri)
            reasoner = owl.hermit(owl.configuration(), ontology)
            reasoner.getTypes(patient, False)
            reasoning.append(time.perf_counter() - read)
            reading.append(read - start)
            reasoner.dispose()
    count = f"{len(records)} patients of the example"
    base = figure(f"OWL API: read the file, {count}", "s", reading[1:])
    yield base
    taken = figure(f"HermiT in the OWL API: types of the patient, {count}", "s", reasoning[1:])
    yield replace(compared(taken, base, _MOST), of_median=True)
