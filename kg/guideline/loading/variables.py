"""The variables of the ontology: their ranges, values, and the bands that thresholds cut."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline.formula import Formula, atoms, decimal_of, read_range
from kg.guideline.intervals import Interval, cut_bands
from kg.guideline.loading.lookups import Terms
from kg.guideline.values import BOOLEAN, Unit, Value, Variable, unit_key
from kg.ontology import (
    ALT_LABEL,
    DEFINITION,
    HCC,
    HIDDEN_LABEL,
    LABEL,
    NOTATION,
    OWL,
    RDFS,
    Ontology,
    local_name,
)


class VariableReader(Terms):
    """Reads the variables."""

    def variables(self) -> dict[str, Variable]:
        """Return all variables by name, in their order, still without bands."""
        nodes = self.ontology.of_type(OWL + "DatatypeProperty")
        own = sorted((n for n in nodes if n.value.startswith(HCC)), key=self.position)
        return {variable.name: variable for variable in map(self._variable, own)}

    def _variable(self, node: ox.NamedNode) -> Variable:
        ontology, name = self.ontology, local_name(node.value)
        range_node = ontology.value(node, RDFS + "range")
        try:
            if range_node is None:
                raise OntologyError("there is no rdfs:range")
            type_, words, interval = read_range(ontology, range_node)
        except OntologyError as error:
            raise OntologyError(f"hcc:{name}: {error}") from error
        return Variable(
            name=self.need(node, NOTATION),
            iri=node.value,
            type=type_,
            label=self.need(node, LABEL),
            definition=self.need(node, DEFINITION),
            alt_labels=ontology.texts(node, ALT_LABEL),
            role=self.concept(node, "role") or "",
            group=self.concept(node, "group"),
            unit=ontology.text(node, HCC + "unit"),
            unit_symbol=ontology.text(node, HCC + "unitSymbol"),
            changeable=ontology.text(node, HCC + "changeable") == "true",
            lesion_column=ontology.text(node, HCC + "lesionColumn"),
            lesion_aggregation=ontology.text(node, HCC + "lesionAggregation"),
            headline=ontology.text(node, HCC + "headline"),
            worse=self.concept(node, "worse"),
            values=self._values(node, type_, words),
            range=interval,
            unremarkable=ontology.text(node, HCC + "unremarkable"),
            plausible=ontology.text(node, HCC + "plausible"),
            typical=ontology.text(node, HCC + "typical"),
            units=self._units(node),
            hidden_labels=ontology.texts(node, HIDDEN_LABEL),
            absent_labels=self._folded(node, "absentLabel"),
            site_labels=self._folded(node, "siteLabel"),
            wider_labels=self._folded(node, "widerLabel"),
            asked_first=ontology.text(node, HCC + "askedFirst") == "true",
        )

    def _folded(self, node: ox.NamedNode, name: str) -> tuple[str, ...]:
        return tuple(word.casefold() for word in self.ontology.texts(node, HCC + name))

    def _units(self, node: ox.NamedNode) -> tuple[Unit, ...]:
        """Return the units of a variable, its own first.

        Raises:
            OntologyError: a conversion lacks its factor, or two units are spelt alike.
        """
        ontology, name = self.ontology, local_name(node.value)
        own = ontology.text(node, HCC + "unit")
        if own is None:
            return ()
        units = [Unit(own, Decimal(1), self._spellings(own))]
        for part in ontology.values(node, HCC + "otherUnit"):
            unit = ox.NamedNode(self.one(part, HCC + "inUnit"))
            code, factor = self.need(unit, HCC + "ucum"), self.need(part, HCC + "factor")
            units.append(Unit(code, _short(factor), ontology.texts(unit, HCC + "spelling")))
        keys = [unit_key(word) for unit in units for word in (unit.code, *unit.spellings)]
        if len(set(keys)) < len(keys):
            odd = next(key for key in keys if keys.count(key) > 1)
            raise OntologyError(f"hcc:{name}: more than one of its units is written {odd!r}")
        return tuple(units)

    def _spellings(self, code: str) -> tuple[str, ...]:
        for unit in self.ontology.subjects(HCC + "ucum", ox.Literal(code)):
            return self.ontology.texts(unit, HCC + "spelling")
        return ()

    def _values(self, node: ox.NamedNode, type_: str, words: tuple[str, ...]) -> tuple[Value, ...]:
        if type_ == "boolean":
            return tuple(Value(w, {"true": "yes", "false": "no"}[w], "") for w in BOOLEAN)
        concepts = {
            self.need(concept, NOTATION): concept
            for concept in self.ontology.subjects(HCC + "valueOf", node)
        }
        if set(concepts) != set(words):
            odd = ", ".join(sorted(set(concepts) ^ set(words)))
            raise OntologyError(f"hcc:{local_name(node.value)}: range and concepts differ in {odd}")
        found = []
        for word in words:
            node_ = concepts[word]
            label, definition = (self.need(node_, name) for name in (LABEL, DEFINITION))
            headline = self.ontology.text(node_, HCC + "headline")
            hidden = self.ontology.texts(node_, HIDDEN_LABEL)
            found.append(Value(word, label, definition, headline, hidden))
        return tuple(found)


def totals(ontology: Ontology) -> set[str]:
    """Return the variables that are totals of points."""
    found = ontology.of_type(HCC + "Derivation")
    return {local_name(i) for node in found for i in ontology.iris(node, HCC + "totals")}


def _short(factor: str) -> Decimal:
    """Return a factor without the zeros of its notation, which would go on into products."""
    number = decimal_of(factor)
    whole = number.to_integral_value()
    return whole if whole == number else number


def with_bands(
    variables: Mapping[str, Variable], formulas: Iterable[Formula], apart: Container[str] = ()
) -> dict[str, Variable]:
    """Return the variables with their bands, cut at every threshold of the formulas.

    Each value of a whole number in `apart`, which has a range, is a band of its own.
    """
    every = [atom for formula in formulas for atom in atoms(formula)]
    cut = {}
    for name, variable in variables.items():
        cuts = [i for atom in every if atom.variable == name for i in atom.intervals]
        if name in apart:
            low, high = (int(end or 0) for end in (variable.range.low, variable.range.high))
            cuts += [Interval.point(Decimal(number)) for number in range(low, high + 1)]
        whole = variable.type == "integer"
        bands = cut_bands(variable.range, cuts, whole) if variable.is_number else ()
        cut[name] = replace(variable, bands=bands)
    return cut
