"""Cells that may be meant otherwise than they are read: told, never changed.

These are numbers that are within their range and yet unlike those of patients, and what is read as
unknown though it may be meant to say something.

The ontology holds for a variable what is plausible of a patient, and what is typical of the middle
of a column. A column whose middle is untypical, and typical in another unit, may be in that unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from statistics import median

import polars as pl

from kg.guideline.intervals import Interval
from kg.guideline.values import Knowledge, Unit, Variable
from kg.keys import ID, ROW
from kg.patients.cells import CellError, parse_cell
from kg.patients.columns import as_text
from kg.texts import counted

_SAMPLE = 20_000  # numbers of a column of which the middle is taken
_DISTINCT = 1_000  # implausible numbers of a column that are told apart
_CODE = set("9-")
_SHOWN = 3  # rows that say nothing are told one by one


@lru_cache(maxsize=256)
def _interval(variable: Variable, cell: str | None) -> Interval | None:
    known = parse_cell(variable, cell)
    return known.intervals[0] if known else None


def is_plausible(variable: Variable, known: Knowledge) -> bool:
    """Return whether a number, or one that a bound allows, is plausible of a patient."""
    bounds = _interval(variable, variable.plausible)
    return bounds is None or any(not (bounds & each).is_empty for each in known.intervals)


def plausible(variable: Variable, cell: str) -> Knowledge | None:
    """Return what a cell says, if it can be one of the variable and is plausible of a patient."""
    try:
        known = parse_cell(variable, cell)
    except CellError:
        return None
    return known if known is not None and is_plausible(variable, known) else None


class PlausibilityWatch:
    """Looks at the columns of a table as it is read; `columns` are variables by column.

    Of those that are `converted`, the unit is stated: another one is not proposed.
    """

    def __init__(
        self, columns: Mapping[str, Variable], converted: Collection[str] = frozenset()
    ) -> None:
        self._converted = converted
        self._columns = {
            name: (variable, bounds)
            for name, variable in columns.items()
            if variable.is_number
            and (bounds := _interval(variable, variable.plausible)) is not None
        }
        self._odd = {name: Counter[float]() for name in self._columns}
        self._seen, self._implausible = Counter[str](), Counter[str]()
        self._sample: dict[str, list[float]] = {name: [] for name in self._columns}

    def add(self, cells: pl.DataFrame) -> None:
        """Look at some rows; cells that are no plain numbers are passed over."""
        for name, (_, bounds) in self._columns.items():
            column = cells[name]
            plain = column if column.dtype.is_numeric() else as_text(column)
            numbers = plain.cast(pl.Float64, strict=False).drop_nulls()
            numbers = numbers.filter(numbers.is_finite())
            low, high = float(bounds.low or 0), float(bounds.high or "inf")
            odd = numbers.filter((numbers < low) | (numbers > high))
            counts, has_room = self._odd[name], len(self._odd[name]) < _DISTINCT
            counts.update(number for number in odd if has_room or number in counts)
            self._implausible[name] += len(odd)
            self._seen[name] += len(numbers)
            room = _SAMPLE - len(self._sample[name])
            if room > 0:
                self._sample[name] += numbers.head(room).to_list()

    def odd(self, name: str) -> list[float]:
        """Return the implausible numbers of a column, frequent first."""
        return [number for number, _ in self._odd.get(name, Counter()).most_common()]

    def notes(self) -> list[str]:
        """Return one line for each column in which something is implausible."""
        found = []
        for name, (variable, _) in self._columns.items():
            told = self._column(name, variable)
            found += [f"column {name}: {told}"] if told else []
        return found

    def _column(self, name: str, variable: Variable) -> str | None:
        odd, symbol = self._odd[name], variable.unit_symbol or ""
        if not self._sample[name]:
            return None
        middle = median(self._sample[name])
        unit = other_unit(variable, middle, variable.typical)
        if unit is not None and name not in self._converted:
            return (
                f"the middle number is {middle:g} {symbol}; are these {unit.code}? "
                f"Then pass --unit {name}={unit.code}"
            )
        if not odd:
            return None
        value, times = odd.most_common(1)[0]
        often = f"; {value:g} occurs {counted(times, 'time')}" if times > 1 else f": {value:g}"
        every = f"{self._implausible[name]:,} of {counted(self._seen[name], 'number')}"
        told = f"{every} implausible in {symbol}{often}"
        told = told.replace(" in ;", ";").replace(" in :", ":")
        unit = other_unit(variable, value, variable.plausible)
        if name in self._converted:
            told += ", as converted from the unit of the column"
        elif times > 1 or set(f"{value:g}") <= _CODE:
            told += f". If it stands for unknown, pass --missing {name}={value:g}"
        elif unit is not None:
            told += f". If it is in {unit.code}, write '{value:g} {unit.code}'"
        return told


class SilenceWatch:
    """Looks for what may be meant to say something, and is read as unknown.

    That is the word "none" where a value of another name says that there is nothing, and a row
    that has an identifier only, such as a footnote.
    """

    def __init__(
        self, columns: Mapping[str, Variable], where: Callable[[int], str] = "row {}".format
    ) -> None:
        self._where = where
        self._columns = {
            name: variable
            for name, variable in columns.items()
            if not variable.is_number and variable.nothing and "none" not in variable.words
        }
        self._told = list(columns)
        self._nones: Counter[str] = Counter()
        self._bare, self._first = 0, list[str]()  # rows, and how the first are told

    def add(self, cells: pl.DataFrame, recorded: pl.DataFrame) -> None:
        """Look at some rows; `recorded` tells of each column where its cells say something."""
        for name in self._columns:
            silent = cells[name].is_not_null() & ~recorded[name]
            if silent.any():
                words = as_text(cells[name].filter(silent)).str.strip_chars().str.to_lowercase()
                self._nones[name] += int((words == "none").sum())
        if not self._told:
            return
        bare = cells.filter(~recorded.select(pl.any_horizontal(self._told)).to_series())
        if len(bare):  # most tables have no such row
            said = bare.select(as_text(bare[name]).str.strip_chars() for name in self._told)
            bare = bare.filter(said.select(pl.all_horizontal(pl.all().fill_null("") == ""))[:, 0])
            self._bare += len(bare)
            first = bare.head(_SHOWN - len(self._first)).select(ROW, ID)
            self._first += [f"{self._where(row)} ({key!r})" for row, key in first.iter_rows()]

    def notes(self) -> list[str]:
        """Return one line for each column, and one for rows, of which there is something to say."""
        found = [
            f"column {name}: {counted(self._nones[name], 'cell')} 'none' read as unknown; what is "
            f"not there is {variable.nothing!r}"
            for name, variable in self._columns.items()
            if self._nones[name]
        ]
        if self._bare:
            some = ", ".join(self._first) + (", …" if self._bare > _SHOWN else "")
            rows = counted(self._bare, "row")
            found.append(f"{rows} with an identifier and nothing else, read as patients: {some}")
        return found


def other_unit(variable: Variable, number: float, usual: str | None) -> Unit | None:
    """Return the other unit in which a number would be usual, where it is not as it stands."""
    bounds = _interval(variable, usual)
    if bounds is None or bounds.low is None or bounds.high is None:
        return None
    low, high = float(bounds.low), float(bounds.high)
    if low <= number <= high:
        return None
    return next((u for u in variable.units if low <= number * float(u.factor) <= high), None)


def units_in_which(variable: Variable, number: float) -> list[Unit]:
    """Return the units in which a number is plausible; units of one size are one."""
    bounds = _interval(variable, variable.plausible)
    found: dict[float, Unit] = {}
    for unit in variable.units:
        value = number * float(unit.factor)
        if bounds and float(bounds.low or 0) <= value <= float(bounds.high or "inf"):
            found.setdefault(float(unit.factor), unit)
    return list(found.values())
