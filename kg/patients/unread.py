"""Why a part of a free text was not read: said of numbers, and of what may not be so now."""

from __future__ import annotations

import re

from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.guideline.values import Variable
from kg.patients.amounts import figure_behind, is_own, numbers, readings, unit_behind, valid
from kg.patients.cells import expected
from kg.patients.facts import named_in, names
from kg.texts import alike

TWICE = "said in two ways"
COMMA = "one size with a decimal comma, or two sizes?"
COUNT = "it does not go with the other sizes, or with the number of tumours"
_COMMA_HERE = "a decimal comma, or two numbers?"
_BETWEEN = "the number before the name, or the one behind it?"
_TWO_DIAMETERS = "two diameters of one tumour: give the larger alone"
_WHOSE = "the size of what?"
_NO_NAME = "no variable of the guideline is named beside the number"
_NO_NUMBER = "no number"
_NEARLY = 0.84  # "asictes" for "ascites", and not "nodes" for "nodules"
_BESIDE = "the words beside it may change what it says"


def why_unread(guideline: Guideline, words: str) -> str | None:
    """Return why words that name a variable, or hold a number, were not read."""
    named = list(named_in(guideline, words))
    if size := re.search(r"\d\s*(?:cm|mm)?\s*([x×])\s*\d|\d\s*(?:cm|mm)\b", words):
        named = [each for each in named if each[1].unit_symbol is not None]
        if size[1]:
            return _TWO_DIAMETERS
    for match, variable in named:
        if variable.is_number and (behind := figure_behind(words, match.end())):
            between = re.search(r"\d\s*$", words[: match.start()])
            why = _BETWEEN if between else _why_number(variable, behind, words[behind.end() :])
            return why or _BESIDE
    if named:
        return _NO_NUMBER if len(named) == 1 and named[0][1].is_number else _BESIDE
    if size:
        return _WHOSE
    if meant := _meant(guideline, words):
        return f"do you mean {meant}?"
    return _NO_NAME if re.search(r"\d", words) else None


def _meant(guideline: Guideline, words: str) -> str | None:
    """Return the name of a variable that is spelt nearly like a word."""
    known = names(guideline)
    for word in re.findall(r"[^\W\d_]{5,}", words.casefold()):
        found = alike(word, known, cutoff=_NEARLY)
        if found and found[0] not in word:  # "inoperable" does not mean operable
            return found[0]
    return None


def _why_number(variable: Variable, behind: re.Match[str], rest: str) -> str | None:
    """Return why a number behind the name of its variable is not its value."""
    figure, (spelling, _) = behind["low"], unit_behind(variable, rest)
    units = [variable.unit_symbol, *(unit.code for unit in variable.units[1:])]
    which = " or ".join(filter(None, units))
    following = "" if spelling else rest.strip(" ():;,")
    if figure is None or (following and not which):
        return None
    if following:
        other = f"{following.split(maxsplit=1)[0]!r} is not a unit of it: {which}"
        return _COMMA_HERE if "," in figure else other
    found = list(numbers(variable, figure, variable.unit_named(spelling or "")))
    if len(found) != 1:
        return f"{' or '.join(map(plain, readings(figure)))}?"
    if spelling is None and not is_own(variable, found[0]):
        return f"in {which}?"
    if valid(variable, plain(found[0])) is None:
        return f"out of range: expected {expected(variable).partition(', such as')[0]}"
    return None
