"""The notation of a table cell: a value, nothing, or partial knowledge."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, Overflow, localcontext

from kg.errors import InputError
from kg.guideline.intervals import Interval
from kg.guideline.values import Knowledge, Variable

UNKNOWN_WORDS = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "unknown", "not available", "[not available]"}
    | {".", "?", "-", "--"}
)
_TRUE = frozenset({"true", "yes", "1", "1.0", "y", "t"})
_FALSE = frozenset({"false", "no", "0", "0.0", "n", "f"})

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_BOUND = re.compile(r"(>=|<=|>|<|≥|≤|≧|≦)\s*(.*)", re.DOTALL)
_SIGNS = {"≥": ">=", "≤": "<=", "≧": ">=", "≦": "<="}
_WITH_UNIT = re.compile(r"[+-]?[0-9.]+\s*[^\W\d_%].*|[+-]?[0-9.]+\s*[%/].*")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_SHOWN = 60
_NOTHING = ("NAType", "NaTType")  # what pandas has in place of a value


class CellError(ValueError):
    """A cell that is not a value of its variable; the text says what was expected."""


def shown(text: str) -> str:
    """Return a cell in quotes for a message, cut where it is long."""
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"
    return repr(cut)


def expected(variable: Variable) -> str:
    """Say in words what a cell of a variable may hold."""
    if variable.type == "enum":
        return f"one of {', '.join(variable.words)}, or several joined by |"
    if variable.type == "boolean":
        return "true or false"
    if variable.type == "string":
        return "text"
    number = "a whole number" if variable.type == "integer" else "a number"
    bounds = variable.range.bounds(("at least ", "above "), ("at most ", "below "))
    unit = f" {variable.unit_symbol}" if variable.unit_symbol else ""
    of = " of " if bounds and bounds[0].startswith("at") else " "
    limits = of + " and ".join(bounds) if bounds else ""
    return f"{number}{limits}{unit}, such as 2, >=2 or 1..3"


def plain_width(text: str) -> str:
    """Return full-width letters, digits and signs, as Chinese and Japanese type them, as plain."""
    return text if text.isascii() else text.translate(_WIDE)


def _advice(variable: Variable) -> str:
    return f"expected {expected(variable)}; leave it empty if it is unknown"


def is_unknown(text: str | None, variable: Variable | None = None) -> bool:
    """Return whether a cell says nothing; a value of its variable, such as `none`, says it."""
    if text is None:
        return True
    word = plain_width(text).strip().lower()
    if variable is not None and word in (value.lower() for value in variable.words):
        return False
    return word in UNKNOWN_WORDS


def parse_cell(variable: Variable, text: str | None) -> Knowledge | None:
    """Return what a cell says of a variable, or None where it says nothing.

    Raises:
        CellError: the cell is not a value of the variable.
    """
    if text is None or is_unknown(text, variable):
        return None
    stripped = plain_width(text).strip()
    if variable.is_number:
        return _number(variable, stripped)
    if variable.type == "boolean":
        return _boolean(variable, stripped)
    return _alternatives(variable, stripped)


def _boolean(variable: Variable, text: str) -> Knowledge:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise CellError(f"{shown(text)} is neither true nor false; write true, false or nothing")
    return variable.from_mask(variable.mask_of_words(("true" if word in _TRUE else "false",)))


def _alternatives(variable: Variable, text: str) -> Knowledge:
    known = {word.lower(): word for word in variable.words}
    words = [part.strip() for part in text.split("|")]
    for word in words:
        if word.lower() not in known:
            problem = f"{shown(word)} is not a value" if word else "an alternative is empty"
            raise CellError(f"{problem}; {_advice(variable)}")
    return variable.from_mask(variable.mask_of_words(known[word.lower()] for word in words))


def _number(variable: Variable, cell: str) -> Knowledge:
    text, unit = variable.split_unit(cell)
    factor = unit.factor if unit else Decimal(1)

    def decimal(part: str) -> Decimal:
        return _decimal(variable, part, cell, factor)

    bound = _BOUND.fullmatch(text)
    if bound:
        sign, value = _SIGNS.get(bound[1], bound[1]), decimal(bound[2])
        if sign[0] == ">":
            interval = Interval(value, None, sign == ">")
        else:
            interval = Interval(None, value, False, sign == "<")
    elif "..." in text:
        raise CellError(f"{shown(cell)} has three points; a range, such as 1..3, has two")
    elif ".." in text:
        low, _, high = text.partition("..")
        interval = Interval(decimal(low), decimal(high))
        if interval.is_empty:
            raise CellError(f"{shown(cell)} runs downwards; write the smaller number first")
    else:
        interval = Interval.point(decimal(text))
    fitted = variable.fit(interval)
    if fitted.is_empty:
        raise CellError(f"{shown(cell)} is out of range; {_advice(variable)}")
    return variable.from_intervals((fitted,))


def _decimal(variable: Variable, text: str, cell: str, factor: Decimal) -> Decimal:
    text = text.strip()
    if _THOUSANDS.fullmatch(text):
        decimal, thousands = text.replace(",", "."), text.replace(",", "")
        raise CellError(
            f"{shown(cell)} may mean {decimal} (decimal comma) or {thousands} (thousands comma); "
            "write the one that is meant without a comma"
        )
    if _COMMA.fullmatch(text):
        raise CellError(f"{shown(cell)} has a decimal comma; write {text.replace(',', '.')}")
    if not _NUMBER.fullmatch(text):
        units = [unit.code for unit in variable.units] if _WITH_UNIT.fullmatch(text) else []
        known = f" in a unit of this variable ({', '.join(units)})" if len(units) > 1 else ""
        raise CellError(f"{shown(cell)} is not a number{known}; {_advice(variable)}")
    try:
        value = _product(Decimal(text), factor)
    except (InvalidOperation, Overflow):
        raise CellError(f"{shown(cell)} is too large or too small a number to compare") from None
    if variable.type == "integer" and value != value.to_integral_value():
        raise CellError(f"{shown(cell)} is not whole; {_advice(variable)}")
    return value


def _product(number: Decimal, factor: Decimal) -> Decimal:
    """Return a product with all its digits."""
    if factor == 1:
        return number
    with localcontext() as context:
        context.prec = len(number.as_tuple().digits) + len(factor.as_tuple().digits)
        return number * factor


def cell(value: object, place: str) -> str | None:
    """Return a Python value as the text of a cell.

    Raises:
        InputError: it is no value of a cell.
    """
    if isinstance(value, str):
        _check_characters(value, place)
        return value
    if value is None or type(value).__name__ in _NOTHING:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float.__repr__(value).removesuffix(".0")
    if isinstance(value, int | Decimal):
        return str(value)
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", None) == 0:  # a scalar of NumPy
        plain = item()
        return str(value).removesuffix(".0") if isinstance(plain, float) else cell(plain, place)
    raise InputError(
        f"{place}: a value of type {type(value).__name__} is not a cell; "
        "give a number, True or False, a text, or None where it is unknown"
    )


def _check_characters(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{place}: {text!r} has half of a surrogate pair, which is not a character"
        ) from None
