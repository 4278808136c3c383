"""Bands: the parts into which thresholds cut the range of a number."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kg.guideline.values import Interval


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
