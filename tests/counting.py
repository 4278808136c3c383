"""Counts work in place of time, so that a busy machine changes nothing that a test claims."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 60  # seconds that a test waits for what takes a moment, and on a busy machine longer
_HANG = 20.0  # seconds of the processor: a hundred times what the work needs where it is sound


def calls(work: Callable[[], object]) -> int:
    """Return how many Python functions some work calls in this thread."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@contextmanager
def no_hang(seconds: float = _HANG) -> Iterator[None]:
    """Fail where the block takes so much of the processor as only a fault of it can explain.

    For work inside a regular expression or a number, which makes no calls that can be counted.
    """

    def give_up(_number: int, _frame: object) -> None:
        raise AssertionError(f"it had not ended after {seconds:g} seconds of the processor")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
