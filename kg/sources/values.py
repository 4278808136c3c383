"""Values of other systems as cells: numbers with their units, words, comparators, dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from kg.guideline.intervals import plain
from kg.guideline.values import Knowledge, Unit, Variable
from kg.patients.cells import CellError, parse_cell
from kg.sources.rules import Rule

_COMPARATORS = ("<", "<=", ">", ">=")


class UnreadError(Exception):
    """A finding that gives no cell; the text says why."""


class Number(NamedTuple):
    """A number as it was written, with the texts of its unit and its comparator."""

    text: str
    unit: str | None = None
    comparator: str | None = None
    also: str | None = None  # how its unit is called besides


class Words(NamedTuple):
    """A coded value or a text: its codes and names, any of which may be known."""

    words: tuple[str, ...]


@lru_cache(maxsize=1 << 16)  # laboratory values come again and again
def cell_of(rule: Rule, value: Number | Words) -> tuple[Knowledge | None, str]:
    """Return what a value says by a rule, and how it was said.

    Raises:
        UnreadError: the value is none that the rule reads.
    """
    variable = rule.variable
    if variable is None:
        raise UnreadError(rule.not_read or "no cell is read of it")
    if isinstance(value, Words):
        for word in value.words:
            cell = rule.cells.get(word.casefold())
            if cell is not None:
                return checked(rule, cell), word
        found = repr(" / ".join(value.words))
        if variable.is_number and not rule.cells:
            raise UnreadError(f"the value {found} is text, not a number with its unit")
        raise UnreadError(f"the value {found} is none that is read")
    if rule.cells:
        return cell_of(rule, Words((plain(_decimal(value.text)),)))
    if not variable.is_number:
        raise UnreadError(f"a number is no value of {variable.name}")
    cell, said = _number(rule, variable, value)
    return checked(rule, cell), said


@lru_cache(maxsize=1 << 12)
def checked(rule: Rule, cell: str) -> Knowledge | None:
    """Return what a cell of the rule's variable says.

    Raises:
        UnreadError: it is none.
    """
    if rule.variable is None:
        return None
    try:
        return parse_cell(rule.variable, cell)
    except CellError as error:
        raise UnreadError(f"{rule.variable.name}: {error}") from error


def _number(rule: Rule, variable: Variable, value: Number) -> tuple[str, str]:
    if value.comparator not in (None, *_COMPARATORS):
        raise UnreadError(f"the comparator {value.comparator!r} is not known")
    unit = _unit(variable, value.unit, value.also)
    number = _decimal(value.text)
    sign = value.comparator or ""
    said = f"{sign}{value.text}{f' {value.unit}' if value.unit not in (None, '', '1') else ''}"
    if unit.factor != 1:
        said = f"{said} × {plain(unit.factor)}"
    if rule.at_least:
        if sign.startswith("<"):
            raise UnreadError(f"{said} is an upper bound, and others may be larger")
        sign = sign or ">="
    return f"{sign}{plain(number * unit.factor)}", said


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or "_" in text:
        raise UnreadError(f"{text!r} is not a number")
    return number


def _names_nothing(variable: Variable, text: str) -> bool:
    """Return whether a unit is that of a pure number, or repeats the name of the variable."""
    return text.strip("[]()").casefold() in ("1", "ratio", variable.name)


def _unit(variable: Variable, text: str | None, also: str | None) -> Unit:
    own = variable.units[0] if variable.units else Unit("1", Decimal(1))
    counts = own.code in ("1", "%") or own.code.startswith("{")
    if counts and (not text or text.startswith("{") or _names_nothing(variable, text)):
        return own
    unit = variable.unit_named(text) if text else None
    if unit is None:
        taken = ", ".join(one.code for one in variable.units)
        if text:
            raise UnreadError(
                f"the unit {text!r} is none of {variable.name}, which is given in {taken}"
            )
        raise UnreadError(f"it names no unit, and {variable.name} is given in {taken}")
    called = variable.unit_named(also) if also else None
    if called and called.factor != unit.factor:
        raise UnreadError(f"its unit is {text!r} by its code and {also!r} by its name")
    return unit


class When(NamedTuple):
    """A date: the first and the last moment that it may mean, and how it was written."""

    first: datetime
    last: datetime
    text: str


@lru_cache(maxsize=1 << 12)  # what was taken together has one date
def when_of(text: str) -> When:
    """Return the moments that a date of FHIR may mean: a year, a month, a day or an instant.

    Raises:
        UnreadError: the text is no date.
    """
    try:
        if len(text) > len("2026-02-20"):
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return When(moment, moment, text)
        year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
        first = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            last = first + timedelta(days=1)
        elif month:
            last = (first + timedelta(days=31)).replace(day=1)
        else:
            last = first.replace(year=year + 1)
    except (ValueError, OverflowError) as error:
        raise UnreadError(f"{text!r} is not a date") from error
    return When(first, last - timedelta(seconds=1), text)
