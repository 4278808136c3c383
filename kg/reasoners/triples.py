"""The guideline and records as triples that a stock reasoner takes: nothing is left to programs.

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
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

import pyoxigraph as ox

from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.guideline.values import Knowledge, Variable, bands_of
from kg.ontology import HCC, OWL, RDFS, ROOT, XSD, Ontology
from kg.patients.records import Record
from kg.rdf.names import patient_iri

LOGICAL = frozenset(
    {"vocabulary", "variables", "taxonomy", "stages", "criteria", "therapies", "recommendations"}
)
_LONGEST = 30  # characters of a number that a reasoner takes
_PREFIXES = f"PREFIX owl: <{OWL}> PREFIX rdfs: <{RDFS}>\n"


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
    for triple in header(guideline.ontology, node):
        named = triple.predicate.value == OWL + "versionIRI"
        yield ox.Triple(node, triple.predicate, ox.NamedNode(version)) if named else triple
    yield from guideline.ontology.merged(set(LOGICAL))
    quads = ox.parse(_PREFIXES + said, format=ox.RdfFormat.TURTLE)
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
        value = pinned(variable, knowledge)
        if value is not None:
            said.append(f"<{variable.iri}> {value}")
        elif knowledge.mask != variable.everything:
            said.append(_some(variable, _one_of(variable, knowledge.mask)))
        elif name in asked:
            said.append(_some(variable, []))
    return f"<{patient_iri(record.patient_id)}> {' ; '.join(said)} .\n"


@lru_cache(maxsize=8)
def _asked(guideline: Guideline) -> frozenset[str]:
    """Return the variables that some class of the edition asks for."""
    names = (*guideline.criteria, *guideline.recommendations, *guideline.responses)
    return frozenset(atom.variable for name in names for atom in guideline.atoms_of(name))


def pinned(variable: Variable, knowledge: Knowledge) -> ox.Literal | None:
    """Return the one value that is left; None where there are more, or it is too long to take."""
    if not knowledge.pinned:
        return None
    if not variable.is_number:
        return _literal(variable, variable.words[knowledge.mask.bit_length() - 1])
    low = knowledge.intervals[0].low
    if low is None or len(plain(low)) > _LONGEST or "E" in plain(low):
        return None
    return _literal(variable, _number(variable, low))


def _one_of(variable: Variable, mask: int) -> list[ox.Literal]:
    """Return values that stand for all those of the bands of a mask."""
    if variable.is_number:
        found = variable.representatives(mask)
        return [_literal(variable, _number(variable, number)) for number in found]
    return [_literal(variable, variable.words[i]) for i in bands_of(mask)]


def _some(variable: Variable, values: Sequence[ox.Literal]) -> str:
    """Return the assertion that a variable has some value, or one of those given, in Turtle."""
    listed = f"[ a rdfs:Datatype ; owl:oneOf ( {' '.join(map(str, values))} ) ]"
    some = f"owl:someValuesFrom {listed if values else 'rdfs:Literal'}"
    return f"a [ a owl:Restriction ; owl:onProperty <{variable.iri}> ; {some} ]"


def _number(variable: Variable, number: Decimal) -> str:
    text = plain(number)
    return f"{text}.0" if variable.type == "decimal" and "." not in text else text


def _literal(variable: Variable, word: str) -> ox.Literal:
    type_ = {"boolean": "boolean", "integer": "integer", "decimal": "decimal"}.get(variable.type)
    return ox.Literal(word, datatype=ox.NamedNode(XSD + (type_ or "string")))
