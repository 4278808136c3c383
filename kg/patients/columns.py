"""Columns of cells to columns of knowledge: the bands that remain possible, row by row.

1. Plain values are read by expressions over whole columns, all columns at once: numbers are
   compared with the thresholds of the ontology, words and booleans with the values.
2. What that leaves over (partial knowledge, other spellings, faults) is read by its distinct
   texts, each once, with the one parser of cells (`kg.patients.cells`), so that each cell means the
   same, and each fault is told in the same words, however it is read.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import polars as pl

from kg.guideline.values import Variable
from kg.patients.cells import UNKNOWN_WORDS, CellError, parse_cell

# A number in so few characters keeps its order, and stays apart from thresholds, as a float.
_EXACT_LENGTH = 14
_LARGEST_HALF = 65_504


@dataclass(frozen=True)
class Column:
    """What a column says of one variable.

    `mask` is null where the cell says nothing (or cannot be read), else the bands that remain
    possible; `recorded` tells where it is not null, `pinned` where one value is left; `fault`
    says what is wrong with a cell, null where nothing is.
    """

    mask: pl.Series
    recorded: pl.Series
    pinned: pl.Series
    fault: pl.Series | None


def mask_type(variable: Variable) -> pl.DataType:
    """Return the smallest unsigned type that holds a mask of the variable's bands."""
    for dtype, bits in ((pl.UInt8(), 8), (pl.UInt16(), 16), (pl.UInt32(), 32)):
        if variable.band_count <= bits:
            return dtype
    return pl.UInt64()


def as_text(column: pl.Series) -> pl.Series:
    """Return a column as the texts of its cells; numbers in their shortest exact form."""
    if column.dtype == pl.Float16:
        exact = column.cast(pl.Float64)
        texts = {half: _half(half) for half in exact.unique().drop_nulls()}
        return exact.replace_strict(texts, default=None, return_dtype=pl.String)
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        told = [None if value is None else str(value) for value in column.to_list()]
        return pl.Series(column.name, told, pl.String)
    text = column.cast(pl.String)
    return text.str.strip_suffix(".0") if column.dtype.is_float() else text


def identifier(text: str) -> str:
    """Return one text as `identifiers` reads it."""
    return unicodedata.normalize("NFC", text.strip())


def identifiers(column: pl.Series) -> pl.Series:
    """Return a column as identifiers: without blanks around them, in Unicode's composed form."""
    text = as_text(column).str.strip_chars()
    plain = text.is_null() | (text.str.len_bytes() == text.str.len_chars())
    return text if plain.all() else text.str.normalize("NFC")


def are_unknown(ids: pl.Series) -> pl.Series:
    """Return which identifiers say nothing."""
    words = "|".join(map(re.escape, sorted(UNKNOWN_WORDS)))
    return ids.fill_null("").str.contains(f"(?i)^(?:{words})$")


def _half(value: float) -> str:
    """Return the shortest decimal that a half float stands for; Polars tells digits of noise."""
    for digits in range(1, 6):
        text = f"{value:.{digits}g}"
        near = math.isfinite(value) and abs(float(text)) <= _LARGEST_HALF
        if near and struct.unpack("e", struct.pack("e", float(text)))[0] == value:
            return format(Decimal(text), "f")
    return str(value)


def read_columns(variables: Sequence[Variable], frame: pl.DataFrame) -> dict[str, Column]:
    """Return what each variable's column of a frame says."""
    if not variables:
        return {}
    frame = frame.with_columns(pl.selectors.by_dtype(pl.Categorical, pl.Enum).cast(pl.String))
    plain = _with_numbers(variables, frame)
    types = plain.schema
    masks = plain.select(_plain(variable, types[variable.name]) for variable in variables)
    plain_cells = masks.select(pl.all().is_not_null())
    left = frame.select(
        (~plain_cells[v.name] & pl.col(v.name).is_not_null()).any() for v in variables
    ).row(0)
    found = {}
    for variable, some_left in zip(variables, left, strict=True):
        mask, read = masks[variable.name], plain_cells[variable.name]
        found[variable.name] = (
            _with_texts(variable, mask, read, frame[variable.name])
            if some_left
            else Column(mask, recorded=read, pinned=read, fault=None)
        )
    return found


