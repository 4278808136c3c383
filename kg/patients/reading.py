"""How tables are read: what a caller asks for besides our own words, names and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True)
class Reading:
    """How the tables of a run are read; by default in our own words only.

    `ignore_unknown` leaves out columns that are not variables; they are told.
    """

    ignore_unknown: bool = False


class Options(TypedDict, total=False):
    """What the functions of the API take on how tables are read; see `Reading`."""

    ignore_unknown: bool


def reading_of(options: Options) -> Reading:
    """Return options as a reading."""
    return Reading(**options)


PLAIN = Reading()
