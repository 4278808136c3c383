"""Class expressions of the ontology as formulas over variables, read from the triples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline.intervals import Interval
from kg.guideline.values import Variable
from kg.ontology import HCC, OWL, RDF, RDFS, XSD, Node, Ontology, local_name


@dataclass(frozen=True, slots=True)
class Atom:
    """One restriction: the variable takes one of the words, or lies in one of the intervals."""

    variable: str
    words: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()

    def mask(self, variables: Mapping[str, Variable]) -> int:
        """Return the bands of the variable in which the restriction holds."""
        variable = variables[self.variable]
        if variable.is_number:
            return variable.mask_of(self.intervals)
        return variable.mask_of_words(self.words)


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a named class."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """Complement."""

    part: Formula


@dataclass(frozen=True, slots=True)
class And:
    """Intersection."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Union."""

    parts: tuple[Formula, ...]


Formula: TypeAlias = Atom | Ref | Not | And | Or

_PATIENT = ox.NamedNode(HCC + "Patient")
_FACETS: dict[str, Callable[[Decimal], Interval]] = {
    XSD + "minInclusive": lambda d: Interval(d, None),
    XSD + "minExclusive": lambda d: Interval(d, None, True),
    XSD + "maxInclusive": lambda d: Interval(None, d),
    XSD + "maxExclusive": lambda d: Interval(None, d, False, True),
}


def read_range(ontology: Ontology, node: Node) -> tuple[str, tuple[str, ...], Interval]:
    """Return the type, the words and the interval of a data range.

    Raises:
        OntologyError: the data range is of another form.
    """
    if isinstance(node, ox.NamedNode):
        named = {XSD + name: name for name in ("boolean", "integer", "decimal", "string")}
        if node.value in named:
            words = ("true", "false") if named[node.value] == "boolean" else ()
            return named[node.value], words, Interval()
        raise OntologyError(f"the datatype <{node.value}> is not supported")
    values = ontology.value(node, OWL + "oneOf")
    if values is not None:
        literals = list(ontology.members(values))
        types = {literal.datatype.value for literal in literals if isinstance(literal, ox.Literal)}
        if types == {XSD + "string"}:
            return "enum", tuple(literal.value for literal in literals), Interval()
        raise OntologyError("owl:oneOf of a range takes plain strings only")
    base = ontology.value(node, OWL + "onDatatype")
    if base is None:
        raise OntologyError("a data range is neither owl:oneOf nor owl:onDatatype")
    interval, datatype = _facets(ontology, node)
    return local_name(datatype), (), interval


def _facets(ontology: Ontology, node: Node) -> tuple[Interval, str]:
    base = ontology.value(node, OWL + "onDatatype")
    facets = ontology.value(node, OWL + "withRestrictions")
    if not isinstance(base, ox.NamedNode) or facets is None:
        raise OntologyError("a datatype restriction lacks owl:onDatatype or owl:withRestrictions")
    interval = Interval()
    for facet in ontology.members(facets):
        for iri, build in _FACETS.items():
            for literal in ontology.values(facet, iri):
                if not isinstance(literal, ox.Literal) or literal.datatype.value != base.value:
                    raise OntologyError(
                        f"the facet {local_name(iri)} {literal} is not of the datatype "
                        f"{local_name(base.value)}: write decimals with a point, integers without"
                    )
                interval &= build(decimal_of(literal.value))
    if interval == Interval():
        raise OntologyError("a datatype restriction states no bound that is supported")
    return interval, base.value


def decimal_of(text: str) -> Decimal:
    """Return the number that a literal states.

    Raises:
        OntologyError: it is none.
    """
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise OntologyError(f"{text!r} is not a number; write one, such as 5.0") from error


