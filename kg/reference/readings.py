"""Blocks of Markdown for pages: readings, what nobody can decide, and conversions of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kg.guideline import Guideline
from kg.guideline.taxonomy import every_therapy
from kg.reference.book import PAGE, escaped, linked
from kg.reference.inventory import encoded


def readings(guideline: Guideline) -> str:
    """Return the readings: each term with the note that says how its wording is read."""
    return "\n".join(_readings(guideline)) + "\n"


def _readings(guideline: Guideline) -> Iterator[str]:
    therapies = every_therapy(guideline)
    for name, term in (encoded(guideline) | therapies).items():
        if term.note:
            yield f"- {linked(name, PAGE)} {escaped(term.label)}: {escaped(term.note)}"
    for rule in guideline.derivations:
        if rule.note:
            yield f"- {escaped(rule.label)}: {escaped(rule.note)}"


def undecidable(guideline: Guideline) -> str:
    """Return a table of the kinds of statements that no record can decide, with their query."""
    return "\n".join(_undecidable(guideline)) + "\n"


def _undecidable(guideline: Guideline) -> Iterator[str]:
    every = Counter(s.kind for s in guideline.statements.values())
    open_ = Counter(s.kind for s in guideline.statements.values() if not s.decidable)
    yield "| kind | statements | not decidable | listed by |"
    yield "| --- | ---: | ---: | --- |"
    for kind, label in guideline.kinds.items():
        if open_[kind]:
            asked = f"hcc-kg query statements-of-kind -p kind={kind} -p is_decidable=false"
            yield f"| {label} | {every[kind]} | {open_[kind]} | `{asked}` |"
    yield f"| all | {every.total()} | {open_.total()} | |"


def units(guideline: Guideline) -> str:
    """Return a table of the numbers that may come in another unit, and by what to multiply."""
    lines = ["| variable | unit | from | multiply by |", "| --- | --- | --- | ---: |"]
    for variable in guideline.variables.values():
        for unit in variable.units:
            if unit.code != variable.unit:
                lines.append(
                    f"| {linked(variable.name, PAGE)} | {variable.unit_symbol} "
                    f"| {unit.code} | {unit.factor.normalize():f} |"
                )
    return "\n".join(lines) + "\n"
