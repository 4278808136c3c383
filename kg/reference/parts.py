"""What `hcc-kg reference` can write, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kg.guideline import Guideline
from kg.guideline.shapes import shapes
from kg.reference.book import book
from kg.reference.inventory import counts
from kg.reference.readings import readings, undecidable, units

ALL = "all"
PARTS: Mapping[str, Callable[[Guideline], str]] = {
    ALL: book,
    "readings": readings,
    "undecidable": undecidable,
    "counts": counts,
    "units": units,
    "shapes": shapes,
}
