"""The facts in a part of a free text: names of variables with the values beside them.

A name is a label, an alternative or a hidden label of the ontology. A number stands before it or
behind it, in a unit of the variable; without a unit it is in the variable's own, unless its
thresholds say that another unit is as likely. A mere name says that something is there, and the
name of its absence that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID
from kg.patients.amounts import BETWEEN, FIGURE, amount, figure_behind

_NOT = r"(?:no|not|without|denies|absent|free of)(?:\s+(?:any|a|an|evidence of|signs? of))?\s+"
_ABSENT = (
    r"\s*[:=]?\s*(?:(?:free|negative|neg|none|(?:absent|no)(?!\s+\w)|-ve|0)\b|\([-–−]\))"
    r"|\s*[:=]?\s*[-–−](?=\s*(?:$|[,;:)]|/(?!\s*[-–−+±?])))|[-–−](?=\s\w)"  # "HE-"
)
_PRESENT = r"\s*[:=]?\s*(?:yes|present|positive|pos|\+|\(\+\))(?!\w)"
_DASH = re.compile(r"\s*[:=]?\s*[-–−—](?!\w)")  # a minus sign, or a mark between two facts
_A_SIZE = re.compile(
    rf"[\s:=]*(?:[<>]=?|[≥≤])?\s*{FIGURE}(?:(?:\s|,|/|&|\+|-|–|and|to)+{FIGURE})*\s*(?:cm|mm)\b",
    re.IGNORECASE,
)
_START = r"(?:(?<!\w)|(?<=[TN]\d)|(?<=T\d[ab]))"  # of a name, in "T2N0M0" too
_STOP = r"(?:(?!\w)|(?=M\d))"


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with the span of a part that says it."""

    variable: Variable
    cell: str
    start: int
    end: int
    negated: bool = False  # by "no" before it
    by_name: bool = False  # it is there, as it is named
    behind: bool = False  # it is not there, as words behind it say


@lru_cache(maxsize=4)
def _names(guideline: Guideline) -> tuple[re.Pattern[str], Mapping[str, Variable]]:
    """Return what finds the names of variables, the longest first, and whose names they are."""
    known = {
        name.casefold(): variable
        for variable in guideline.variables.values()
        if variable.name != ID
        for name in (
            *_own_names(variable),
            *variable.absent_labels,
            *variable.site_labels,
            *variable.wider_labels,
            *_codes(variable),
        )
    }
    longest = sorted(known, key=len, reverse=True)
    pattern = "|".join(re.sub(r"\\[ -]", r"[\\s-]+", re.escape(name)) for name in longest)
    return re.compile(rf"{_START}(?:{pattern}){_STOP}", re.IGNORECASE), known


def _codes(variable: Variable) -> Iterator[str]:
    """Yield the words for values that need no name beside them: "Vp3", "main PVT"."""
    for word in () if variable.is_number else (word for word, _ in _spoken(variable)):
        has_name = any(word.endswith(f" {name}") for name in _own_names(variable))
        if has_name or re.fullmatch(r"[A-Za-z]{2,}\d", word):
            yield word


def _own_names(variable: Variable) -> tuple[str, ...]:
    return variable.label, *variable.alt_labels, *variable.hidden_labels


def facts(guideline: Guideline, part: str, denied: bool = False) -> Iterator[Fact]:
    """Yield the values that a part of the text says, in its order; their spans do not overlap.

    `denied` tells whether what was said last is denied: "no A, B" leaves open whether B is there.
    """
    pattern, _ = _names(guideline)
    end, bare = 0, False
    for match, variable in named_in(guideline, part):
        if match.start() < end:
            continue
        if variable.is_number:
            value = amount(variable, part, match, end, pattern)
            found = Fact(variable, *value) if value else None
            if found is None and _may_be_meant(variable, part, match.end()):
                return  # the number may be meant for this name, in a unit that is not its own
        else:
            found = _word(variable, part, match, end)
            if found is not None and denied:
                found = _after_no(variable, found, part[end : found.start])
        if found is not None and bare and re.match(r"\s*not?\s", part[end:], re.IGNORECASE):
            return  # "ascites no PVT", "PVT not visible on ultrasound"
        if found is not None:
            denied, end, bare = found.negated, found.end, found.by_name
            yield found


def _may_be_meant(variable: Variable, part: str, end: int) -> bool:
    """Tell whether a number that follows may be meant for a name, which ends at a place.

    A tumour is named without a number too, and before its size.
    """
    if variable.lesion_aggregation == "count":
        return bool(figure_behind(part, end)) and not _A_SIZE.match(part, end)
    return bool(re.search(r"\d", part[end:]))


def _after_no(variable: Variable, found: Fact, between: str) -> Fact | None:
    """Return what is said behind "no A": "no A or B" has neither, "no A, B" and more leave it."""
    none = variable.nothing
    if not found.by_name or none is None:
        return found
    if re.fullmatch(r"\s*(?:or|nor|/)\s*", between, re.IGNORECASE):
        start = found.start - len(between)
        return replace(found, cell=none, start=start, negated=True)
    return None


