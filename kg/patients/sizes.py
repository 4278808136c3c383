"""Sizes of tumours in a free text: numbers in centimetres or millimetres that stand by themselves.

1. A size is that of a tumour if nothing else is named beside it: not "spleen 15 cm", not "3 cm
   from the hilum". Where a tumour is in the liver may stand there.
2. One size is that of the largest tumour, and may be a bound or a range; several are a list of
   all tumours, if there are as many.
3. "3,4 cm" is one size with a decimal comma, or two. It is the first where so many tumours are
   counted, or where one is all there is; otherwise it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kg.guideline import Guideline
from kg.guideline.intervals import plain
from kg.guideline.values import Variable
from kg.patients.amounts import FIGURE, LESION, SIGN, sign_of, valid

_IDLE = re.compile(
    r"(?:tumou?rs?|nodules?|lesions?|and|with|w|w/|has|have|a|an|the|of|in|is|are|patient|pt|"
    r"hccs?|each|sizes|diameters|measur(?:es?|ing)|at|on|both|&|\+)",
    re.IGNORECASE,
)
_AROUND = "():,/-–"
_SIZES = re.compile(
    rf"(?<![\d.x×,–-]){SIGN}?\s*"
    rf"(?:(?P<list>{FIGURE}(?:\s*(?:,\s|and|&|/|\+)\s*{FIGURE})*)"
    rf"|(?P<low>{FIGURE})\s*(?:-|–|to)\s*(?P<high>{FIGURE}))"
    r"\s*(?P<unit>cm|mm)\b(?!\s*[x×])",
    re.IGNORECASE,
)
TUMOUR = re.compile(rf"\b{LESION}s?\b", re.IGNORECASE)
OF_IT = re.compile(  # "PVT, 3 cm"
    rf",\s*[<>≥≤]?\s*{FIGURE}\s*(?:cm|mm)\b(?!\s*{LESION})", re.IGNORECASE
)
_SEVERAL = re.compile(rf"\b(?:{LESION}s|foci)\b", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:(?:seg\w*\.?\s*|s)(?:[1-8]|[iv]+)[ab]?(?:\s*[/&+-]\s*s?(?:[1-8]|[iv]+)[ab]?)*|"
    r"(?:right|left)(?:\s+(?:liver\s+)?lobe)?|caudate(?:\s+lobe)?|(?:in|of)\s+(?:the\s+)?liver|"
    r"subcapsular|dome)\b(?!/)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"\0\s*\(\s*{_PLACE.pattern}\s*\)", re.IGNORECASE)  # "2 cm (S8)"
_HARMLESS = re.compile(
    r"(?:(?<![:=] )(?<![:=])\b[HLMF]\b)|"  # not "PVT: F"
    r"\b(?:low|high|sex|male|female|man|woman|today|now|current(?:ly)?|known|labs?|HBV|HCV|TNM|"
    r"bloods|laboratory(?: data)?|"
    r"[cp]?[TN][0-4X][ab]?(?:N[1-3X])?)\b|"
    rf"(?:\((?:(?:ref|reference|normal|range)\b[.:]?\s*)*{FIGURE}\s*[-–]\s*{FIGURE}\)|"
    rf"^\s*(?:[HL]\b)?\s*{FIGURE}\s*[-–]\s*{FIGURE}\s*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that stand together: their cells in cm, the words for them, and where these are.

    `comma` says that a comma in them may part two sizes, `several` that tumours are named beside.
    """

    cells: tuple[str, ...]
    words: str
    span: tuple[int, int]
    comma: bool
    several: bool


def sizes_in(guideline: Guideline, text: str) -> Iterator[Sizes]:
    """Yield the sizes of tumours in a text; what was used of it already is zero bytes."""
    for match in _SIZES.finditer(text):
        cells = _cells(match)
        if cells and all(valid(size_column(guideline)[1], cell) for cell in cells):
            words = match[0].strip()
            several = bool(_SEVERAL.search(text[: match.start()]))
            yield Sizes(cells, words, match.span(), "," in _figures(match), several)


def beside(left: str) -> tuple[bool, bool]:
    """Tell whether words that were not used may change what the others say, and name a place."""
    rests = [_HARMLESS.sub(" ", each) for each in _IN_BRACKETS.sub("\0", left).split("\0")]
    changing = any(says_something(_PLACE.sub(" ", rest)) for rest in rests)
    return changing, any(_PLACE.search(rest) for rest in rests)


def says_something(words: str) -> bool:
    """Tell whether any of some words says something by itself."""
    bare = (word.strip(_AROUND) for word in words.split())
    return any(word and not _IDLE.fullmatch(word) for word in bare)


def is_at_a_place(after: str) -> bool:
    """Tell whether a text begins with a place in the liver."""
    start = r"[\s(:]*(?:(?:in|of|to|the|both)\s+)*?"
    return bool(re.match(start + _PLACE.pattern, after, re.IGNORECASE))


def is_unread_size(words: str) -> bool:
    """Tell whether words that were not understood may hold the size of a tumour."""
    beside_it = TUMOUR.search(words) or _PLACE.search(words) or re.search(r"\d\s*[x×]", words)
    return bool(beside_it and re.search(r"\d\s*(?:cm|mm)\b", words))


def sizes_of(text: str) -> list[str]:
    """Return the sizes in cm that a text lists with units; none if it says anything else."""
    found = list(_SIZES.finditer(text))
    rest = _SIZES.sub("", text).replace("and", "").strip(" ,;&")
    if rest or any("," in _figures(match) for match in found):
        return []
    return [size for match in found for size in _cells(match)]


def size_column(guideline: Guideline) -> tuple[str, Variable]:
    """Return the column of lesions that holds their size in cm."""
    return next((c, v) for c, v in guideline.lesion_columns.items() if v.unit == "cm")


def _figures(match: re.Match[str]) -> str:
    return re.sub(r",\s", ";", match["list"] or f"{match['low']};{match['high']}")


def _cells(match: re.Match[str]) -> tuple[str, ...]:
    """Return sizes in cm; none where a bound stands before several, or a number is too long."""
    factor = Decimal("0.1") if match["unit"].lower() == "mm" else Decimal(1)
    figures = re.findall(FIGURE, _figures(match))
    sign = sign_of(match)
    if (sign and len(figures) > 1) or any(re.search(r",\d{3}", each) for each in figures):
        return ()
    each = [plain(Decimal(figure.replace(",", ".")) * factor) for figure in figures]
    return ("..".join(each),) if match["low"] else (sign + each[0], *each[1:])
