"""Variables: their values, the bands that thresholds cut, and partial knowledge.

1. The range of a number is cut into *bands* at every threshold that some class expression
   of the ontology states: within a band no expression can tell two values apart. The bands
   of an enumerated or boolean variable are its values.
2. What a record says of a variable is *knowledge*: a bit mask with one bit for each band
   that remains possible, and for numbers the intervals themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from kg.guideline.intervals import EVERY_NUMBER, Interval, plain, representative

_UNIT_BEGINS = re.compile(r"\s+|(?<=[0-9.])(?=[^\s0-9.])")
BOOLEAN = ("true", "false")
_LONGEST = 30  # characters of a number that a reasoner takes


def bands_of(mask: int) -> list[int]:
    """Return the numbers of the bits that are set."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an enumerated variable."""

    name: str
    label: str
    definition: str
    headline: str | None = None
    hidden_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in which a number may be given: UCUM code, factor to the variable's own unit."""

    code: str
    factor: Decimal
    spellings: tuple[str, ...] = ()


def unit_key(text: str) -> str:
    """Return the spelling of a unit without what makes no difference: case, blanks, either mu."""
    return "".join(text.replace("µ", "u").replace("μ", "u").split()).casefold()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a variable: the bands that remain possible (never none).

    `mask` has bit i set where band i is possible. `intervals` are the possible numbers of a
    numeric variable. `pinned` says that one single value is left.
    """

    mask: int
    pinned: bool
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Variable:
    """A variable of the patient record, as the ontology declares it.

    `type` is boolean, enum, integer, decimal or string; `values` are those of an enum or a
    boolean; `range` bounds a number, whose `bands` partition it; `unit` is a UCUM code, `units`
    are all in which it may be given, its own first.
    `worse` is the direction in which a patient is worse off: higher, lower, or None if unclear.
    `plausible` is the cell of what is found in patients, `typical` that of the middle of a column.
    `unremarkable` is the cell that a record is silent about, where the ontology names one.
    `hidden_labels` are words that name it in a text, `absent_labels` those that say it is not so,
    `site_labels` those for where it would be, which say nothing alone; that there is some of
    `wider_labels` says nothing.
    """

    name: str
    iri: str
    type: str
    label: str
    definition: str
    alt_labels: tuple[str, ...]
    role: str
    group: str | None
    unit: str | None
    unit_symbol: str | None
    changeable: bool
    lesion_column: str | None
    lesion_aggregation: str | None
    headline: str | None = None
    worse: str | None = None
    values: tuple[Value, ...] = ()
    range: Interval = EVERY_NUMBER
    bands: tuple[Interval, ...] = ()
    units: tuple[Unit, ...] = ()
    unremarkable: str | None = None
    hidden_labels: tuple[str, ...] = ()
    absent_labels: tuple[str, ...] = ()
    site_labels: tuple[str, ...] = ()
    wider_labels: tuple[str, ...] = ()
    asked_first: bool = False
    plausible: str | None = None
    typical: str | None = None

    def __repr__(self) -> str:
        unit = f" in {self.unit_symbol}" if self.unit_symbol else ""
        return f"<Variable {self.name}: {self.label}, {self.type}{unit}>"

    @cached_property
    def is_number(self) -> bool:
        """Whether the values are numbers."""
        return self.type in ("integer", "decimal")

    def split_unit(self, text: str) -> tuple[str, Unit | None]:
        """Return a number without the unit that stands behind it, and that unit."""
        for place in _UNIT_BEGINS.finditer(text):
            unit = self.unit_named(text[place.end() :])
            if unit is not None and text[: place.start()].strip():
                return text[: place.start()], unit
        return text, None

    def unit_named(self, text: str) -> Unit | None:
        """Return the unit that a text names, by its code or a spelling; None if there is none."""
        key = unit_key(text)
        for unit in self.units:
            if any(unit_key(name) == key for name in (unit.code, *unit.spellings)):
                return unit
        return None

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The values of an enumerated or boolean variable as words."""
        return tuple(value.name for value in self.values)

    @cached_property
    def nothing(self) -> str | None:
        """The value that says that there is nothing; None if no value does."""
        if self.type == "boolean":
            return BOOLEAN[1]
        return next((v.name for v in self.values if v.label.startswith("none")), None)

    @cached_property
    def band_count(self) -> int:
        """How many bands there are."""
        return len(self.bands) if self.is_number else len(self.values)

    @cached_property
    def everything(self) -> int:
        """The mask of all bands: nothing is known."""
        return (1 << self.band_count) - 1

    @cached_property
    def unknown(self) -> Knowledge:
        """The knowledge that says nothing."""
        if self.is_number:
            return self.from_intervals((self.range,))
        return self.from_mask(self.everything)

    def fit(self, interval: Interval) -> Interval:
        """Return the part of an interval that lies in the range (whole numbers for integers)."""
        cut = interval & self.range
        return cut.whole() if self.type == "integer" else cut

    def mask_of(self, intervals: Iterable[Interval]) -> int:
        """Return the bands that share a number with one of the intervals."""
        found = list(intervals)
        return sum(
            1 << i
            for i, band in enumerate(self.bands)
            if any(not self.fit(band & interval).is_empty for interval in found)
        )

    def mask_of_words(self, words: Iterable[str]) -> int:
        """Return the bands of the given values."""
        return sum(1 << self.words.index(word) for word in set(words))

    def from_intervals(self, intervals: tuple[Interval, ...]) -> Knowledge:
        """Return the knowledge that a number lies in one of the intervals."""
        pinned = len(intervals) == 1 and intervals[0].is_point
        return Knowledge(self.mask_of(intervals), pinned, intervals)

    def from_mask(self, mask: int) -> Knowledge:
        """Return the knowledge that a variable lies in these bands, neighbours joined."""
        if self.is_number:
            return self.from_intervals(self.runs(mask))
        return Knowledge(mask, mask.bit_count() == 1)

    def narrowed(self, first: Knowledge, second: Knowledge) -> Knowledge | None:
        """Return what two sources leave in common, or None where that is nothing."""
        if not self.is_number:
            mask = first.mask & second.mask
            return self.from_mask(mask) if mask else None
        common = tuple(
            cut
            for a in first.intervals
            for b in second.intervals
            if not (cut := self.fit(a & b)).is_empty
        )
        return self.from_intervals(common) if common else None

    def united(self, first: Knowledge, second: Knowledge) -> Knowledge:
        """Return that the values of either source are possible."""
        if not self.is_number:
            return self.from_mask(first.mask | second.mask)
        return self.from_intervals(first.intervals + second.intervals)

    def wording(self, knowledge: Knowledge) -> str:
        """Return knowledge in the notation of a table cell; unknown is the empty string."""
        if knowledge.mask == self.everything and not self.is_number:
            return ""
        if not self.is_number:
            left = [self.words[i] for i in bands_of(knowledge.mask)]
            return "|".join(left)
        if knowledge.intervals == (self.fit(self.range),):
            return ""
        told = (i if i.is_point else self.without_limits(i) for i in knowledge.intervals)
        return " or ".join(map(str, told))

    def without_limits(self, interval: Interval) -> Interval:
        """Return an interval without the ends that are the limits of the range anyway."""
        every = self.fit(self.range)
        low, high = (interval.low, interval.low_open), (interval.high, interval.high_open)
        low = (None, False) if low == (every.low, every.low_open) else low
        high = (None, False) if high == (every.high, every.high_open) else high
        return Interval(low[0], high[0], low[1], high[1])

    def better(self, mask: int) -> int:
        """Return the bands in which a patient is better off than in any of a mask.

        All other bands, where no direction of the variable is clearly worse.
        """
        if self.worse is None:
            return self.everything & ~mask
        others, known = bands_of(self.everything & ~mask), [*map(self._height, bands_of(mask))]
        if self.worse == "higher":
            return sum(1 << i for i in others if self._height(i) < min(known))
        return sum(1 << i for i in others if self._height(i) > max(known))

    def _height(self, band: int) -> int:
        """Return the place of a band from low to high; yes is higher than no."""
        return -band if self.type == "boolean" else band

    def runs(self, mask: int) -> tuple[Interval, ...]:
        """Return the bands in a mask, those that touch as one interval."""
        found: list[Interval] = []
        for i in bands_of(mask):
            band = self.bands[i]
            first = found.pop() if i and mask & 1 << (i - 1) else band
            found.append(Interval(first.low, band.high, first.low_open, band.high_open))
        return tuple(found)

    def representatives(self, mask: int) -> tuple[Decimal, ...]:
        """Return one number of each band in a mask."""
        return tuple(representative(band) for i, band in enumerate(self.bands) if mask >> i & 1)

    def single(self, knowledge: Knowledge) -> str | None:
        """Return the one value that is left, as a literal is written; None where there are more.

        None, too, where no reasoner takes it: a long number, of which its band says as much.
        """
        if not knowledge.pinned:
            return None
        if not self.is_number:
            return self.words[knowledge.mask.bit_length() - 1]
        text = plain(knowledge.intervals[0].low)
        return self._literal(text) if 0 < len(text) <= _LONGEST and "E" not in text else None

    def samples(self, mask: int) -> list[str]:
        """Return one value of each band in a mask, as a literal is written."""
        if self.is_number:
            return [self._literal(plain(number)) for number in self.representatives(mask)]
        return [self.words[i] for i in bands_of(mask)]

    def _literal(self, number: str) -> str:
        return f"{number}.0" if self.type == "decimal" and "." not in number else number
