"""The facts in a part of a free text: names of variables with the values beside them.

A name is a label, an alternative or a hidden label of the ontology. A number stands before it or
behind it, in a unit of the variable; without a unit it is in the variable's own, unless its
thresholds say that another unit is as likely. A mere name says that something is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.guideline.values import Unit, Variable
from kg.keys import ID
from kg.patients.cells import CellError, parse_cell
from kg.patients.drafts import written

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORDS = {word: str(i) for i, word in enumerate(_COUNTS, 1)} | dict.fromkeys(
    ("single", "solitary"), "1"
)
_SIGNS = {"≥": ">=", "≤": "<=", "<": "<", ">": ">", ">=": ">=", "<=": "<="}
FIGURE = r"\d+(?:\.\d+)?"
_NUMBER = rf"(?P<sign>[<>]=?|[≥≤])?\s*(?P<low>{FIGURE})(?:\s*(?:-|–|to)\s*(?P<high>{FIGURE}))?"
_BETWEEN = r"[\s:=]*(?:(?:is|was|of|at|about)\b[\s:=]*)?"
_NOT = r"(?:no|not|without|denies|absent|free of)(?:\s+(?:any|a|an|evidence of|signs? of))?\s+"
_ABSENT = r"\s*[:=]?\s*(?:free|absent|negative|none|no|-ve|0)\b"
_PRESENT = r"\s*[:=]?\s*(?:yes|present|positive|\+)(?!\w)"
_FAR = 5  # times beyond its thresholds a number is taken to be in another unit
_ENDS = re.compile(r"\s*(?:$|[():;]|(?:and|with|but|on|in|at)\b(?!\s*\d))", re.IGNORECASE)
_AND_MORE = re.compile(r"\s*(?:or|vs\.?|versus|to|/|-|–)\s*\w", re.IGNORECASE)  # not this alone
_HEDGED = re.compile(  # what does not say that something is so now
    r"\b(?:possibl[ey]|suspected|probabl[ey]|likely|history|hx|previous(?:ly)?|prior|ago|since|"
    r"rule out|r/o|risk|if|unless|unclear|unknown|family|mother|father)\b|\?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with the span of a part that says it."""

    variable: Variable
    cell: str
    start: int
    end: int
    negated: bool = False  # by "no" before it
    by_name: bool = False  # it is there, as it is named


@lru_cache(maxsize=4)
def _names(guideline: Guideline) -> tuple[re.Pattern[str], Mapping[str, Variable]]:
    """Return what finds the names of variables, the longest first, and whose names they are."""
    known = {
        name.casefold(): variable
        for variable in guideline.variables.values()
        if variable.name != ID
        for name in (
            variable.label,
            *variable.alt_labels,
            *variable.hidden_labels,
            *_codes(variable),
        )
    }
    longest = sorted(known, key=len, reverse=True)
    pattern = "|".join(re.escape(name).replace(r"\ ", r"[\s-]+") for name in longest)
    return re.compile(rf"(?<![\w])(?:{pattern})(?![\w])", re.IGNORECASE), known


def _codes(variable: Variable) -> Iterator[str]:
    """Yield the words for values that need no name beside them: letters with a number, "Vp3"."""
    if not variable.is_number:
        yield from (word for word, _ in _spoken(variable) if re.fullmatch(r"[A-Za-z]{2,}\d", word))


def facts(guideline: Guideline, part: str, denied: bool = False) -> Iterator[Fact]:
    """Yield the values that a part of the text says, in its order; their spans do not overlap.

    `denied` tells whether what was said last is denied: "no A, B" leaves open whether B is there.
    """
    pattern, known = _names(guideline)
    if _HEDGED.search(pattern.sub("", part)):
        return
    end = 0
    for match in pattern.finditer(part):
        key = re.sub(r"[\s-]+", " ", match[0].casefold())
        variable = known.get(key) or known.get(match[0].casefold()) or _hyphened(known, key)
        if variable is None or match.start() < end:
            continue
        if variable.is_number:
            found = _number(variable, part, match, end)
            if found is None and re.search(r"\d", part[match.end() :]):
                return  # the number may be meant for this name, in a unit that is not its own
        else:
            found = _word(variable, part, match, end)
            if found is not None and denied:
                found = _after_no(variable, found, part[end : found.start])
        if found is not None and not found.negated and _AND_MORE.match(part, found.end):
            return
        if found is not None:
            denied, end = found.negated, found.end
            yield found


def _after_no(variable: Variable, found: Fact, between: str) -> Fact | None:
    """Return what is said behind "no A": "no A or B" has neither, "no A, B" and more leave it."""
    none = variable.nothing
    if not found.by_name or none is None:
        return found
    if re.fullmatch(r"\s*(?:or|nor|/)\s*", between, re.IGNORECASE):
        return replace(found, cell=none, negated=True)
    return None


def _hyphened(known: Mapping[str, Variable], key: str) -> Variable | None:
    return next((v for name, v in known.items() if name.replace("-", " ") == key), None)


