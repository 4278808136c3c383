"""The standard streams, made so that nothing which stands behind them ends in a traceback."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

_NAMES = ("stdin", "stdout", "stderr")


def make_ready() -> None:
    """Give a stand-in to each stream that is closed, and write all signs to those that are open.

    Nothing is read from a stand-in. To write results to one is an error, as it is to write to
    what is closed; messages go nowhere. A sign that the encoding lacks is written as its code.
    """
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            setattr(sys, name, _stand_in(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _stand_in(number: int) -> io.TextIOWrapper:
    """Open a stream that is closed; its number is taken too, before a file of ours gets it."""
    place = os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if place != number and not _taken(number):
        os.dup2(place, number)
        os.close(place)
        place = number
    return os.fdopen(place, "r" if number == 0 else "w", encoding="utf-8")


def _taken(number: int) -> bool:
    with suppress(OSError):
        os.fstat(number)
        return True
    return False


def give_up_output() -> None:
    """Let what is still to be written to standard output go nowhere."""
    with suppress(OSError):
        place = os.open(os.devnull, os.O_WRONLY)
        os.dup2(place, sys.stdout.fileno())
        os.close(place)
