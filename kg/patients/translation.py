"""Cells of a table in other words than ours: their codes, words, units and decimal commas.

1. A code that means missing is unknown; a word of theirs becomes the cell that the mapping names.
2. In a table with decimal commas a comma is a point, unless it may separate thousands.
3. A number gets the unit of its column, unless it has one of its own, and is converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import polars as pl

from kg.guideline.intervals import plain
from kg.guideline.values import Variable
from kg.patients.cells import CellError, is_unknown, parse_cell, shown
from kg.patients.columns import as_text
from kg.patients.plausible import plausible

_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


@dataclass(frozen=True)
class Translation:
    """How the cells of one column are read; by default as they stand.

    `missing` and `values` are keyed as `key_of` writes cells. Of several `units`, a cell is in
    the one that makes it plausible.
    """

    variable: Variable
    missing: frozenset[str] = frozenset()
    values: Mapping[str, str] | None = None
    units: tuple[str, ...] = ()
    decimal_comma: bool = False

    def column(self, cells: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """Return a column in our words, and what is wrong with cells, null where nothing is."""
        if not (self.missing or self.values or self.units or self.decimal_comma):
            return cells, None
        texts = as_text(cells)
        ours: dict[str, str | None] = {}
        faults: dict[str, str] = {}
        for text in texts.drop_nulls().unique():
            ours[text] = None
            try:
                ours[text] = self.cell(text)
            except CellError as error:
                faults[text] = str(error)
        told = None
        if faults:
            told = texts.replace_strict(faults, default=None, return_dtype=pl.String)
        return texts.replace_strict(ours, default=None, return_dtype=pl.String), told

    def cell(self, text: str) -> str | None:
        """Return a cell in our words, None where it says nothing.

        Raises:
            CellError: it may mean more than one thing.
        """
        key = key_of(text)
        if key in self.missing:
            return None
        if self.values and key in self.values:
            return self.values[key]
        if is_unknown(text, self.variable):
            return None
        if self.decimal_comma:
            text = _with_points(text)
        return self._converted(text) if self.units else text

    def _converted(self, text: str) -> str:
        if self.variable.split_unit(text)[1] is not None:
            return text
        if len(self.units) == 1:
            known = parse_cell(self.variable, f"{text} {self.units[0]}")
            return "" if known is None else self.variable.wording(known)
        cells = (f"{text} {unit}" for unit in self.units)
        found = [known for cell in cells if (known := plausible(self.variable, cell))]
        if len(found) != 1:
            fits = "more than one" if found else "none"
            units = " and ".join(self.units)
            raise CellError(f"{shown(text)} is plausible in {fits} of {units}; write its unit")
        return self.variable.wording(found[0])


def key_of(text: str) -> str:
    """Return a cell in the form by which codes are compared: numbers by value, words by letters."""
    stripped = text.strip()
    try:
        number = Decimal(stripped)
    except InvalidOperation:
        return stripped.casefold()
    return plain(number) if number.is_finite() else stripped.casefold()


def has_decimal_comma(texts: Iterable[str]) -> bool:
    """Return whether some cell has a comma that can be nothing but a decimal comma."""
    return any(
        "," in number and not _THOUSANDS.fullmatch(number) and number.count(",") == 1
        for text in texts
        for number in _NUMBER.findall(text)
    )


def _with_points(text: str) -> str:
    for number in _NUMBER.findall(text):
        if _THOUSANDS.fullmatch(number):
            digits = re.sub(r"[.,]", "", number)
            decimal = number.replace(",", ".")
            raise CellError(
                f"{shown(text)} may mean {decimal} or {digits}; write the one that is meant "
                "without a sign before exactly three digits"
            )
    return _COMMA.sub(".", text)