class FormulaReader:
    """Reads the formula of a class; an unsupported construct is an error that names both."""

    def __init__(self, ontology: Ontology, variables: Mapping[str, Variable]) -> None:
        self.ontology = ontology
        self.variables = variables

    def read(self, owner: str) -> Formula:
        """Return the formula of the named class `owner`.

        Raises:
            OntologyError: the class has no single definition, or one of a form that is
                not supported.
        """
        definitions = self.ontology.values(ox.NamedNode(HCC + owner), OWL + "equivalentClass")
        if len(definitions) != 1:
            raise OntologyError(
                f"hcc:{owner} has {len(definitions)} definitions; it needs one owl:equivalentClass"
            )
        try:
            return self._expression(definitions[0])
        except OntologyError as error:
            raise OntologyError(f"hcc:{owner}: {error}") from error

    def _expression(self, node: Node) -> Formula:
        if isinstance(node, ox.NamedNode):
            if not node.value.startswith(HCC):
                raise OntologyError(f"<{node.value}> is not a class of this ontology")
            return Ref(node.value.removeprefix(HCC))
        for iri, build in ((OWL + "intersectionOf", And), (OWL + "unionOf", Or)):
            head = self.ontology.value(node, iri)
            if head is not None:
                # A record is always that of a patient: within an intersection that says nothing.
                nodes = [n for n in self.ontology.members(head) if build is Or or n != _PATIENT]
                parts = tuple(self._expression(n) for n in nodes)
                return parts[0] if len(parts) == 1 else build(parts)
        part = self.ontology.value(node, OWL + "complementOf")
        if part is not None:
            return Not(self._expression(part))
        if self.ontology.value(node, OWL + "onProperty") is not None:
            return self._restriction(node)
        raise OntologyError(f"the construct {self._construct(node)} is not supported")

    def _construct(self, node: Node) -> str:
        plain = {OWL + "onProperty", RDF + "type", RDFS + "label"}
        names = [local_name(p) for p in self.ontology.predicates(node) if p not in plain]
        return ", ".join(f"owl:{name}" for name in sorted(names)) or "(an empty expression)"

    def _restriction(self, node: Node) -> Atom:
        on = self.ontology.value(node, OWL + "onProperty")
        name = on.value.removeprefix(HCC) if isinstance(on, ox.NamedNode) else "?"
        variable = self.variables.get(name)
        if variable is None:
            raise OntologyError(f"the restriction is on {name}, which is not a variable")
        value = self.ontology.value(node, OWL + "hasValue")
        if value is not None:
            return self._atom(variable, [value])
        filler = self.ontology.value(node, OWL + "someValuesFrom")
        if filler is None:
            raise OntologyError(
                f"the construct {self._construct(node)} on {name} is not supported; "
                "use owl:hasValue or owl:someValuesFrom"
            )
        values = self.ontology.value(filler, OWL + "oneOf")
        if values is not None:
            return self._atom(variable, list(self.ontology.members(values)))
        interval, datatype = _facets(self.ontology, filler)
        if not variable.is_number or local_name(datatype) != variable.type:
            raise OntologyError(
                f"a bound of type {local_name(datatype)} on {name}, which is {variable.type}"
            )
        return Atom(name, intervals=(interval,))

    def _atom(self, variable: Variable, literals: list[Node]) -> Atom:
        datatype = XSD + ("string" if variable.type == "enum" else variable.type)
        words = []
        for literal in literals:
            if not isinstance(literal, ox.Literal) or literal.datatype.value != datatype:
                raise OntologyError(f"{literal} is no {variable.type} value of {variable.name}")
            if not variable.is_number and literal.value not in variable.words:
                raise OntologyError(
                    f"{literal.value} is not a value of {variable.name}, which takes "
                    + ", ".join(variable.words)
                )
            words.append(literal.value)
        if variable.is_number:
            points = tuple(Interval.point(decimal_of(literal.value)) for literal in literals)
            return Atom(variable.name, intervals=points)
        return Atom(variable.name, words=tuple(words))


def leaves(formula: Formula) -> Iterator[Atom | Ref]:
    """Yield the atoms and references of a formula, without following references."""
    match formula:
        case Not(part):
            yield from leaves(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield formula


def atoms(formula: Formula) -> Iterator[Atom]:
    """Yield the atoms of a formula, without following references."""
    return (leaf for leaf in leaves(formula) if isinstance(leaf, Atom))


def references(formula: Formula) -> Iterator[str]:
    """Yield the names of the classes that a formula refers to."""
    return (leaf.name for leaf in leaves(formula) if isinstance(leaf, Ref))


def with_references(formula: Formula, meant: Callable[[str], Formula]) -> Formula:
    """Return a formula in which something else stands for each name that it refers to."""
    match formula:
        case Ref(name):
            return meant(name)
        case Not(part):
            return Not(with_references(part, meant))
        case And(parts) | Or(parts):
            return type(formula)(tuple(with_references(part, meant) for part in parts))
        case _:
            return formula


def manchester(formula: Formula, variables: Mapping[str, Variable]) -> str:
    """Return a formula in the Manchester syntax of OWL."""
    match formula:
        case Atom():
            return _manchester_atom(formula, variables[formula.variable])
        case Ref(name):
            return name
        case Not(part):
            return f"not ({manchester(part, variables)})"
        case And(parts):
            return " and ".join(_bracketed(part, variables) for part in parts)
        case Or(parts):
            return " or ".join(_bracketed(part, variables) for part in parts)


def _bracketed(formula: Formula, variables: Mapping[str, Variable]) -> str:
    text = manchester(formula, variables)
    return f"({text})" if isinstance(formula, And | Or | Atom) else text


def _manchester_atom(atom: Atom, variable: Variable) -> str:
    if all(
        interval.is_point for interval in atom.intervals
    ):  # so are words, of which there is none
        words = (f'"{word}"' if variable.type == "enum" else word for word in atom.words)
        values = [*words, *map(str, atom.intervals)]
        if len(values) == 1:
            return f"{atom.variable} value {values[0]}"
        return f"{atom.variable} some {{{', '.join(values)}}}"
    (interval,) = atom.intervals
    facets = []
    if interval.low is not None:
        facets.append(f"{'>' if interval.low_open else '>='} {interval.low}")
    if interval.high is not None:
        facets.append(f"{'<' if interval.high_open else '<='} {interval.high}")
    return f"{atom.variable} some xsd:{variable.type}[{', '.join(facets)}]"
