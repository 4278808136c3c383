"""Formulas, facts and verdicts in words, with the labels and units of the ontology."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import pyoxigraph as ox

from kg.explanation.explanations import RecommendationExplanation
from kg.guideline import Guideline, Statement, Therapy
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.intervals import Interval, plain
from kg.guideline.values import Knowledge, Variable, bands_of
from kg.ontology import HCC, RDFS
from kg.patients.records import Record
from kg.texts import UNKNOWN_VALUE

_DERIVED = re.compile(r" \(derived: [^()]*\)")
_CONDITION = re.compile(r", if (?:none of these|this finding|it holds that) .*")
MET_WHEN = "Met when"  # before the formula of a class, in words
MISSING = "Missing"  # before the variables that would settle a verdict
UNCHECKED = "Cautions unchecked"  # before relative contraindications that are unknown
ASSUMED = "Assumed, where the record is silent"  # before facts that are assumed
RECORD_ALONE = "From the record alone"  # before the verdict without assumptions
READING = "Reading"  # before how open wording of the text is read
GUIDELINE = "Guideline"  # before what the text says, and where
GRADE = "Evidence level and strength"  # before what the guideline gives a statement, as in 2 B
TO_CHANGE = "What would have to change"
NO_ADVICE = "What the guideline would say if the record were different. Not advice."
NO_INDICATION = "no indication can be met"
MUTED = "Every therapy that it concerns is contraindicated or not indicated."


def always_met(guideline: Guideline, names: Iterable[str]) -> str:
    """Return the clause for criteria of which at least one is met in every completion."""
    return f"at least one of {listed(named(guideline, n) for n in names)} is always met"


def intent_words(guideline: Guideline, therapy: Therapy, intent: str) -> str:
    """Return how a verdict on a therapy says its intent: in full where a caution is about it."""
    label, in_full = guideline.intents[intent]
    cautioned = any(guideline.criteria[name].intent == intent for name in therapy.relative)
    return in_full if cautioned else label


def condition(guideline: Guideline, assumed: Mapping[str, Knowledge]) -> str:
    """Return on what a verdict rests that is assumed: if none of these findings is present, ..."""
    variables = guideline.variables
    absent = [name for name, known in assumed.items() if _is_absent(variables[name], known)]
    labels = shortened([variables[name].label for name in absent], len(absent))
    none = f"none of these {len(absent)} findings is present: {labels}"
    if len(absent) == 1:
        none = f"this finding is not present: {labels}"
    others = [knowledge_words(variables[n], k) for n, k in assumed.items() if n not in absent]
    parts = [none] * bool(absent) + [f"it holds that {listed(others)}"] * bool(others)
    return f"if {', and if '.join(parts)}"


def _is_absent(variable: Variable, known: Knowledge) -> bool:
    """Return whether a variable is known not to be there: no, none, or 0."""
    if variable.is_number:
        return known.pinned and known.intervals[0].low == 0
    return known.pinned and value_words(variable, known).split()[0] in ("no", "none")


def precedence(explanation: RecommendationExplanation) -> str:
    """Return the sentence on the recommendations that this one comes before."""
    return f"Comes before {listed(explanation.precedes)}."


def listed(parts: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence: "a, b and c"."""
    *first, end = list(parts) or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def shortened(texts: Sequence[str], shown: int = 5) -> str:
    """Return texts in a row; of many, the first and how many more there are."""
    if len(texts) <= shown + 1:
        return "; ".join(texts)
    return f"{'; '.join(texts[:shown])}; and {len(texts) - shown} more"


@lru_cache(maxsize=1_000)
def class_label(guideline: Guideline, name: str) -> str | None:
    """Return the label of a named class of patients, or None where it has none."""
    return guideline.ontology.text(ox.NamedNode(HCC + name), RDFS + "label")


def named(guideline: Guideline, name: str) -> str:
    """Return a class by its label, with its identifier in brackets."""
    label = class_label(guideline, name)
    return f"“{label}” ({name})" if label else name


