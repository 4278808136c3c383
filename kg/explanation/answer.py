"""The answer first: what verdicts and advice come to in a sentence, and who the patient is.

1. What the guideline advises: the recommendations that are met, and of use to the patient. They
   alone rank; a verdict never does. Advice on therapies that are all undetermined is told under the
   condition that nothing open rules them out.
2. What is eligible, by verdict; then what is not, with its reason; then how much is open.
3. Before all, that some verdict rests on what is assumed.
4. Therapies that have the same verdict for the same reasons are told together (`alike`).

In the `headline`, the ontology says which variables belong there, and how each reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.explanation.explanations import (
    CriterionExplanation,
    PatientExplanation,
    RecommendationExplanation,
    TherapyExplanation,
)
from kg.explanation.wording import brief, listed, shortened, value_words
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline
from kg.guideline.values import Knowledge, Variable
from kg.patients.records import Record
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    UNKNOWN,
    VERDICTS,
)
from kg.texts import capitalised, counted

_MOST = 3  # reasons against that are told; the cards have all


@dataclass(frozen=True, slots=True)
class Balance:
    """What speaks for a therapy, against it, for caution, and what is open, in words."""

    for_it: tuple[str, ...]
    against: tuple[str, ...]
    caution: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def told(self) -> dict[str, tuple[str, ...]]:
        """The parts that there are, by what they are called."""
        parts = (self.for_it, self.against, self.caution, self.open)
        named = zip(("For", "Against", "Caution", "Open"), parts, strict=True)
        return {name: texts for name, texts in named if texts}


def answer(guideline: Guideline, explanation: PatientExplanation) -> str:
    """Return in a sentence what a patient's verdicts and recommendations come to."""
    told = explanation.therapies.values()
    parts = _advice(explanation)
    for verdict, (word, _) in guideline.verdicts.items():
        if verdict not in (UNDETERMINED, NOT_INDICATED, CONTRAINDICATED):
            for intent in (None, PALLIATIVE):
                own = [
                    each
                    for each in told
                    if each.verdict == verdict and (each.intent == PALLIATIVE) == bool(intent)
                ]
                words = f"{word}, {guideline.intents[intent][0]}" if intent else word
                parts += [f"{words}: {_names(guideline, own)}"] if own else []
    against = [group for group in alike(explanation) if group[0].verdict == CONTRAINDICATED]
    for group in against[:_MOST]:
        reasons = shortened(balance_of(group[0]).against, 2)
        parts.append(f"not {_names(guideline, group, 'or')}: {reasons}")
    if others := [each for group in against[_MOST:] for each in group]:
        parts.append(f"nor {_names(guideline, others, 'or')}")
    if none := [each for each in told if each.verdict == NOT_INDICATED]:
        parts.append(f"no indication for {_names(guideline, none, 'or')}")
    if waiting := [each for each in told if each.verdict == UNDETERMINED]:
        findings = {missing.variable for each in waiting for missing in each.missing}
        names = "everything" if len(waiting) == len(told) else _names(guideline, waiting)
        parts.append(f"open: {names}, depending on {counted(len(findings), 'finding')}")
    number = len(explanation.assumed)
    are = f"{counted(number, 'finding')} {'is' if number == 1 else 'are'}"
    rests = any(each.verdict_recorded not in (None, each.verdict) for each in told)
    condition = f"if {are} as assumed: " * rests
    return f"{capitalised(condition + '; '.join(parts))}." if parts else ""


def _advice(explanation: PatientExplanation) -> list[str]:
    """Return what is advised, as parts of a sentence: what stands, then what may be ruled out."""
    told: dict[bool, list[str]] = {False: [], True: []}
    for each in advised(explanation):
        concerned = [explanation.therapies[n] for n in each.concerns if n in explanation.therapies]
        against = (CONTRAINDICATED, NOT_INDICATED)
        waits = {one.verdict for one in concerned} - {*against} <= {UNDETERMINED}
        told[waits].append(each.advice[:1].lower() + each.advice[1:].removesuffix("."))
    before = ("unless an open finding rules it out, ", *["likewise "] * len(told[True]))
    return told[False] + [word + text for word, text in zip(before, told[True], strict=False)]