def named_in(guideline: Guideline, part: str) -> Iterator[tuple[re.Match[str], Variable]]:
    """Yield the names of variables in a part, and whose they are."""
    pattern, known = _names(guideline)
    for match in pattern.finditer(part):
        key = re.sub(r"[\s-]+", " ", match[0].casefold())
        variable = known.get(key) or known.get(match[0].casefold()) or _hyphened(known, key)
        if variable is not None:
            yield match, variable


def names(guideline: Guideline) -> tuple[str, ...]:
    """Return all names of variables, in small letters."""
    return tuple(_names(guideline)[1])


def _hyphened(known: Mapping[str, Variable], key: str) -> Variable | None:
    return next((v for name, v in known.items() if name.replace("-", " ") == key), None)


def _word(variable: Variable, part: str, name: re.Match[str], start: int) -> Fact | None:
    """Return the value that is named beside a variable, or whether it is there at all."""
    none, said = variable.nothing, name[0].casefold()
    negated = re.search(rf"\b{_NOT}$", part[start : name.start()], re.IGNORECASE)
    if said in variable.absent_labels or (negated and said in map(str.casefold, _codes(variable))):
        # "no Vp4" leaves the other values open, and "not unresectable" says little.
        return None if negated or none is None else Fact(variable, none, *name.span())
    found: Fact | None
    if negated and none:
        found = Fact(variable, none, start + negated.start(), name.end(), negated=True)
    else:
        found = _value(variable, part, name, start) or _there(variable, part, name)
    if found is not None and found.cell == none and _is_narrower(variable, said):
        return None  # "no lung metastases"
    return found


def _is_narrower(variable: Variable, said: str) -> bool:
    """Tell whether a name is another one with a word before it that no label has."""
    labels = " ".join((variable.label, *variable.alt_labels)).casefold()
    first, _, rest = said.partition(" ")
    names = (*map(str.casefold, _own_names(variable)), *variable.wider_labels)
    return first not in labels and rest in names


def _there(variable: Variable, part: str, name: re.Match[str]) -> Fact | None:
    """Return whether what a name stands for is there, as words behind it say, or none."""
    none = variable.nothing
    if none is None:
        return None
    if match := re.compile(_ABSENT, re.IGNORECASE).match(part, name.end()):
        return Fact(variable, none, name.start(), match.end(), behind=True)
    if name[0].casefold() in (*variable.site_labels, *variable.wider_labels):
        return None
    if _DASH.match(part, name.end()):  # "PVT - CP A"
        return None
    present = re.compile(_PRESENT, re.IGNORECASE).match(part, name.end())
    there = "|".join(word for word in variable.words if word != none)
    end = present.end() if present else name.end()
    return Fact(variable, there, name.start(), end, by_name=not present)


def _value(variable: Variable, part: str, name: re.Match[str], start: int) -> Fact | None:
    """Return the value whose words stand behind a name, before it, or in its place."""
    for word, value in _spoken(variable):
        if word.casefold() == name[0].casefold():
            return _or_another(part, Fact(variable, value, name.start(), name.end()))
        after = re.compile(rf"[-–]?{BETWEEN}\(?{_spelt(word)}\)?(?![\w])", re.IGNORECASE)
        if match := after.match(part, name.end()):
            behind = value == variable.nothing and name[0].casefold() not in variable.site_labels
            found = Fact(variable, value, name.start(), match.end(), behind=behind)
            return _or_another(part, found)
        text = part[start : name.start()]
        if match := re.search(rf"(?<!\w){re.escape(word)}[\s-]*$", text, re.IGNORECASE):
            return Fact(variable, value, start + match.start(), name.end())
    return None


def _or_another(part: str, found: Fact) -> Fact:
    """Return a value with the other ones that stand behind it: "Vp3 or Vp4", "Vp3/4"."""
    variable, cells, end = found.variable, {found.cell}, found.end
    for word, value in 2 * _spoken(variable):
        spelt = re.sub(r"^([A-Za-z]{2,})(?=\d$)", r"(?:\1)?", re.escape(word))
        if match := re.compile(rf"\s*(?:\bor\b|/)\s*{spelt}(?!\w)", re.IGNORECASE).match(part, end):
            cells, end = cells | {value}, match.end()
    return replace(found, cell="|".join(w for w in variable.words if w in cells), end=end)


def _spelt(word: str) -> str:
    """Return the pattern of a word; "B8" may be written "B (8 points)", where nothing follows."""
    if not re.fullmatch(r"[A-Z]\d+", word):
        return re.escape(word)
    points = rf"\s?\(?(?:score\s)?{word[1:]}(?:\s?(?:points?|pts?))?"
    return rf"{word[0]}(?:{word[1:]}|{points}(?=\)?\s*(?:$|[;:])))"


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
