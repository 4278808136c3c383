"""Numbers as people type them: decimal points or commas, thousands parted by either, bounds."""

from __future__ import annotations

import re
from decimal import Decimal

_PARTED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
FIGURE = rf"(?:{_PARTED}|\d+(?:[.,]\d+)?)(?![.,]?\d)"  # "3.4,2.1" and "1.2.3" are none
SIGN = r"(?P<sign>[<>]=?|[≥≤])"
_CELLS = {"≥": ">=", "≤": "<="}
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


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
    return _CELLS.get(sign, sign)