def _number(variable: Variable, part: str, name: re.Match[str], start: int) -> Fact | None:
    """Return the number before a name, or behind it."""
    if name[0].lower() in _WORDS:  # "solitary"
        return Fact(variable, _WORDS[name[0].lower()], name.start(), name.end())
    words = "|".join(_WORDS)
    before = re.search(
        rf"(?:{_NUMBER}|\b(?P<word>{words}))(?P<unit>[^\d\s,-]*)[\s-]*$",
        part[start : name.start()],
        re.IGNORECASE,
    )
    if before is not None and (cell := _cell(variable, before, before["unit"])):
        return Fact(variable, cell, start + before.start(), name.end())
    after = re.compile(rf"{_BETWEEN}(?:{_NUMBER}|(?P<word>{words})\b)", re.IGNORECASE)
    match = after.match(part, name.end())
    if match is None:
        return None
    unit, length = _unit_behind(variable, part[match.end() :])
    if unit is None and not _ENDS.match(part, match.end()):
        return None
    cell = _cell(variable, match, unit)
    return Fact(variable, cell, name.start(), match.end() + length) if cell else None


def _unit_behind(variable: Variable, text: str) -> tuple[str | None, int]:
    """Return the unit that a text begins with, and how far it reaches."""
    names = [n for unit in variable.units for n in (unit.code, *unit.spellings)]
    names += [variable.unit_symbol] if variable.unit_symbol else []
    for name in sorted(names, key=len, reverse=True):
        match = re.match(rf"\s*[x×]?\s*{re.escape(name)}(?![\w/])", text.replace("μ", "µ"), re.I)
        if match:
            return name, match.end()
    return None, 0


def _cell(variable: Variable, match: re.Match[str], spelling: str | None) -> str | None:
    """Return a number as the cell of a variable, in its own unit; None if it cannot be one."""
    if match["word"]:
        low, high, sign = _WORDS[match["word"].lower()], None, ""
    else:
        low, high, sign = match["low"], match["high"], _SIGNS.get(match["sign"] or "", "")
    unit: Unit | None = None
    if spelling and spelling != variable.unit_symbol:
        unit = variable.unit_named(spelling)
        if unit is None:
            return None
    if not spelling and not _is_own(variable, Decimal(low)):
        return None
    factor = unit.factor if unit else Decimal(1)
    ends = [plain(Decimal(n) * factor) for n in (low, high) if n is not None]
    cell = written(f"{sign}{ends[0]}" if len(ends) == 1 else "..".join(ends))
    try:
        parse_cell(variable, cell)
    except CellError:
        return None
    return cell


def _is_own(variable: Variable, number: Decimal) -> bool:
    """Tell whether a number without a unit is in the unit of the variable, by its thresholds."""
    ends = [end for band in variable.bands for end in (band.low, band.high) if end]
    cuts = [end for end in ends if end not in (variable.range.low, variable.range.high)]
    if not cuts:
        return all(unit.factor == 1 for unit in variable.units)

    def near(value: Decimal) -> bool:
        return min(cuts) / _FAR <= value <= max(cuts) * _FAR

    others = [unit.factor for unit in variable.units if unit.factor != 1]
    return near(number) or not any(near(number * factor) for factor in others)


def _word(variable: Variable, part: str, name: re.Match[str], start: int) -> Fact | None:
    """Return the value that is named beside a variable, or whether it is there at all."""
    none = variable.nothing
    negated = re.search(rf"\b{_NOT}$", part[start : name.start()], re.IGNORECASE)
    if negated and none:
        return Fact(variable, none, start + negated.start(), name.end(), negated=True)
    if named := _value(variable, part, name, start):
        return named
    if none and (match := re.compile(_ABSENT, re.IGNORECASE).match(part, name.end())):
        return Fact(variable, none, name.start(), match.end())
    if none is None:
        return None
    present = re.compile(_PRESENT, re.IGNORECASE).match(part, name.end())
    there = "|".join(word for word in variable.words if word != none)
    end = present.end() if present else name.end()
    return Fact(variable, there, name.start(), end, by_name=not present)


def _value(variable: Variable, part: str, name: re.Match[str], start: int) -> Fact | None:
    """Return the value whose words stand behind a name, before it, or in its place."""
    for word, value in _spoken(variable):
        if word.casefold() == name[0].casefold():
            return Fact(variable, value, name.start(), name.end())
        after = re.compile(rf"{_BETWEEN}\(?{re.escape(word)}\)?(?![\w])", re.IGNORECASE)
        if match := after.match(part, name.end()):
            return Fact(variable, value, name.start(), match.end())
        text = part[start : name.start()]
        if match := re.search(rf"(?<!\w){re.escape(word)}[\s-]*$", text, re.IGNORECASE):
            return Fact(variable, value, start + match.start(), name.end())
    return None


def _spoken(variable: Variable) -> list[tuple[str, str]]:
    """Return the words for the values of a variable, the longest first."""
    if variable.type == "boolean":
        return []
    found = {}
    for value in variable.values:
        plain_label, _, bracket = value.label.partition(" (")
        for word in (
            value.name,
            value.label,
            plain_label,
            bracket.rstrip(")"),
            *value.hidden_labels,
        ):
            if word:
                found[word] = value.name
    return sorted(found.items(), key=lambda each: -len(each[0]))