def words(guideline: Guideline, formula: Formula) -> str:
    """Return a formula as part of a sentence.

    Two alternatives are joined by "or", more follow "any of"; brackets keep the parts of a
    formula together where they could be read in two ways.
    """
    match formula:
        case Atom(variable):
            return _atom(guideline.variables[variable], formula)
        case Ref(name):
            return named(guideline, name)
        case Not(part):
            return f"not {_bracketed(guideline, part)}"
        case And(parts):
            return _joined([_bracketed(guideline, part) for part in parts], "and")
        case Or(parts):
            each = [_bracketed(guideline, part) for part in parts]
            return _joined(each, "or") if len(each) < 3 else f"any of: {'; '.join(each)}"


def _joined(parts: Sequence[str], word: str) -> str:
    # After "LABEL: yes" a comma shows that the next words belong to another part.
    comma = "," if any(":" in part for part in parts) else ""
    return f"{comma} {word} ".join(parts)


def _bracketed(guideline: Guideline, formula: Formula) -> str:
    text = words(guideline, formula)
    several = isinstance(formula, Atom) and len(formula.words + formula.intervals) > 1
    return f"({text})" if several or isinstance(formula, And | Or) else text


def _atom(variable: Variable, atom: Atom) -> str:
    if variable.is_number:
        return f"{variable.label} {number_words(variable, atom.intervals)}"
    return f"{variable.label}: {_values(variable, variable.mask_of_words(atom.words))}"


def _values(variable: Variable, mask: int) -> str:
    """Return the labels of values, without a word that the label of the variable ends with."""
    prefix = variable.label.rsplit(" ", 1)[-1] + " "
    labels = [variable.values[i].label.removeprefix(prefix) for i in bands_of(mask)]
    return listed(labels, "or")


def number_words(variable: Variable, intervals: Sequence[Interval]) -> str:
    """Return ranges of a number in words, with the unit."""
    text = listed((interval_words(variable, interval) for interval in intervals), "or")
    unit = variable.unit_symbol
    if unit is None:
        return text
    before = "" if unit == "%" else " × " if unit[0].isdigit() else " "  # 5.4 × 10⁹/L
    return f"{text}{before}{unit}"


def interval_words(variable: Variable, interval: Interval) -> str:
    """Return a range of a number in words, without the ends that the variable has anyway."""
    if interval.is_point:
        return plain(interval.low)
    told = variable.without_limits(interval)
    if told.is_closed:
        return f"{plain(told.low)} to {plain(told.high)}"
    return " and ".join(told.bounds(("at least ", "above "), ("at most ", "below "))) or "any"


def knowledge_words(variable: Variable, knowledge: Knowledge) -> str:
    """Return what is known of a variable as a sentence part, with the variable's label."""
    if knowledge == variable.unknown and not knowledge.pinned:
        return f"{variable.label}: {UNKNOWN_VALUE}"
    separator = " " if variable.is_number else ": "
    return f"{variable.label}{separator}{value_words(variable, knowledge)}"


def value_words(variable: Variable, knowledge: Knowledge) -> str:
    """Return what is known of a variable in words, without the variable's label."""
    if variable.is_number:
        return number_words(variable, knowledge.intervals)
    return _values(variable, knowledge.mask)


def places(statements: Iterable[Statement]) -> str:
    """Return where statements stand in the guideline: section and characters."""
    return ", ".join(f"{s.section} [{s.start}–{s.end}]" for s in statements)


def sourced(statements: Sequence[Statement], paraphrase: str) -> str:
    """Return a paraphrase with the places of its statements in the text."""
    return f"{paraphrase} ({places(statements)})"


def fact(guideline: Guideline, record: Record, variable: str) -> str:
    """Return what a record says of a variable, and whether it was derived or is in conflict."""
    text = knowledge_words(guideline.variables[variable], record.known[variable])
    if variable in record.sources:
        text += f" ({record.sources[variable]})"
    if variable in record.assumed:
        return f"{text} (assumed)"
    rule = record.derived.get(variable)
    for conflict in record.conflicts:
        if conflict.id == rule or variable in conflict.variables:
            return f"{text} (in conflict)"
    return text if rule is None else f"{text} (derived: {class_label(guideline, rule) or rule})"


def brief(text: str) -> str:
    """Return words without what facts were derived from, and the condition they hold on."""
    return _CONDITION.sub("", _DERIVED.sub("", text))
