"""A patient in a line of free text, read by rules from the words and units of the ontology.

1. The text is cut into parts at commas, semicolons, line ends and full stops.
2. In each part the names of variables are sought: labels, alternative and hidden labels, the
   longest first. A number beside a name, in a unit of the variable, is its value; so is a value
   named beside it; "no" before it, or "free" and the like behind it, says that it is not there.
   A part with words that may change what it says is not read at all: "no relevant", "target".
   Nor is a sentence of another time, case or person; and later words may take back earlier ones.
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
from kg.patients.drafts import Draft
from kg.patients.facts import Fact, facts, named_in
from kg.patients.sentences import (
    PERSON,
    begins_otherwise,
    is_doubtful,
    is_later,
    is_more,
    is_signed,
    is_strange,
    opening_of,
    pieces_of,
    undone_from,
)
from kg.patients.sizes import (
    OF_IT,
    TUMOUR,
    Sizes,
    beside,
    is_at_a_place,
    is_unread_size,
    says_something,
    size_column,
    sizes_in,
)
from kg.patients.unread import COMMA, COUNT, TWICE, why_unread


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
    told, text = _opening(guideline, text)
    odd: list[str] = []
    denied = headed = False
    bare = last = sentence = len(told)  # where begins what was merely named, and what was said last
    said, strange = bool(told), False
    pieces = pieces_of(text)
    for stop, part in zip([None, *pieces[1::2]], pieces[::2], strict=True):
        if stop:
            headed, sentence = False, len(told)
        found = list(facts(guideline, part, denied))
        left = _without(part, [(fact.start, fact.end) for fact in found])
        here = list(sizes_in(guideline, left))
        left = _without(left, [each.span for each in here])
        changing, place = beside(left)
        changing = changing or is_signed(left)
        elsewhere = any(_is_elsewhere(fact, part, place, said) for fact in found)
        elsewhere = elsewhere or (strange and _is_bare_size(found, here, part))
        strange = is_strange(left) or bool(found and _is_there(found[-1]))
        named = any(v.lesion_aggregation != "count" for _, v in named_in(guideline, part))
        headed = headed or begins_otherwise(part, left, changing, named or bool(here))
        unread = (changing or elsewhere or headed) and bool(found or here)
        said = said or is_more(part)
        odd += _taken_back(told, undone_from(part, left, unread, (sentence, last, bare), len(told)))
        if unread:
            if any(fact.behind for fact in found):
                odd += _taken_back(told, min(bare, len(told)))
            if is_later(left) and _is_again(told[last:], found, here):
                odd += _taken_back(told, last)
            headed = headed or part.count("(") > part.count(")")
            mere = not here and all(fact.by_name for fact in found)  # "A, B or more, C: none"
            denied, bare, last = True, min(bare, len(told)) if mere else len(told), len(told)
            odd += _rest(part)
            continue
        denied = found[-1].negated if found else denied or is_doubtful(left)
        last = len(told) if found or here else last
        for fact in found:
            if fact.behind:  # "ascites, PVT: none" denies both
                odd += _taken_back(told, bare)
                last = min(last, bare)
            told += _values(guideline, fact, part)
            bare = bare if fact.by_name else len(told)
        told += here
        bare = len(told) if here else min(bare, len(told))
        odd += _rest(left)
    return _as_whole(guideline, told, odd)


def _opening(guideline: Guideline, text: str) -> tuple[list[LineValue | Sizes], str]:
    """Return the age that a text opens with beside the sex, "68M", and the rest of the text."""
    opening = opening_of(text)
    if opening is None:
        return [], text
    age = next(each for each in guideline.variables.values() if each.unit == "a")
    return [LineValue(age.name, opening["age"], opening[0].strip())], text[opening.end() :]


def _values(guideline: Guideline, fact: Fact, part: str) -> Iterator[LineValue]:
    words = " ".join(part[fact.start : fact.end].split())
    for name, cell in _said(guideline, fact.variable.name, fact.cell, words):
        yield LineValue(name, cell, words)


def _as_whole(guideline: Guideline, told: list[LineValue | Sizes], odd: list[str]) -> LineReading:
    """Return what was told, as far as it goes together."""
    values = [each for each in told if isinstance(each, LineValue)]
    understood, twice = _told_once(guideline, values)
    why = {words: reason for words in odd if (reason := why_unread(guideline, words))}
    why |= dict.fromkeys(twice, TWICE)
    sizes = [each for each in told if isinstance(each, Sizes)]
    return _with_sizes(guideline, LineReading(understood, (), (*odd, *twice), why), sizes)


def _taken_back(told: list[LineValue | Sizes], start: int) -> Iterable[str]:
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
    if re.fullmatch(r"[\d.,\s–-]+(?:y|yrs?|years?)", words):  # "cirrhosis, 10 years"
        ends = re.match(rf"[\s(),/-]*(?:$|{PERSON})", behind, re.IGNORECASE)
        return later or is_more(part[: fact.start]) or not ends
    side = re.search(r"\b(?:right|left)\s*$", part[: fact.start], re.IGNORECASE)
    if side and fact.cell == fact.variable.nothing:  # "left PV patent"
        return True
    if fact.by_name and fact.variable.lesion_column is None and OF_IT.match(behind):
        return True
    at_a_place = place and is_at_a_place(behind)
    return fact.by_name and (at_a_place or bool(re.match(r"[\s:(]*\d", behind)))  # "ascites 2 cm"


def _is_there(fact: Fact) -> bool:
    """Tell whether a fact is of something that is there and may have a size, but is no tumour."""
    variable = fact.variable
    return variable.lesion_column is None and variable.nothing not in (None, fact.cell)


def _is_again(told: list[LineValue | Sizes], found: list[Fact], here: list[Sizes]) -> bool:
    """Tell whether what was told is said anew: "AFP 400, after TACE AFP 20"."""
    names = {fact.variable.name for fact in found}
    return any(bool(here) if isinstance(e, Sizes) else e.variable in names for e in told)


def _is_bare_size(found: list[Fact], here: list[Sizes], part: str) -> bool:
    """Tell whether a size stands in a part without a word for a tumour: "lung mets, max 2 cm"."""
    sized = here or any(fact.variable.lesion_aggregation == "maximum" for fact in found)
    return bool(sized) and not TUMOUR.search(part)


def _said(guideline: Guideline, name: str, cell: str, words: str) -> Iterator[tuple[str, str]]:
    """Yield the cells that words stand for: "B8" is a class, and the score that gives it."""
    yield name, cell
    points = re.findall(r"(?<![A-Za-z])[A-Za-z]\s?\(?(?:score\s)?(\d+)(?!\w)", words)
    for score in (rule.score for rule in guideline.derivations if rule.score):
        if points and score.target == name and "|" not in cell:
            ends = sorted({int(each) for each in points})
            yield score.total, f"{ends[0]}..{ends[-1]}" if len(ends) > 1 else points[0]


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
        unread = unread or any("/" in each.words for each in sizes)  # "3/4 cm"
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
