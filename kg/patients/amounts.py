"""A number beside a name in a free text: its sign or range, its unit, and the cell it makes.

People type decimal points or commas, and part thousands by either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from kg.guideline.intervals import plain
from kg.guideline.values import Unit, Variable
from kg.patients.cells import CellError, parse_cell
from kg.patients.drafts import written
from kg.patients.plausible import plausible

_PARTED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
FIGURE = rf"(?:{_PARTED}|\d+(?:[.,]\d+)?)(?![.,]?\d)"  # "3.4,2.1" and "1.2.3" are none
SIGN = r"(?P<sign>[<>]=?|[≥≤])"
_SIGNS = {"≥": ">=", "≤": "<="}
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORDS = {word: str(i) for i, word in enumerate(_COUNTS, 1)} | dict.fromkeys(
    ("single", "solitary"), "1"
)
_WORD = rf"\b(?P<word>{'|'.join(_WORDS)})"
_NUMBER = rf"{SIGN}?\s*(?P<low>{FIGURE})(?:\s*(?:-|–|to)\s*(?P<high>{FIGURE}))?"
BETWEEN = r"[\s:=]*(?:(?:is|of|at|about)\b[\s:=]*)?"
_BEFORE = re.compile(rf"(?:{_NUMBER}|{_WORD})(?P<unit>[^\d\s,-]*)[\s-]*$", re.IGNORECASE)
_AFTER = re.compile(rf"{BETWEEN}(?:{_NUMBER}|{_WORD}\b)", re.IGNORECASE)
_ENDS = re.compile(r"\s*(?:$|[():;]|(?:and|with|but|on|in|at)\b(?!\s*\d))", re.IGNORECASE)
_TIME = re.compile(r"\s*(?:y|years?|yrs?|y/?o|months?|mo|weeks?|days?)\b", re.IGNORECASE)
LESION = r"(?:tumou?r|nodule|lesion|hcc)"
_COUNTED = re.compile(rf"{_TIME.pattern}|\s*(?:{LESION}|foci)", re.IGNORECASE)
_ONE = re.compile(LESION, re.IGNORECASE)  # "lesion 2" is the second
_LENGTHS = ("cm", "mm")
_FAR = 5  # times beyond its thresholds a number is taken to be in another unit


def amount(
    variable: Variable, part: str, name: re.Match[str], start: int, names: re.Pattern[str]
) -> tuple[str, int, int] | None:
    """Return the cell of a number before a name, or behind it, and where both stand.

    What is before `start` is used already; `names` finds those with which another fact begins.
    Between two numbers a name is not read, "Hb 10 plt 55", unless it is of those that follow.
    """
    if name[0].lower() in _WORDS:  # "solitary"
        return _WORDS[name[0].lower()], name.start(), name.end()
    before = _BEFORE.search(part[start : name.start()])
    after = _AFTER.match(part, name.end())
    if start and _TIME.match(name[0]):  # "cirrhosis 10 years"
        return None
    if before is not None and (cell := _cell(variable, before, before["unit"])):
        counts = variable.lesion_aggregation == "count"
        follows = counts or _TIME.match(name[0])  # "2 tumours"
        odd = counts and not plausible(variable, cell)  # "2019 HCC"
        return (
            (cell, start + before.start(), name.end())
            if (follows or after is None) and not odd
            else None
        )
    if after is None or _ONE.fullmatch(name[0]):
        return None
    unit, length = unit_behind(variable, part[after.end() :])
    of_lesions = variable.lesion_aggregation is not None  # "tumours 3, 2 cm"
    ends = _ENDS.match(part, after.end()) or (not of_lesions and part[after.end() :][:2] == ", ")
    if unit is None and not ends and not _begins(names, part, after):
        return None
    cell = _cell(variable, after, unit)
    return (cell, name.start(), after.end() + length) if cell else None


def figure_behind(part: str, end: int) -> re.Match[str] | None:
    """Return the number that stands behind a name, which ends at a place."""
    return _AFTER.match(part, end)


def _begins(names: re.Pattern[str], part: str, after: re.Match[str]) -> bool:
    """Tell whether the next fact begins behind a number: "INR 1.5 alb 31"."""
    if "," in after[0] or _COUNTED.match(part, after.end()):  # "plt 55,2 tumours", "up to 3 HCCs"
        return False
    found = names.match(part, after.end() + 1)
    return part[after.end() : after.end() + 1].isspace() and found is not None


def unit_behind(variable: Variable, text: str) -> tuple[str | None, int]:
    """Return the unit that a text begins with, and how far it reaches."""
    names = [n for unit in variable.units for n in (unit.code, *unit.spellings)]
    names += [variable.unit_symbol] if variable.unit_symbol else []
    plain_mu = text.replace("μ", "u").replace("µ", "u")
    for name in sorted(names, key=len, reverse=True):
        unit = re.escape(name.replace("μ", "u").replace("µ", "u"))
        match = re.match(rf"\s*[x×]?\s*{unit}(?![\w/])", plain_mu, re.IGNORECASE)
        if match:
            return name, match.end()
    return None, 0


def _cell(variable: Variable, match: re.Match[str], spelling: str | None) -> str | None:
    """Return a number as the cell of a variable, in its own unit; None if it cannot be one."""
    if match["word"]:
        return valid(variable, _WORDS[match["word"].lower()])
    unit: Unit | None = None
    if spelling and spelling != variable.unit_symbol:
        unit = variable.unit_named(spelling)
        if unit is None:
            return None
    figures = [figure for figure in (match["low"], match["high"]) if figure is not None]
    ends = [list(numbers(variable, figure, unit)) for figure in figures]
    if any(len(each) != 1 for each in ends):
        return None
    (first, *_), *_ = ends
    if not spelling and not is_own(variable, first):
        return None
    texts = [plain(each) for (each,) in ends]
    alone = f"{sign_of(match)}{texts[0]}"
    return valid(variable, written(alone if len(texts) == 1 else "..".join(texts)))


def numbers(variable: Variable, figure: str, unit: Unit | None) -> Iterator[Decimal]:
    """Yield what a number can be in the unit of a variable; of several readings, the plausible."""
    factor = unit.factor if unit else Decimal(1)
    found = [number * factor for number in readings(figure)]
    for number in found:
        if len(found) == 1 or plausible(variable, plain(number)):
            yield number


def valid(variable: Variable, cell: str) -> str | None:
    """Return a cell if the variable can have it."""
    try:
        parse_cell(variable, cell)
    except CellError:
        return None
    return cell


def is_own(variable: Variable, number: Decimal) -> bool:
    """Tell whether a number without a unit is in the unit of the variable, by its thresholds."""
    if variable.unit_symbol in _LENGTHS:  # "largest 35"
        return False
    ends = [end for band in variable.bands for end in (band.low, band.high) if end]
    cuts = [end for end in ends if end not in (variable.range.low, variable.range.high)]
    if not cuts:
        return all(unit.factor == 1 for unit in variable.units)

    def near(value: Decimal) -> bool:
        return min(cuts) / _FAR <= value <= max(cuts) * _FAR

    others = [unit.factor for unit in variable.units if unit.factor != 1]
    return near(number) or not any(near(number * factor) for factor in others)


def readings(figure: str) -> tuple[Decimal, ...]:
    """Return what a number can be: "2,4" is 2.4, and "1,200" and "1.200" are 1.2 or 1200."""
    whole = Decimal(re.sub(r"[.,]", "", figure))
    if _EITHER.fullmatch(figure):
        return Decimal(figure.replace(",", ".")), whole
    if re.fullmatch(_PARTED, figure) and not figure.startswith("0"):
        return (Decimal(figure.replace(",", "")),)
    return (Decimal(figure.replace(",", ".")),)


def sign_of(match: re.Match[str]) -> str:
    """Return the sign that a match of `SIGN` has found, as cells have it; "" for none."""
    sign = match["sign"] or ""
    return _SIGNS.get(sign, sign)
