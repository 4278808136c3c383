"""What `hcc-kg reference` can write, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import wraps

from kg.guideline import Guideline
from kg.guideline.shapes import shapes
from kg.guideline.taxonomy import every_therapy
from kg.reference.book import PAGE, book, escaped, linked
from kg.reference.inventory import counts, encoded


def _joined(
    lines: Callable[[Guideline], Iterator[str]],
) -> Callable[[Guideline], str]:
    @wraps(lines)
    def page(guideline: Guideline) -> str:
        return "\n".join(lines(guideline)) + "\n"

    return page


@_joined
def readings(guideline: Guideline) -> Iterator[str]:
    """Return the readings: each term with the note that says how its wording is read."""
    therapies = every_therapy(guideline)
    for name, term in (encoded(guideline) | therapies).items():
        if term.note:
            yield f"- {linked(name, PAGE)} {escaped(term.label)}: {escaped(term.note)}"
    for rule in guideline.derivations:
        if rule.note:
            yield f"- {escaped(rule.label)}: {escaped(rule.note)}"


@_joined
def undecidable(guideline: Guideline) -> Iterator[str]:
    """Return a table of the kinds of statements that no record can decide, with their query."""
    every = Counter(s.kind for s in guideline.statements.values())
    open_ = Counter(s.kind for s in guideline.statements.values() if not s.decidable)
    yield "| kind | statements | not decidable | listed by |"
    yield "| --- | ---: | ---: | --- |"
    for kind, label in guideline.kinds.items():
        if open_[kind]:
            asked = f"hcc-kg query statements-of-kind -p kind={kind} -p is_decidable=false"
            yield f"| {label} | {every[kind]} | {open_[kind]} | `{asked}` |"
    yield f"| all | {every.total()} | {open_.total()} | |"


@_joined
def units(guideline: Guideline) -> Iterator[str]:
    """Return a table of the numbers that may come in another unit, and by what to multiply."""
    yield "| variable | unit | from | multiply by |"
    yield "| --- | --- | --- | ---: |"
    for variable in guideline.variables.values():
        for unit in variable.units:
            if unit.code != variable.unit:
                name, factor = linked(variable.name, PAGE), f"{unit.factor.normalize():f}"
                yield f"| {name} | {variable.unit_symbol} | {unit.code} | {factor} |"


ALL = "all"
PARTS: Mapping[str, Callable[[Guideline], str]] = {
    ALL: book,
    "readings": readings,
    "undecidable": undecidable,
    "counts": counts,
    "units": units,
    "shapes": shapes,
}
