"""Exact intervals of decimal numbers, and the bands into which thresholds cut a range."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

# Beyond this many digits a whole number keeps its open end: adding one would not be exact.
_EXACT = 20


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of decimal numbers; None is an open end at infinity."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    @staticmethod
    def point(value: Decimal) -> Interval:
        """Return the interval that holds one value."""
        return Interval(value, value)

    @property
    def is_empty(self) -> bool:
        """Whether no number lies within."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    @property
    def is_point(self) -> bool:
        """Whether one number lies within."""
        return self.low is not None and self.low == self.high and not self.is_empty

    def __and__(self, other: Interval) -> Interval:
        low, low_open = _tightest(self.low, self.low_open, other.low, other.low_open, sign=1)
        high, high_open = _tightest(self.high, self.high_open, other.high, other.high_open, sign=-1)
        return Interval(low, high, low_open, high_open)

    def whole(self) -> Interval:
        """Return the same range for whole numbers: closed ends on whole numbers."""
        low, high = self.low, self.high
        low_open, high_open = self.low_open, self.high_open
        if low is not None and low.adjusted() < _EXACT:
            rounded = low.to_integral_value(ROUND_CEILING)
            low, low_open = (rounded + 1 if low_open and rounded == low else rounded), False
        if high is not None and high.adjusted() < _EXACT:
            rounded = high.to_integral_value(ROUND_FLOOR)
            high, high_open = (rounded - 1 if high_open and rounded == high else rounded), False
        return Interval(low, high, low_open, high_open)

    def __str__(self) -> str:
        if self.is_point:
            return plain(self.low)
        if self.is_closed:
            return f"{plain(self.low)}..{plain(self.high)}"
        return " and ".join(self.bounds((">=", ">"), ("<=", "<"))) or "any"

    @property
    def is_closed(self) -> bool:
        """Whether there are two ends, and both lie within."""
        return None not in (self.low, self.high) and not self.low_open and not self.high_open

    def bounds(self, low: tuple[str, str], high: tuple[str, str]) -> list[str]:
        """Return the ends that there are, each behind the text for a closed or an open one."""
        ends = ((low[self.low_open], self.low), (high[self.high_open], self.high))
        return [f"{text}{plain(end)}" for text, end in ends if end is not None]


def plain(number: Decimal | None) -> str:
    """Return a number without needless zeros, and without an exponent where it is short."""
    if number is None:
        return ""
    if abs(number.adjusted()) > _EXACT:
        return str(number)
    with localcontext() as context:
        context.prec = max(28, len(number.as_tuple().digits) + 1)
        short = number.normalize()
    return f"{short:f}"


def _tightest(
    a: Decimal | None, a_open: bool, b: Decimal | None, b_open: bool, sign: int
) -> tuple[Decimal | None, bool]:
    """Return the tighter of two ends: the higher of two low ends (sign 1), or the lower."""
    if a is None:
        return b, b_open
    if b is None or (a > b if sign > 0 else a < b):
        return a, a_open
    return (a, a_open or b_open) if a == b else (b, b_open)


EVERY_NUMBER = Interval()


def cut_bands(
    range_: Interval, thresholds: Iterable[Interval], whole: bool
) -> tuple[Interval, ...]:
    """Cut a range at both ends of every threshold interval; return the parts in order."""
    cuts: set[tuple[Decimal, bool]] = set()  # (value, whether the cut lies after the value)
    for interval in thresholds:
        if interval.low is not None:
            cuts.add((interval.low, interval.low_open))
        if interval.high is not None:
            cuts.add((interval.high, not interval.high_open))
    bands, low = [], Interval(range_.low, None, range_.low_open)
    for value, after in sorted(cuts):
        bands.append(low & Interval(None, value, False, not after))
        low = Interval(value, None, after)
    bands.append(low)
    fitted = [band & range_ for band in bands]
    if whole:
        fitted = [band.whole() for band in fitted]
    return tuple(band for band in fitted if not band.is_empty)


def representative(band: Interval) -> Decimal:
    """Return a number of a band: an end that is in it, or one between the ends."""
    if band.low is not None and not band.low_open:
        return band.low
    if band.high is not None and not band.high_open:
        return band.high
    if band.low is not None and band.high is not None:
        return (band.low + band.high) / 2
    if band.low is not None:
        return band.low + 1
    return band.high - 1 if band.high is not None else Decimal(0)
