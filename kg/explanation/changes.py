"""What would have to change in a patient, in words."""

from __future__ import annotations

from kg.explanation.wording import knowledge_words, listed, number_words, shortened
from kg.guideline import Guideline
from kg.patients.records import Record
from kg.reasoning.changes import MOST, Change, Changes
from kg.reasoning.margins import Margin


def change_words(guideline: Guideline, change: Change) -> str:
    """Return a change as a sentence: if ... then."""
    variables = guideline.variables
    facts = ", and ".join(knowledge_words(variables[n], k) for n, k in change.facts.items())
    along = listed(variables[name].label for name in change.along)
    word = guideline.verdicts[change.verdict][0]
    open_ = shortened([variables[name].label for name in change.missing])
    return (
        f"If {facts}"
        + (f" ({along} would have to change too)" if along else "")
        + f", then {word}"
        + (f": it would depend on {open_}" if open_ else "")
        + "."
    )


def margin_words(guideline: Guideline, record: Record, margin: Margin) -> str:
    """Return how close a known number is to its limit, and the verdict beyond it."""
    variable = guideline.variables[margin.variable]
    now = knowledge_words(variable, record.known[margin.variable])
    word = guideline.verdicts[margin.verdict][0]
    return f"{now}; {number_words(variable, [margin.beyond])} would give: {word}."


def sentences(guideline: Guideline, found: Changes) -> tuple[str, ...]:
    """Return what would have to change, as sentences."""
    if found.fewest is None:
        labels = listed(guideline.variables[name].label for name in found.standing)
        stays = f": {labels} would still stand in the way" if labels else ""
        return (f"Nothing that can improve would be enough{stays}.",)
    if found.changes:
        return tuple(change_words(guideline, change) for change in found.changes)
    if found.fewest > MOST:
        return (f"At least {found.fewest} facts would have to change together.",)
    return ("No change that fits the rest of the record would be enough.",)
