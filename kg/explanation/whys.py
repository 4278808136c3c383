"""Why a verdict came to be, as a tree to draw: therapy, criteria, clauses, and the facts beside.

A clause is a part of the formula of a criterion, judged like a class of its own over all
completions of the record: a whole may be met although none of its alternatives is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kg.explanation.drawing import Branch
from kg.explanation.explanations import (
    STATE_SIGNS,
    CriterionExplanation,
    TherapyExplanation,
)
from kg.explanation.wording import knowledge_words, shortened, value_words, words
from kg.guideline import Guideline
from kg.guideline.formula import And, Formula, Not, Or, Ref
from kg.patients.records import Record
from kg.reasoning.diagram import Evaluation
from kg.reasoning.logic import STATE, logic_of
from kg.reasoning.verdicts import (
    EXCLUDED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    UNKNOWN,
    VERDICT_SIGNS,
    VERDICTS,
)
from kg.texts import UNKNOWN_VALUE, capitalised

ALL_OF, ANY_OF, NONE_OF = "all of", "any of", "none of"


@dataclass(frozen=True)
class FormulaPart:
    """A part of a formula with its state and variables; `join` says how its parts make it up."""

    text: str
    state: str
    join: str = ""
    parts: tuple[FormulaPart, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What is said of the part where its own parts are told below it."""
        return f"{self.join}:" if self.join in (ALL_OF, ANY_OF) else self.text

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


STATE_COLOURS: Mapping[str, str] = {MET: "violet", EXCLUDED: "gray", UNKNOWN: "blue"}
LEGEND = tuple((f"{STATE_SIGNS[s]} {s}", STATE_COLOURS[s]) for s in (MET, EXCLUDED, UNKNOWN))
_COLOURS = ("green", "orange", "orange", "blue", "gray", "red")
VERDICT_COLOURS: Mapping[str, str] = dict(zip(VERDICTS, _COLOURS, strict=True))


def why(
    guideline: Guideline, record: Record, explanation: TherapyExplanation, *, full: bool = False
) -> Branch:
    """Return a verdict with the criteria in its row: what decided it first, then by role.

    A criterion that is met, or that an undetermined verdict waits for, is told clause by clause,
    each with its state and the facts that it is about; in full, every criterion is.
    """
    order = [MET, UNKNOWN, EXCLUDED]
    roles = list(dict.fromkeys(each.role for each in explanation.criteria))

    def place(criterion: CriterionExplanation) -> tuple[bool, int, int]:
        first = criterion.id not in explanation.decisive
        return first, roles.index(criterion.role), order.index(criterion.state)

    opened = {MET, UNKNOWN} if explanation.verdict == UNDETERMINED else {MET}
    if explanation.verdict == NOT_INDICATED:
        opened = {*order}
    criteria = (
        _criterion(guideline, record, each, clauses=full or each.state in opened)
        for each in sorted(explanation.criteria, key=place)
    )
    sign, label = VERDICT_SIGNS[explanation.verdict], explanation.verdict_label
    colour = VERDICT_COLOURS[explanation.verdict]
    return Branch(f"{sign} {label}: {explanation.label}", colour, "", tuple(criteria))


def _criterion(
    guideline: Guideline, record: Record, criterion: CriterionExplanation, *, clauses: bool
) -> Branch:
    whole = parts_of(guideline, record, criterion.id)
    parts = tuple(_clause(guideline, record, part) for part in whole.parts) if clauses else ()
    told = _told(criterion) if whole.parts else _facts(guideline, record, whole)
    text = f"{STATE_SIGNS[criterion.state]} {capitalised(criterion.role)}: {criterion.label}"
    if len(parts) > 1 and whole.join == ANY_OF:
        text += f", {ANY_OF}"
    return Branch(text, STATE_COLOURS[criterion.state], "" if parts else told, parts)


def _told(criterion: CriterionExplanation) -> str:
    """Return the facts behind a criterion; of those that are all unknown, what they are."""
    end = f": {UNKNOWN_VALUE}"
    if all(each.endswith(end) for each in criterion.facts):
        labels = [each.removesuffix(end) for each in criterion.facts]
        return f"{UNKNOWN_VALUE}: {shortened(labels, 2)}"
    return shortened(criterion.facts, 2)


def _clause(guideline: Guideline, record: Record, part: FormulaPart) -> Branch:
    beside = "" if part.parts else _facts(guideline, record, part)
    inner = tuple(_clause(guideline, record, each) for each in part.parts)
    sign, colour = STATE_SIGNS[part.state], STATE_COLOURS[part.state]
    return Branch(f"{sign} {part.told}", colour, beside, inner)


def _facts(guideline: Guideline, record: Record, part: FormulaPart) -> str:
    """Return what the record says of the variables of a clause; of one variable its value."""
    unknown = [name for name in part.variables if record.known[name].mask.bit_count() > 1]
    if len(part.variables) > 1:
        known = [_fact(guideline, record, n) for n in part.variables if n not in unknown]
        labels = [guideline.variables[name].label for name in unknown]
        known += [f"{UNKNOWN_VALUE}: {shortened(labels, 2)}"] if labels else []
        return "; ".join(known)
    (name,) = part.variables or ("",)
    return _fact(guideline, record, name, is_alone=True) if name else ""


def _fact(guideline: Guideline, record: Record, name: str, *, is_alone: bool = False) -> str:
    variable, known = guideline.variables[name], record.known[name]
    if known == variable.unknown:
        return UNKNOWN_VALUE
    marks = (("assumed", record.assumed), ("derived", record.derived))
    how = next((f" ({word})" for word, names in marks if name in names), "")
    return (value_words if is_alone else knowledge_words)(variable, known) + how
