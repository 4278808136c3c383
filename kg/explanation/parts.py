"""A criterion clause by clause: which parts of its formula are met, excluded or unknown.

Each part is judged like a class of its own, over all completions of the record: a whole may be
met although none of its alternatives is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.explanation.wording import words
from kg.guideline import Guideline
from kg.guideline.formula import And, Formula, Not, Or, Ref
from kg.patients.records import Record
from kg.reasoning.diagram import Evaluation
from kg.reasoning.logic import STATE, logic_of

ALL_OF, ANY_OF, NONE_OF = "all of", "any of", "none of"


@dataclass(frozen=True)
class FormulaPart:
    """A part of a formula with its state and variables; `join` says how its parts make it up."""

    text: str
    state: str
    join: str = ""
    parts: tuple[FormulaPart, ...] = ()
    variables: tuple[str, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[tuple[int, FormulaPart]]:
        """Yield the part and all parts below it, each with its depth."""
        yield depth, self
        for part in self.parts:
            yield from part.lines(depth + 1)


def parts_of(guideline: Guideline, record: Record, name: str) -> FormulaPart:
    """Return the formula of a class as parts, shared definitions opened."""
    evaluation = logic_of(guideline).evaluation(record.known)
    return _part(guideline, evaluation, guideline.formulas[name])


def _part(guideline: Guideline, evaluation: Evaluation, formula: Formula) -> FormulaPart:
    state = STATE[evaluation.possible(evaluation.diagrams.of(formula))]
    text = words(guideline, formula)
    names = guideline.variables_of(formula)
    match formula:
        case And(parts):
            join, inner = ALL_OF, parts
        case Or(parts):
            join, inner = ANY_OF, parts
        case Not(part):
            join, inner = NONE_OF, (part,)
        case Ref(name) if name in guideline.definitions:
            opened = _part(guideline, evaluation, guideline.formulas[name])
            return FormulaPart(text, state, opened.join, opened.parts, names)
        case _:
            return FormulaPart(text, state, variables=names)
    found = tuple(_part(guideline, evaluation, each) for each in inner)
    return FormulaPart(text, state, join, found, names)