def _with_numbers(variables: Sequence[Variable], frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with numbers for texts, as far as floats keep them apart; others are null.

    Each cast is a step of its own: an expression over it would cast for each threshold anew.
    """
    types = frame.schema
    texts = [v.name for v in variables if v.is_number and types[v.name] == pl.String]
    short = (pl.when(pl.col(n).str.len_bytes() <= _EXACT_LENGTH).then(pl.col(n)) for n in texts)
    numbers = frame.select(text.cast(pl.Float64, strict=False) for text in short)
    zeros = frame.select((pl.col(texts) == "0") | (pl.col(texts) == "0.0"))
    exact = ((numbers[n] != 0) | zeros[n] for n in texts)  # 1e-400 is not zero
    return frame.with_columns(numbers[n].set(~e, None) for n, e in zip(texts, exact, strict=True))


@lru_cache(1_000)
def _plain(variable: Variable, dtype: pl.DataType) -> pl.Expr:
    """Return the masks of plain values; null for what is not a plain value of the variable."""
    x, mask = pl.col(variable.name), mask_type(variable)
    if variable.is_number and dtype.is_numeric() and dtype != pl.Float16:  # its floor is wrong
        return _compared(variable, x, dtype).alias(variable.name)
    if variable.type == "boolean" and dtype == pl.Boolean:
        return (pl.lit(2, mask) - x.cast(mask)).alias(variable.name)
    if not variable.is_number and dtype == pl.String:
        found = pl.lit(None, mask)
        for i, word in enumerate(variable.words):
            found = pl.when(x == word).then(pl.lit(1 << i, mask)).otherwise(found)
        return found.alias(variable.name)
    return pl.repeat(None, pl.len(), dtype=mask).alias(variable.name)


def _compared(variable: Variable, x: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return the masks of numbers; null for those out of range, or not whole where they should.

    A float is read as the shortest decimal that it stands for. Rounding to a float keeps the
    order of decimals and every threshold has few digits, so comparing floats is exact.
    """
    mask = pl.lit(1, mask_type(variable))
    for i, band in enumerate(variable.bands[1:], start=1):
        passed = x > _literal(band.low, dtype) if band.low_open else x >= _literal(band.low, dtype)
        mask = pl.when(passed).then(pl.lit(1 << i, mask_type(variable))).otherwise(mask)
    return pl.when(_fits(variable, x, dtype)).then(mask)


def _literal(number: object, dtype: pl.DataType) -> pl.Expr:
    return pl.lit(number) if dtype.is_decimal() else pl.lit(float(str(number)))


def _fits(variable: Variable, x: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    fits = x.is_finite() if dtype.is_float() else x.is_not_null()
    bounds = variable.range
    if bounds.low is not None:
        low = _literal(bounds.low, dtype)
        fits = fits & (x > low if bounds.low_open else x >= low)
    if bounds.high is not None:
        high = _literal(bounds.high, dtype)
        fits = fits & (x < high if bounds.high_open else x <= high)
    if variable.type == "integer" and not dtype.is_integer():
        fits = fits & (x == x.floor())
    return fits


def _with_texts(variable: Variable, mask: pl.Series, read: pl.Series, cells: pl.Series) -> Column:
    """Read the cells that are not yet read by their distinct texts."""
    places = (~read & cells.is_not_null()).arg_true()
    texts = as_text(cells.gather(places))
    masks: dict[str, int | None] = {}
    pinned: dict[str, bool] = {}
    faults: dict[str, str | None] = {}
    for text in texts.unique():
        knowledge, faults[text] = None, None
        try:
            knowledge = parse_cell(variable, text)
        except CellError as error:
            faults[text] = str(error)
        masks[text] = None if knowledge is None else knowledge.mask
        pinned[text] = knowledge is not None and knowledge.pinned
    fault = None
    if any(faults.values()):
        told = texts.replace_strict(faults, return_dtype=pl.String)
        fault = pl.repeat(None, len(cells), dtype=pl.String, eager=True).scatter(places, told)
    mask = mask.clone().scatter(places, texts.replace_strict(masks, return_dtype=mask.dtype))
    told = texts.replace_strict(pinned, return_dtype=pl.Boolean)
    return Column(mask, mask.is_not_null(), read.clone().scatter(places, told), fault)
