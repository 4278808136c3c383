"""A patient in a line of free text, read by rules from the words and units of the ontology.

1. The text is cut into parts at commas, semicolons, line ends and full stops.
2. In each part the names of variables are sought: labels, alternative and hidden labels, the
   longest first. A number beside a name, in a unit of the variable, is its value; so is a value
   named beside it; "no" before it, or "free" and the like behind it, says that it is not there.
   A part with a "no" that belongs to none of them is not read at all: it may deny what is named.
3. Numbers in centimetres or millimetres without a name are sizes of tumours.
4. What was not used by then was not understood, and is told. Nothing is guessed: a number whose
   unit is not given and may be another one, or a variable that is told twice, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.guideline.values import Variable
from kg.patients.cells import CellError, parse_cell
from kg.patients.drafts import Draft
from kg.patients.facts import FIGURE, facts

_PARTS = re.compile(rf"[;\n]|\.(?=\s|$)|,(?!\d)(?!\s*{FIGURE}\s*(?:,|and|&|cm\b|mm\b))")
_SIZES = re.compile(
    rf"(?<![\d.x×,])({FIGURE}(?:\s*(?:,\s|and|&|/|\+)\s*{FIGURE})*)\s*(cm|mm)\b(?!\s*[x×])",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"(?:tumou?rs?|nodules?|lesions?|and|or|with|has|have|had|a|an|the|of|in|is|are|was|patient|pt|hcc|each|measuring|at|on|both)",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:no|non|not|none|never|nil|neither|nor|cannot|without|w/o|den(?:y|ies|ied)|absen\w+|free|"
    r"negative|exclud\w+|ruled out|resolved|gone|lack\w*|unlikely|doubtful)\b|n[’']t\b|-ve\b",
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
    """What a line says: values, the sizes of tumours in cm, and what was not understood."""

    understood: tuple[LineValue, ...]
    sizes: tuple[str, ...]
    not_understood: tuple[str, ...]

    def draft(self, guideline: Guideline, before: Draft) -> Draft:
        """Return a draft with what was understood; a list of sizes takes the place of lesions."""
        column, _ = _size_column(guideline)
        found = before
        for each in self.understood:
            found = found.with_cell(each.variable, each.cell)
        lesions = tuple({column: size} for size in self.sizes)
        return replace(found, lesions=lesions or found.lesions)


def read_line(guideline: Guideline, text: str) -> LineReading:
    """Return what a line of text says of a patient."""
    told: dict[str, list[LineValue]] = {}
    odd: list[str] = []
    sizes: list[str] = []
    denied = False
    for part in _PARTS.split(text):
        left = part
        found = list(facts(guideline, part, denied))
        for fact in found:
            left = _without(left, fact.start, fact.end)
        if _DENIES.search(left):
            denied = True
            odd += _rest(part)
            continue
        if found:
            denied = found[-1].negated
        for fact in found:
            words = " ".join(part[fact.start : fact.end].split())
            for name, cell in _said(guideline, fact.variable.name, fact.cell, words):
                told.setdefault(name, []).append(LineValue(name, cell, words))
        for match in _SIZES.finditer(left):
            if re.search(r"[x×]\s*$", left[: match.start()]):
                continue  # two diameters of one tumour
            each = _in_cm(match)
            if not all(_is_size(guideline, size) for size in each):
                continue
            sizes += each
            left = _without(left, *match.span())
        odd += _rest(left)
    understood = []
    for name, ways in told.items():
        if len({each.cell for each in ways}) == 1:
            understood.append(ways[0])
        else:
            odd.append(f"{guideline.variables[name].label}: {' / '.join(e.words for e in ways)}")
    return _with_sizes(guideline, understood, sizes, odd)


def sizes_of(text: str) -> list[str]:
    """Return the sizes in cm that a text lists with units; none if it says anything else."""
    found = list(_SIZES.finditer(text))
    rest = _SIZES.sub("", text).replace("and", "").strip(" ,;&")
    return [] if rest else [size for match in found for size in _in_cm(match)]


def _in_cm(match: re.Match[str]) -> list[str]:
    factor = Decimal("0.1") if match[2].lower() == "mm" else Decimal(1)
    return [plain(Decimal(number) * factor) for number in re.findall(FIGURE, match[1])]


def _said(guideline: Guideline, name: str, cell: str, words: str) -> Iterator[tuple[str, str]]:
    """Yield the cells that words stand for: "B8" is a class, and the score that gives it."""
    yield name, cell
    points = re.search(r"[A-Za-z](\d+)$", words)
    for score in (rule.score for rule in guideline.derivations if rule.score):
        if points and score.target == name:
            yield score.total, points[1]


def _size_column(guideline: Guideline) -> tuple[str, Variable]:
    """Return the column of lesions that holds their size in cm."""
    return next((c, v) for c, v in guideline.lesion_columns.items() if v.unit == "cm")


def _is_size(guideline: Guideline, size: str) -> bool:
    """Tell whether a tumour can have a size in cm."""
    try:
        return parse_cell(_size_column(guideline)[1], size) is not None
    except CellError:
        return False


def _with_sizes(
    guideline: Guideline, understood: list[LineValue], sizes: list[str], odd: list[str]
) -> LineReading:
    """Take sizes as a list of all tumours, if there are as many; a single one as the largest."""
    by_sort = {v.lesion_aggregation: v for v in guideline.variables.values()}
    count, largest = by_sort["count"], by_sort["maximum"]
    said = {each.variable: each.cell for each in understood}
    told = f"{', '.join(sizes)} cm"
    if len(sizes) == 1 and largest.name not in said:
        understood = [*understood, LineValue(largest.name, sizes[0], told)]
        sizes = []
    elif sizes and (
        largest.name in said or said.get(count.name, str(len(sizes))) != str(len(sizes))
    ):
        odd = [*odd, told]
        sizes = []
    order = list(guideline.variables)
    understood = [e for e in understood if not (sizes and e.variable == count.name)]
    understood.sort(key=lambda each: order.index(each.variable))
    return LineReading(tuple(understood), tuple(sizes), tuple(odd))


def _without(text: str, start: int, end: int) -> str:
    return text[:start] + "\0" * (end - start) + text[end:]


def _rest(left: str) -> Iterator[str]:
    """Yield the words that were not used, apart from those that say nothing by themselves."""
    for piece in re.split("\0+", left):
        words = piece.split()
        if any(
            not _IDLE.fullmatch(word.strip("():,/-–")) for word in words if word.strip("():,/-–")
        ):
            yield " ".join(words)
