"""Checks of numbers: each is stated in a formula, and every text that repeats it says the same.

1. The numbers of a class are the bounds in its formula, references followed, and those in the
   names and definitions of the variables and values there.
2. Its label, definition, reading and advice, and those of rules and alternative readings that
   point to it, may say these and no others; so a threshold that is changed alone is found.
   "Below 60" in a label or definition is so in the formula, too: neither "at most" nor "above".
3. A bound stands in a statement that the class is read from, or in its reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check
from kg.guideline import Guideline
from kg.guideline.formula import Atom, Formula, Not, Ref, atoms, references
from kg.ontology import ALT_LABEL, DEFINITION, EDITORIAL, HCC, LABEL, local_name

_TEXTS = {
    LABEL: "label",
    ALT_LABEL: "other label",
    DEFINITION: "definition",
    EDITORIAL: "reading",
    HCC + "advice": "advice",
    HCC + "message": "message",
}
_POINTS = ("points", "lowestTotal", "highestTotal")  # numbers of a class beside its formula
_LEADING = ("when", "then", "alternativeTo", "replacement", "replaces")  # to classes with formulas
_WORDS = {
    **{"two": 2, "several": 2, "multiple": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    **{"seven": 7, "eight": 8, "nine": 9, "ten": 10},
}
# Identifiers, places, items of a list, years of editions and powers of ten are no quantities.
_OTHER = re.compile(
    r"\b[A-Z]{3}-[A-Z0-9]+[a-z]?\b|\b[AB]\.\d(?:\(\d+\)\d*)?|\bitems? (?:\(?\d+\)?(?:, | and )?)+"
    r"|\(\d+\)|\b10(?:[*^]9|⁹)|\bedition of \d{4}|\bVp(?=\d)"
)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w^⁹]|\.\d)")
_SIDES = {
    **{"below": "below", "less than": "below", "at most": "at most", "up to": "at most"},
    **{"above": "above", "more than": "above", "exceeds": "above", "at least": "at least"},
}
_OPPOSITE = {"below": "at least", "at least": "below", "above": "at most", "at most": "above"}
_WHOLE = {  # how else a bound of whole numbers may be said
    **{"below": ("at most", -1), "at most": ("below", 1)},
    **{"above": ("at least", 1), "at least": ("above", -1)},
}
_OR_MORE = re.compile(r"(\d+(?:\.\d+)?)(%| \w+|) or more")
_BOUND = re.compile(rf"\b(no \w+ |not |)({'|'.join(_SIDES)}) (\d+(?:\.\d+)?)")


@check("agreement")
def numbers(material: Material) -> Examined:
    """Every number in a label, definition, reading or message is in the formula, on its side."""
    guideline, _ = material.alternatives
    subjects = {t.subject for t in guideline.ontology.triples if t.predicate.value == LABEL}
    for iri in sorted(node.value for node in subjects if isinstance(node, ox.NamedNode)):
        if names := [*_formulas(guideline, iri)]:
            node = ox.NamedNode(iri)
            odd = (*_odd_numbers(guideline, node, names), *_odd_sides(guideline, node, names))
            yield iri, odd


@check("agreement")
def bounds(material: Material) -> Examined:
    """Every bound that a class states is in a statement behind it, or in its reading."""
    guideline = material.guideline
    # A caution and the contraindication beside it have a statement in common.
    terms = [*guideline.criteria.values(), *guideline.recommendations.values()]
    for term in (*terms, *guideline.definitions.values()):
        users = [one for one in terms if term.id in definitions_of(guideline, one.formula)]
        near = [term, *users]
        kin = [one for one in terms if any({*one.statements} & {*each.statements} for each in near)]
        ids = {each for one in kin for each in one.statements} & guideline.statements.keys()
        said = [term.note or "", *(guideline.statements[each].paraphrase for each in ids)]
        known = set[Decimal]().union(*map(numbers_in, said))
        yield HCC + term.id, _unsourced(guideline, term.formula, known)


def definitions_of(guideline: Guideline, formula: Formula) -> set[str]:
    """Return the definitions that a formula refers to, through others, too."""
    direct = {*references(formula)} & guideline.definitions.keys()
    return direct.union(*(definitions_of(guideline, guideline.formulas[n]) for n in direct))


def numbers_in(text: str) -> set[Decimal]:
    """Return the quantities that a text states, in digits or in words, "one" not among them."""
    plain = _OTHER.sub(" ", text).replace("-", " ").replace("–", " ")
    words = re.findall(r"[a-z]+", plain.lower())
    return {Decimal(d) for d in _NUMBER.findall(plain)} | {
        Decimal(_WORDS[w]) for w in words if w in _WORDS
    }


def _unsourced(guideline: Guideline, formula: Formula, known: set[Decimal]) -> Iterator[str]:
    for variable, bound in sorted(bounds_of(atoms(formula))):
        # Of whole numbers those beside a bound say the same: "3 or more" is "not up to 2".
        aside = 1 if guideline.variables[variable].type == "integer" else 0
        if bound > 1 and not known & {bound, bound - aside, bound + aside}:
            yield (
                f"{bound:f} in its formula is in no statement behind it, nor in its reading; "
                "correct it, or say in the reading where it comes from"
            )


def _formulas(guideline: Guideline, iri: str) -> Iterator[str]:
    """Yield the classes with formulas that the texts of a term are about."""
    node, own = ox.NamedNode(iri), (iri,) if iri.startswith(HCC) else ()
    led = (other for word in _LEADING for other in guideline.ontology.iris(node, HCC + word))
    for name in map(local_name, (*own, *led)):
        if name in guideline.formulas:
            yield name


def _odd_numbers(guideline: Guideline, node: ox.NamedNode, names: Iterable[str]) -> Iterator[str]:
    known = set[Decimal]()
    for name in names:
        known |= _known(guideline, name)
    for predicate, word in _TEXTS.items():
        for text in guideline.ontology.texts(node, predicate):
            for number in sorted(numbers_in(text) - known):
                yield f"its {word} says {number:f}, which is not in the formula: {text!r}"


def _odd_sides(guideline: Guideline, node: ox.NamedNode, names: Iterable[str]) -> Iterator[str]:
    """Yield where a text puts values on another side of a bound than the formula."""
    stated = {one for name in names for one in _stated(guideline, guideline.formulas[name])}
    for predicate in (LABEL, ALT_LABEL, DEFINITION):
        for text in guideline.ontology.texts(node, predicate):
            for negation, word, digits in _BOUND.findall(_OR_MORE.sub(r"at least \1\2", text)):
                side = _OPPOSITE[_SIDES[word]] if negation else _SIDES[word]
                others = sorted(other for other, number in stated if number == Decimal(digits))
                if others and side not in others:
                    told = f"{' and '.join(others)} {digits}: {text!r}"
                    said = f"{negation}{word} {digits}"
                    yield f"its {_TEXTS[predicate]} says {said}, where its formula has {told}"


def _stated(
    guideline: Guideline, formula: Formula, negated: bool = False
) -> Iterator[tuple[str, Decimal]]:
    """Yield each bound of a formula with the word for its side, references followed."""
    match formula:
        case Atom():
            for interval in formula.intervals:
                low = (("above" if interval.low_open else "at least"), interval.low)
                high = (("below" if interval.high_open else "at most"), interval.high)
                for side, number in (low, high):
                    if number is not None:
                        said = _OPPOSITE[side] if negated else side
                        yield said, number
                        if guideline.variables[formula.variable].type == "integer":
                            other, step = _WHOLE[said]
                            yield other, number + step
        case Not():
            yield from _stated(guideline, formula.part, not negated)
        case Ref():
            yield from _stated(guideline, guideline.formulas[formula.name], negated)
        case _:
            for part in formula.parts:
                yield from _stated(guideline, part, negated)


def _known(guideline: Guideline, name: str) -> set[Decimal]:
    """Return the numbers that texts on a class may state."""
    node, found = ox.NamedNode(HCC + name), set[Decimal]()
    for word in _POINTS:
        if (number := guideline.ontology.number(node, HCC + word)) is not None:
            found.add(Decimal(number))
    for atom in guideline.atoms_of(name):
        variable = guideline.variables[atom.variable]
        values = [value for value in variable.values if value.name in atom.words]
        texts = [variable.label, variable.definition]
        texts += [
            text for v in values for text in (v.label, v.definition, v.name.replace("_", " "))
        ]
        found |= {end for _, end in bounds_of([atom])}.union(*map(numbers_in, texts))
        if variable.is_number:
            found |= {end for end in (variable.range.low, variable.range.high) if end is not None}
    return found


def bounds_of(found: Iterable[Atom]) -> set[tuple[str, Decimal]]:
    """Return the bounds of restrictions, each with its variable."""
    return {
        (atom.variable, end)
        for atom in found
        for interval in atom.intervals
        for end in (interval.low, interval.high)
        if end is not None
    }
