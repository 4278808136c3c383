"""A patient in a line of free text, read by rules from the words and units of the ontology.

1. The text is cut into parts at commas, semicolons, line ends and full stops.
2. In each part the names of variables are sought: labels, alternative and hidden labels, the
   longest first. A number beside a name, in a unit of the variable, is its value; so is a value
   named beside it; "no" before it, or "free" and the like behind it, says that it is not there.
   A part with words that may change what it says is not read at all: "no relevant", "target".
3. Numbers in centimetres or millimetres without a name are sizes of tumours.
4. What was not used by then was not understood, and is told, with the reason where it is a number.
   Nothing is guessed: a number whose unit is not given and may be another one, or a variable that
   is told twice, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from kg.guideline import Guideline
from kg.patients.amounts import FIGURE, LESION
from kg.patients.drafts import Draft
from kg.patients.facts import Fact, facts
from kg.patients.sizes import (
    Sizes,
    beside,
    is_at_a_place,
    is_unread_size,
    says_something,
    size_column,
    sizes_in,
)
from kg.patients.unread import COMMA, COUNT, TWICE, why_unread

_PARTS = re.compile(rf"([;\n]|\.(?=\s|$))|,(?!\d)(?!\s*{FIGURE}\s*(?:,|and|&|cm\b|mm\b))")
_ORDINAL = re.compile(rf"\b{LESION}\s*#?\d\s*:", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:no|non|not|none|never|nil|neither|nor|cannot|without|w/o|den(?:y|ies|ied)|absen\w+|free|"
    r"negative|exclud\w+|ruled out|resolved|gone|lack\w*|unlikely|doubtful)\b|n[’']t\b|-ve\b",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(  # what was said before it
    r"\s*(?:suspect|possibl|probabl|likely|unlikely|if any|resolved|excluded|ruled out|none|absent|"
    r"no longer|doubtful|negative|\?|not\b|now\b|today|current|then\b|\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LineValue:
    """A value that was understood: the variable, its cell, and the words that say so."""

    variable: str
    cell: str
    words: str


@dataclass(frozen=True, slots=True)
class LineReading:
    """What a line says: values, the sizes of tumours in cm, and what was not understood.

    `why` says of some of the latter why they were not.
    """

    understood: tuple[LineValue, ...]
    sizes: tuple[str, ...]
    not_understood: tuple[str, ...]
    why: Mapping[str, str] = field(default_factory=dict)

    def draft(self, guideline: Guideline, before: Draft) -> Draft:
        """Return a draft with what was understood; a list of sizes takes the place of lesions."""
        column, _ = size_column(guideline)
        found = before
        for each in self.understood:
            found = found.with_cell(each.variable, each.cell)
        lesions = tuple({column: size} for size in self.sizes)
        return replace(found, lesions=lesions or found.lesions)


def read_line(guideline: Guideline, text: str) -> LineReading:
    """Return what a line of text says of a patient."""
    told: list[LineValue] = []
    odd: list[str] = []
    sizes: list[Sizes] = []
    denied = False
    bare = last = 0  # where begins what was merely named, and what the last part said
    headed = False  # "before TACE: A, B" is so of both
    pieces = _PARTS.split(_ORDINAL.sub(" ", text))
    for stop, part in zip([None, *pieces[1::2]], pieces[::2], strict=True):
        headed = headed and not stop
        found = list(facts(guideline, part, denied))
        left = _without(part, [(fact.start, fact.end) for fact in found])
        here = list(sizes_in(guideline, left))
        left = _without(left, [each.span for each in here])
        changing, place = beside(left)
        elsewhere = any(_is_elsewhere(fact, part, place, bool(told)) for fact in found)
        headed = headed or (changing and bool(re.match(r"[^\0]*\w:", left)))
        if (changing or elsewhere or headed) and (found or here):
            denied, bare, last = True, len(told), len(told)
            odd += _rest(part)
            continue
        if _TAKES_BACK.match(left):
            odd += _taken_back(told, last)
        denied = found[-1].negated if found else denied or bool(_DENIES.search(left))
        last = len(told) if found else last
        for fact in found:
            if fact.behind:  # "ascites, PVT: none" denies both
                odd += _taken_back(told, bare)
                last = min(last, bare)
            words = " ".join(part[fact.start : fact.end].split())
            said = _said(guideline, fact.variable.name, fact.cell, words)
            told += [LineValue(name, cell, words) for name, cell in said]
            bare = bare if fact.by_name else len(told)
        sizes += here
        odd += _rest(left)
    understood, twice = _told_once(guideline, told)
    why = {words: reason for words in odd if (reason := why_unread(guideline, words))}
    why |= dict.fromkeys(twice, TWICE)
    return _with_sizes(guideline, LineReading(understood, (), (*odd, *twice), why), sizes)


def _taken_back(told: list[LineValue], start: int) -> Iterable[str]:
    """Take back what was told from a place on, and return its words."""
    words = dict.fromkeys(each.words for each in told[start:])
    del told[start:]
    return words


def _told_once(
    guideline: Guideline, told: list[LineValue]
) -> tuple[tuple[LineValue, ...], list[str]]:
    """Return one value of each variable, and the words of those that are told in two ways."""
    understood, twice = [], []
    for name in dict.fromkeys(each.variable for each in told):
        ways = [each for each in told if each.variable == name]
        said = [set(each.cell.split("|")) for each in ways]
        narrowest = min(said, key=len)
        counts = guideline.variables[name].lesion_aggregation == "count"  # "1 HCC; 1 HCC"
        if len(ways) == 1 or (not counts and all(narrowest <= each for each in said)):
            understood.append(ways[said.index(narrowest)])  # "Vp2 PVTT"
        else:
            twice.append(f"{guideline.variables[name].label}: {' / '.join(e.words for e in ways)}")
    return tuple(understood), twice


def _is_elsewhere(fact: Fact, part: str, place: bool, later: bool) -> bool:
    """Tell whether a fact may be of a place or time: "2 tumours left", "liver metastases"."""
    words, behind = part[fact.start : fact.end].lower().strip(), part[fact.end :]
    if fact.variable.lesion_aggregation == "count":
        return place and not re.match(r"\s*[(:]", behind) and not words.startswith(("sin", "sol"))
    if later and re.fullmatch(r"\d+\s*(?:y|yrs?|years?)", words):  # "cirrhosis, 10 years"
        return True
    side = re.search(r"\b(?:right|left)\s*$", part[: fact.start], re.IGNORECASE)
    if side and fact.cell == fact.variable.nothing:  # "left PV patent"
        return True
    at_a_place = place and is_at_a_place(behind)
    return fact.by_name and (at_a_place or bool(re.match(r"[\s:(]*\d", behind)))  # "ascites 2 cm"


def _said(guideline: Guideline, name: str, cell: str, words: str) -> Iterator[tuple[str, str]]:
    """Yield the cells that words stand for: "B8" is a class, and the score that gives it."""
    yield name, cell
    points = re.search(r"[A-Za-z]\s?\(?(?:score\s)?(\d+)(?:\s\w+)?\)?$", words)
    for score in (rule.score for rule in guideline.derivations if rule.score):
        if points and score.target == name and "|" not in cell:
            yield score.total, points[1]


def _with_sizes(guideline: Guideline, read: LineReading, sizes: list[Sizes]) -> LineReading:
    """Take sizes as a list of all tumours, if there are as many; a single one as the largest."""
    by_sort = {v.lesion_aggregation: v for v in guideline.variables.values()}
    count, largest = by_sort["count"], by_sort["maximum"]
    said = {each.variable: each.cell for each in read.understood}
    cells = tuple(cell for each in sizes for cell in each.cells)
    as_many = said.get(count.name) == str(len(cells))
    understood, odd, why = read.understood, read.not_understood, dict(read.why)
    unread = any(map(is_unread_size, odd))
    alone = not unread and len(cells) == 1 and largest.name not in said
    if any(each.comma for each in sizes) and not (
        as_many or (alone and count.name not in said and not sizes[0].several)
    ):
        reason = COMMA
    elif alone:
        reason, value = "", LineValue(largest.name, cells[0], sizes[0].words)
        understood, cells = (*understood, value), ()
    elif largest.name in said or not (as_many or count.name not in said):
        reason = COUNT
    else:
        plain = all(cell[0].isdigit() and ".." not in cell for cell in cells)
        reason = "" if plain and (as_many or not unread) else COUNT
    if reason:
        odd = (*odd, *(each.words for each in sizes))
        why |= {each.words: reason for each in sizes}
        cells = ()
    order = list(guideline.variables)
    understood = tuple(e for e in understood if not (cells and e.variable == count.name))
    understood = tuple(sorted(understood, key=lambda each: order.index(each.variable)))
    return LineReading(understood, cells, odd, why)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\0" * (end - start) + text[end:]
    return text


def _rest(left: str) -> Iterator[str]:
    """Yield the words that were not used, apart from those that say nothing by themselves."""
    for piece in re.split("\0+", left):
        if says_something(piece):
            yield " ".join(piece.split())
