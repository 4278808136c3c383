"""How a run ends: by any signal alike, so that nothing stays half written; the standard streams.

The streams are made so that nothing which stands behind them ends in a traceback.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
    with kept() as handlers:
        for number, handler in handlers.items():
            if handler in usual:
                signal.signal(number, interrupt)
        yield came


@contextmanager
def held() -> Iterator[None]:
    """Hold these signals back until the block ends."""
    caught: list[int] = []
    with kept() as handlers:
        for number, handler in handlers.items():
            if handler not in (None, signal.SIG_IGN):
                signal.signal(number, lambda number, _: caught.append(number))
        yield
    for number in caught[:1]:
        signal.raise_signal(number)


@contextmanager
def kept() -> Iterator[Mapping[int, object]]:
    """Give what these signals do, and put it back at the end of the block.

    In a thread of its own there is nothing to give: only the main thread may change it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield {}
        return
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield before
    finally:
        for number, handler in before.items():
            if handler is not None:  # None: it was not set from Python
                signal.signal(number, handler)


def any_given_up() -> bool:
    """Return whether a thread that was given up is still at work."""
    return any(thread.name == GIVEN_UP for thread in threading.enumerate())


def make_ready() -> None:
    """Give a stand-in to each stream that is closed, and write all signs to those that are open.

    Nothing is read from a stand-in. To write results to one is an error, as it is to write to
    what is closed; messages go nowhere. A sign that the encoding lacks is written as its code.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _stand_in(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _stand_in(number: int) -> io.TextIOWrapper:
    """Open a stream that is closed; its number, the lowest free one, is no file of ours then."""
    place = os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    return os.fdopen(place, "r" if number == 0 else "w", encoding="utf-8")


def give_up_output() -> None:
    """Let what is still to be written to standard output go nowhere."""
    with suppress(OSError):
        place = os.open(os.devnull, os.O_WRONLY)
        os.dup2(place, sys.stdout.fileno())
        os.close(place)
