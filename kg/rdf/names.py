"""Names in the graph: IRIs of graphs, patients, lesions and verdicts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import quote

from kg.errors import InputError
from kg.ontology import HCC, OWL, PROV, RDF, RDFS, SKOS, XSD

PREFIXES = {
    "hcc": HCC,
    "patient": HCC + "patient/",
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
}
GRAPHS, OWN = HCC + "graph/", HCC + "own/"  # OWN: properties that are a user's own columns
ONTOLOGY, STATEMENTS, MAPPINGS = (GRAPHS + name for name in ("ontology", "statements", "mappings"))
COHORTS, VERDICT_GRAPHS = GRAPHS + "cohort/", GRAPHS + "verdicts/"

# Stores limit the length of an IRI (Virtuoso to about 1,900 characters).
LONGEST = 500
PLAIN = rf"^[A-Za-z0-9_.~-]{{1,{LONGEST}}}$"
_DOTS = (".", "..")  # what resolving an IRI would take for a step up or down a path


def segment(identifier: str) -> str:
    """Return an identifier as one part of the path of an IRI.

    It is percent-encoded; where that gets long, its SHA-256 stands in. No two identifiers
    share a part: the colon after `sha256` would be encoded in any other.
    """
    if identifier in _DOTS:
        return identifier.replace(".", "%2E")
    encoded = quote(identifier, safe="")
    if len(encoded) <= LONGEST:
        return encoded
    return "sha256:" + hashlib.sha256(identifier.encode()).hexdigest()


def patient_iri(patient_id: str) -> str:
    """Return the IRI of a patient."""
    return f"{HCC}patient/{segment(patient_id)}"


def verdict_path(therapy: str, edition: str = "") -> str:
    """Return what follows the IRI of a patient in that of a verdict."""
    return f"/verdict/{f'{edition}/' if edition else ''}{therapy}"


def slug(stem: str) -> str:
    """Return the name of a cohort that comes from a file of this name.

    Raises:
        InputError: nothing is left of the name.
    """
    name = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", stem)).strip("-.")
    if not name:
        raise InputError(f"{stem!r} gives no name for a cohort; rename the file")
    return name


def cohort_graph(name: str) -> str:
    """Return the IRI of the graph of patients as recorded."""
    return COHORTS + segment(name)


def verdict_graph(name: str, edition: str = "") -> str:
    """Return the IRI of the graph of what follows for these patients.

    `edition` is named where it is not the one that is meant by default: a store can hold both.
    """
    return VERDICT_GRAPHS + segment(name) + (f"/{edition}" if edition else "")
