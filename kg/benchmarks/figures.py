"""Figures: medians with their spread, and their ratio to what they are compared with."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import polars as pl


@dataclass(frozen=True)
class Figure:
    """One figure: the median of `runs` runs, the least and the most, and a ratio.

    `ratio` is the median over that of `compared_with`, another figure of the same invocation;
    `target` is what the ratio (or, without one, or where it is `of_median`, the median) should
    not exceed, or reach where it is `at_least`.
    """

    name: str
    unit: str
    median: float
    least: float
    most: float
    runs: int
    compared_with: str | None = None
    ratio: float | None = None
    target: float | None = None
    at_least: bool = False
    of_median: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the figure meets its target; None where it has none."""
        if self.target is None:
            return None
        value = self.median if self.ratio is None or self.of_median else self.ratio
        return value >= self.target if self.at_least else value <= self.target


def timed(name: str, run: Callable[[], object], runs: int, target: float | None = None) -> Figure:
    """Return the seconds that a call takes."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return figure(name, "s", seconds, target)


def figure(name: str, unit: str, values: list[float], target: float | None = None) -> Figure:
    """Return the figure of some values."""
    middle = statistics.median(values)
    return Figure(name, unit, middle, min(values), max(values), len(values), target=target)


def compared(this: Figure, other: Figure, target: float | None = None) -> Figure:
    """Return a figure with its ratio to another."""
    told = asdict(this) | {"compared_with": other.name, "target": target}
    return Figure(**(told | {"ratio": this.median / other.median}))


def machine() -> str:
    """Return what the figures were taken on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, "
        f"Python {platform.python_version()}, Polars {pl.__version__}"
    )
