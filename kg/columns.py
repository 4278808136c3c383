"""Columns of cells to columns of knowledge: the bands that remain possible, row by row.

Numbers, booleans and enumerated words in columns of their own types are read by comparing
whole columns with the thresholds of the ontology. Any other column is read by its distinct
texts, each once, with the one parser of cells (`kg.cells`). So is what the fast way finds
fault with, which gives each row the same message on every way.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from kg.cells import CellError, parse_cell
from kg.values import Variable

_FEW = 2_000  # distinct texts that are parsed one by one before numbers are cast as a column
_PLAIN_NUMBER = r"^[+-]?[0-9]{1,9}(\.[0-9]{1,5})?$"  # at most 14 digits: exact as a float


@dataclass(frozen=True)
class Column:
    """What a column says of one variable.

    `mask` is null where the cell says nothing (or cannot be read), else the bands that remain
    possible; `pinned` tells whether one value is left; `fault` says what is wrong with a
    cell, null where nothing is.
    """

    mask: pl.Series
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
    text = column.cast(pl.String)
    return text.str.strip_suffix(".0") if column.dtype.is_float() else text


def read_column(variable: Variable, column: pl.Series) -> Column:
    """Return what a column of cells says of a variable."""
    if column.dtype == pl.Null:
        return _nothing(variable, len(column))
    if variable.is_number and column.dtype.is_numeric():
        return _numbers(variable, column, column)
    if variable.type == "boolean" and column.dtype == pl.Boolean:
        masks = pl.when(pl.col("x")).then(1).otherwise(2)
        masks = pl.when(pl.col("x").is_null()).then(None).otherwise(masks)
        mask = column.to_frame("x").select(masks.cast(mask_type(variable))).to_series()
        return Column(mask, mask.is_not_null(), None)
    if variable.is_number and column.dtype == pl.String and column.n_unique() > _FEW:
        plain = column.str.contains(_PLAIN_NUMBER)
        return _numbers(variable, column.set(~plain, None).cast(pl.Float64), column)
    return _texts(variable, as_text(column))


def _nothing(variable: Variable, height: int) -> Column:
    mask = pl.repeat(None, height, dtype=mask_type(variable), eager=True)
    return Column(mask, mask.is_not_null(), None)


def _numbers(variable: Variable, numbers: pl.Series, cells: pl.Series) -> Column:
    """Compare a column of numbers with the bands; what does not fit is read as text.

    A float is read as the shortest decimal that it stands for. Rounding to a float keeps the
    order of decimals and every threshold has few digits, so comparing floats is exact.
    """
    x = pl.col("x")
    mask = pl.lit(1, mask_type(variable))
    for i, band in enumerate(variable.bands[1:]):
        assert band.low is not None  # noqa: S101 - bands after the first have a low end
        low = _literal(band.low, numbers.dtype)
        passed = x > low if band.low_open else x >= low
        mask = mask + passed.cast(mask_type(variable)) * (1 << i)
    fits = _fits(variable, x, numbers.dtype)
    frame = numbers.to_frame("x").select(mask.alias("mask"), fits.fill_null(False).alias("fits"))
    rest = ~frame["fits"] & cells.is_not_null()
    read = frame["mask"].set(~frame["fits"], None)
    if not rest.any():
        return Column(read, read.is_not_null(), None)
    slow = _texts(variable, as_text(cells.set(~rest, None)))
    both = pl.select(pl.coalesce(read, slow.mask)).to_series()
    return Column(both, read.is_not_null() | slow.pinned, slow.fault)


def _literal(number: object, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_decimal():
        return pl.lit(number)
    return pl.lit(float(str(number)))


def _fits(variable: Variable, x: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    fits = pl.lit(True) if not dtype.is_float() else x.is_finite()
    bounds = variable.range
    if bounds.low is not None:
        low = _literal(bounds.low, dtype)
        fits = fits & (x > low if bounds.low_open else x >= low)
    if bounds.high is not None:
        high = _literal(bounds.high, dtype)
        fits = fits & (x < high if bounds.high_open else x <= high)
    if variable.type == "integer" and not dtype.is_integer():
        fits = fits & (x == x.floor())
    return fits & x.is_not_null()


def _texts(variable: Variable, texts: pl.Series) -> Column:
    """Parse each distinct text once and spread the answers over the rows."""
    distinct = texts.drop_nulls().unique()
    masks: dict[str, int | None] = {}
    pinned: dict[str, bool] = {}
    faults: dict[str, str] = {}
    for text in distinct:
        try:
            knowledge = parse_cell(variable, text)
        except CellError as error:
            faults[text] = str(error)
            knowledge = None
        masks[text] = None if knowledge is None else knowledge.mask
        pinned[text] = knowledge is not None and knowledge.pinned
    if not masks:
        return _nothing(variable, len(texts))
    fault = None
    if faults:
        fault = texts.replace_strict(faults, default=None, return_dtype=pl.String)
    return Column(
        texts.replace_strict(masks, default=None, return_dtype=mask_type(variable)),
        texts.replace_strict(pinned, default=False, return_dtype=pl.Boolean).fill_null(False),
        fault,
    )
