"""HermiT, an OWL 2 DL reasoner, in this process: every membership is asked as an entailment.

1. The logical modules of the ontology are loaded once; one individual stands for the
   patient, since HermiT's time grows steeply with the number of patients.
2. A record becomes assertions about that individual: a value is asserted as it is, and
   partial knowledge as membership in a helper class "some value of these". A number that is
   not pinned is given as one representative of each band that remains possible: within a
   band no class can tell values apart, and this HermiT mishandles negated numeric facets.
3. For each class C the reasoner is asked whether the patient is entailed to be a C, and
   whether to be no C. Neither: unknown. The patient is also asserted to be a Patient, so
   that the totality of the variables applies.
4. What the diagrams expect is asked first, of many classes at once: to belong to a conjunction
   is to belong to each part, and who is not entailed to belong to a union is not entailed to
   belong to any part. Where HermiT does not find it, each part is asked by itself; so the
   expectation decides the order of the questions, and no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import polars as pl

from kg.engines.java import LOCK, java, load, told
from kg.engines.registry import BatchEngine, nothing
from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.guideline.values import Knowledge, Variable
from kg.keys import ROW
from kg.ontology import HCC, LOGICAL
from kg.patients.records import Record
from kg.patients.tables import Batch, RowReader
from kg.reasoning.completions import together
from kg.reasoning.logic import logic_of
from kg.reasoning.results import to_frame
from kg.reasoning.verdicts import (
    EXCLUDED,
    MET,
    UNKNOWN,
    PatientResult,
    classified,
    result,
)

_PATIENT = "urn:hcc-kg:patient"
_HELPER = "urn:hcc-kg:known:"
_SHORTER = (  # what makes a rendered axiom readable
    (f"<{_PATIENT}>", "patient"),
    (f"<{_HELPER}([^:>]+):[0-9]+>", r"known_\1"),
    (r'"([^"]*)"\^\^(decimal|integer|boolean)', r"\1"),
    (r'("[^"]*")\^\^string', r"\1"),
)
_AT_ONCE = 32  # classes in one question: more make a search that costs more than it saves


class Hermit:
    """HermiT over the logical modules of a guideline; safe to use from several threads."""

    name, one_by_one = "hermit", True

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self._java = owl = java()
        with LOCK, told():
            self._manager = owl.manager_of.createOWLOntologyManager()
            self._factory = self._manager.getOWLDataFactory()
            self._ontology = load(owl, self._manager, guideline.ontology, LOGICAL)
            self._patient = self._factory.getOWLNamedIndividual(owl.iri.create(_PATIENT))
            self._variables = self._without_unused()
            declaration = self._factory.getOWLDeclarationAxiom(self._patient)
            self._manager.addAxiom(self._ontology, declaration)
            self._helpers: dict[tuple[str, int], Any] = {}
            self._asserted: list[Any] = []
            self._reasoner: Any = None

    def _without_unused(self) -> list[str]:
        """Take out the variables that only other editions use; return the others.

        No class turns on them, and their axioms cost the reasoner time.
        """
        guideline = self.guideline
        names = [name for name, v in guideline.variables.items() if v.type != "string"]
        for name in names:
            if name not in guideline.used:
                iri = self._java.iri.create(guideline.variables[name].iri)
                property_ = self._factory.getOWLDataProperty(iri)
                for axiom in list(self._ontology.getReferencingAxioms(property_)):
                    self._manager.removeAxiom(self._ontology, axiom)
        return [name for name in names if name in guideline.used]

    def classify(self, record: Record) -> PatientResult:
        """Return the result for a record; every state in it was asked of HermiT."""
        return classified(self.guideline, record, self._once)

    def _once(self, record: Record) -> PatientResult:
        logic = logic_of(self.guideline)
        return result(self.guideline, record, self.states(record), logic.missing, logic.intent)

    def batches(self, advance: Callable[[], object] = nothing, missing: bool = True) -> BatchEngine:
        """Return HermiT for batches: one record after another; `advance` is called after each.

        `missing` variables are told in any case: beside the reasoning they cost nothing.
        """

        def classify(table: RowReader, batch: Batch) -> pl.DataFrame:
            results = []
            for record in table.records(batch):
                results.append(self.classify(record))
                advance()
            numbers = batch.cells[ROW].to_list()
            return to_frame(self.guideline, results, numbers, table.assumptions)

        return classify

    def states(self, record: Record) -> dict[str, str]:
        """Return met, excluded or unknown for every class that decides a result.

        Raises:
            OntologyError: the ontology, or the record under it, is inconsistent.
        """
        return self.states_of(record, self.guideline.classes)

    def states_of(self, record: Record, names: tuple[str, ...]) -> dict[str, str]:
        """Return the states of some named classes.

        Raises:
            OntologyError: as `states`.
        """
        logic = logic_of(self.guideline)
        expected = {name: logic.state(name, record.known) for name in names}
        known = [name for name in names if expected[name] != UNKNOWN]
        open_ = [(n, s) for n in names if expected[n] == UNKNOWN for s in (MET, EXCLUDED)]
        found: dict[str, str] = {}
        with LOCK, told():
            self._assert(record)
            for start in range(0, len(known), _AT_ONCE):
                found |= self._confirmed(known[start : start + _AT_ONCE], expected)
            denied = {
                state
                for group in together(logic, record.known, open_, _AT_ONCE)
                for state in self._denied(group)
            }
            return {name: found.get(name) or self._state(name, denied) for name in names}

    def justification(self, record: Record, name: str) -> tuple[str, list[str]]:
        """Return why a record belongs to a class, or to its complement.

        The first part is the state. The second is one minimal set of axioms and facts that
        entail it, in Manchester syntax; empty where the state is unknown.
        """
        with LOCK, told():
            self._assert(record)
            state = self._state(name)
            if state == UNKNOWN:
                return state, []
            class_ = self._class(name)
            # Looking for a proof that the patient cannot belong to the opposite class.
            opposite = class_.getObjectComplementOf() if state == MET else class_
            patient = self._factory.getOWLObjectOneOf(self._patient)
            impossible = self._factory.getOWLObjectIntersectionOf(patient, opposite)
            explanation = self._java.explain(
                self._ontology, self._java.factory(), self._reasoner
            ).getExplanation(impossible)
            return state, self._readable(explanation)

    def _confirmed(self, names: list[str], expected: Mapping[str, str]) -> dict[str, str]:
        """Return the states that are expected of some classes, as far as HermiT finds them."""
        if self._entails(*(self._in_state(name, expected[name]) for name in names)):
            return {name: expected[name] for name in names}
        if len(names) == 1:
            return {}
        middle = len(names) // 2
        parts = (names[:middle], names[middle:])
        return {k: v for part in parts for k, v in self._confirmed(part, expected).items()}

    def _denied(self, group: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the opposites of some states, if HermiT finds them all to be not entailed."""
        opposites = [(name, EXCLUDED if state == MET else MET) for name, state in group]
        parts = (self._in_state(name, state) for name, state in opposites)
        is_one_entailed = self._entails(self._factory.getOWLObjectUnionOf(*parts))
        return [] if is_one_entailed else opposites

    def _state(self, name: str, denied: Collection[tuple[str, str]] = ()) -> str:
        """Return the state of a class; what is `denied` is known to be not entailed."""
        asked = (state for state in (MET, EXCLUDED) if (name, state) not in denied)
        definite = (state for state in asked if self._entails(self._in_state(name, state)))
        return next(definite, UNKNOWN)

    def _in_state(self, name: str, state: str) -> Any:
        """Return the class of the patients who are in a class, or outside it."""
        return self._class(name) if state == MET else self._class(name).getObjectComplementOf()

    def _class(self, name: str) -> Any:
        return self._factory.getOWLClass(self._java.iri.create(HCC + name))

    def _entails(self, *expressions: Any) -> bool:
        # Asked of a bare name, this HermiT answers from a cache of instances that misses some
        # entailments; an anonymous expression is always decided by the tableau.
        anonymous = self._factory.getOWLObjectIntersectionOf(
            *expressions, self._factory.getOWLThing()
        )
        axiom = self._factory.getOWLClassAssertionAxiom(anonymous, self._patient)
        return bool(self._reasoner.isEntailed(axiom))

    def _assert(self, record: Record) -> None:
        """Make the record the only thing said of the patient."""
        for axiom in self._asserted:
            self._manager.removeAxiom(self._ontology, axiom)
        helpers = len(self._helpers)
        self._asserted = list(self._assertions(record.known))
        for axiom in self._asserted:
            self._manager.addAxiom(self._ontology, axiom)
        if self._reasoner is None or len(self._helpers) > helpers:
            # A new helper class changes the terminology: HermiT starts afresh.
            if self._reasoner is not None:
                self._reasoner.dispose()
            configuration = self._java.configuration()
            self._reasoner = self._java.hermit(configuration, self._ontology)
        else:
            self._reasoner.flush()
        if not self._reasoner.isConsistent():
            raise OntologyError(
                f"patient {record.patient_id}: the record is inconsistent with the ontology; "
                "check the ontology with 'hcc-kg check'"
            )

    def _assertions(self, known: Mapping[str, Knowledge]) -> Iterator[Any]:
        patient_class = self._class("Patient")
        yield self._factory.getOWLClassAssertionAxiom(patient_class, self._patient)
        for name in self._variables:
            variable, knowledge = self.guideline.variables[name], known[name]
            value = variable.single(knowledge)
            if value is not None:
                on = self._factory.getOWLDataProperty(self._java.iri.create(variable.iri))
                literal = self._literal(variable, value)
                yield self._factory.getOWLDataPropertyAssertionAxiom(on, self._patient, literal)
            elif variable.is_number or knowledge.mask != variable.everything:
                helper = self._helper(variable, knowledge.mask)
                yield self._factory.getOWLClassAssertionAxiom(helper, self._patient)

    def _helper(self, variable: Variable, mask: int) -> Any:
        """Return the class of those whose value lies in one of the bands of a mask."""
        key = (variable.name, mask)
        if key not in self._helpers:
            helper = self._factory.getOWLClass(
                self._java.iri.create(f"{_HELPER}{variable.name}:{mask}")
            )
            literals = self._java.hash_set()
            for word in variable.samples(mask):
                literals.add(self._literal(variable, word))
            on = self._factory.getOWLDataProperty(self._java.iri.create(variable.iri))
            filler = self._factory.getOWLDataOneOf(literals)
            some = self._factory.getOWLDataSomeValuesFrom(on, filler)
            axiom = self._factory.getOWLSubClassOfAxiom(helper, some)
            self._manager.addAxiom(self._ontology, axiom)
            self._helpers[key] = helper
        return self._helpers[key]

    def _literal(self, variable: Variable, word: str) -> Any:
        kinds = {"boolean": "XSD_BOOLEAN", "integer": "XSD_INTEGER", "decimal": "XSD_DECIMAL"}
        kind = getattr(self._java.datatype, kinds.get(variable.type, "XSD_STRING"))
        datatype = self._factory.getOWLDatatype(kind.getIRI())
        return self._factory.getOWLLiteral(word, datatype)

    def _readable(self, axioms: Any) -> list[str]:
        """Return axioms with short names, the facts about the patient first."""
        renderer = self._java.renderer()
        texts = [str(renderer.render(axiom)).strip() for axiom in axioms]
        for pattern, short in _SHORTER:
            texts = [re.sub(pattern, short, text) for text in texts]
        return sorted(texts, key=lambda text: (not text.startswith("patient "), text))


def engine(guideline: Guideline) -> Hermit:
    """Return HermiT; it loads the ontology into Java.

    Raises:
        ComponentError: there is no usable Java.
    """
    return Hermit(guideline)
