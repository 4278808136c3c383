"""Signals that end a run: Ctrl-C, SIGTERM and SIGHUP alike, so that nothing stays half written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
ENDING = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))

GIVEN_UP = "given up"  # name of a thread whose work nobody waits for any more


@contextmanager
def ending_alike() -> Iterator[list[int]]:
    """Let each of these signals interrupt the block, as Ctrl-C does; give those that came.

    What is ignored stays so: `nohup` ignores SIGHUP. After one, SIGTERM and SIGHUP do no more:
    whoever ends a session sends both, and the second would break off what cleans up.
    """
    came: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        again = bool(came) and number != signal.SIGINT
        came.append(number)
        if not again:
            raise KeyboardInterrupt

    usual = (signal.SIG_DFL, signal.default_int_handler)
    replaced = [number for number in ENDING if signal.getsignal(number) in usual]
    before = {number: signal.signal(number, interrupt) for number in replaced}
    try:
        yield came
    finally:
        _put_back(before)


@contextmanager
def held() -> Iterator[None]:
    """Hold these signals back until the block ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    handlers = {number: signal.getsignal(number) for number in ENDING}
    ours = [number for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)]
    before = {n: signal.signal(n, lambda number, _: caught.append(number)) for n in ours}
    try:
        yield
    finally:
        _put_back(before)
    for number in caught[:1]:
        signal.raise_signal(number)


@contextmanager
def kept() -> Iterator[None]:
    """Put back, at the end of the block, what these signals do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    finally:
        _put_back(before)


def _put_back(handlers: Mapping[int, object]) -> None:
    for number, handler in handlers.items():
        if handler is not None:  # None: it was not set from Python
            signal.signal(number, handler)  # type: ignore[arg-type]


def any_given_up() -> bool:
    """Return whether a thread that was given up is still at work."""
    return any(thread.name == GIVEN_UP for thread in threading.enumerate())