def advised(explanation: PatientExplanation) -> list[RecommendationExplanation]:
    """Return the recommendations that are met and concern a therapy that is not ruled out."""
    return [
        each
        for each in explanation.recommendations
        if each.state == MET and not each.muted and set(each.concerns) & set(explanation.therapies)
    ]


def alike(explanation: PatientExplanation) -> list[tuple[TherapyExplanation, ...]]:
    """Return the therapies in groups with the same verdict for the same reasons, best first."""
    groups: dict[object, list[TherapyExplanation]] = {}
    for each in explanation.therapies.values():
        balance = balance_of(each)
        if each.verdict in (CONTRAINDICATED, NOT_INDICATED):
            balance = Balance((), balance.against, (), ())
        groups.setdefault((each.verdict, each.intent, balance), []).append(each)
    ordered = sorted(groups.values(), key=lambda group: VERDICTS.index(group[0].verdict))
    return [tuple(group) for group in ordered]


def notes(group: Sequence[TherapyExplanation]) -> list[str]:
    """Return what must be said beside verdicts, each once, with the therapies that it is about."""
    told = []
    for note in dict.fromkeys(note for each in group for note in each.notes):
        noted = [each.label for each in group if note in each.notes]
        of = f"{capitalised(listed(noted))}: " if len(noted) < len(group) else ""
        told.append(of + note)
    return told


def balance_of(explanation: TherapyExplanation) -> Balance:
    """Return what speaks for and against a therapy: facts, and the criterion that they meet."""

    def told(role: str, state: str) -> tuple[str, ...]:
        return tuple(_reason(each) for each in explanation.of(role, state))

    against = told(ABSOLUTE, MET)
    if explanation.verdict == NOT_INDICATED:
        against += (brief(explanation.clause),)
    unchecked = dict.fromkeys(
        criterion.label
        for criterion in explanation.of(RELATIVE, UNKNOWN)
        if criterion.id in explanation.unchecked
    )
    return Balance(
        told(INDICATION, MET) + told(PRECONDITION, MET),
        against,
        told(RELATIVE, MET),
        (*(brief(missing.fact) for missing in explanation.missing), *unchecked),
    )


def _reason(criterion: CriterionExplanation) -> str:
    facts = shortened([brief(fact) for fact in criterion.facts], 2)  # the details have all
    return f"{facts} ({criterion.label})" if facts else criterion.label


def _names(guideline: Guideline, some: Iterable[TherapyExplanation], last: str = "and") -> str:
    return listed((guideline.therapies[each.therapy].short_name for each in some), last)


_PLACE = "{}"


def headline(guideline: Guideline, record: Record) -> str:
    """Return a patient in one line: "one tumour, 2.4 cm, Child-Pugh A; 14 variables unknown"."""
    known = record.known
    parts = [
        _part(variable, known[name])
        for name, variable in guideline.variables.items()
        if variable.headline and known[name] != variable.unknown and name not in record.assumed
    ]
    unknown = sum(known[name] == guideline.variables[name].unknown for name in guideline.used)
    said = ", ".join(parts) or "No key fact is known yet"
    assumed = f", {len(record.assumed)} assumed" if record.assumed else ""
    return f"{capitalised(said)}; {counted(unknown, 'variable')} unknown{assumed}"


def _part(variable: Variable, knowledge: Knowledge) -> str:
    """Return what is known of one variable, as the ontology words it."""
    text = variable.headline or _PLACE
    if knowledge.pinned and not variable.is_number:
        text = variable.values[knowledge.mask.bit_length() - 1].headline or text
    one, _, many = text.rpartition("|")
    said = value_words(variable, knowledge)
    return (one if one and said == "1" else many).replace(_PLACE, said)
