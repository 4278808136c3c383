"""The guideline as data, read from the ontology: variables, criteria, therapies, statements."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kg.guideline.loading import guideline_of
from kg.guideline.model import (
    ABSOLUTE,
    INDICATION,
    PRECONDITION,
    RELATIVE,
    ConflictRule,
    Criterion,
    Derivation,
    Guideline,
    Narrowing,
    Recommendation,
    Response,
    Score,
    Statement,
    Therapy,
)
from kg.ontology import Ontology
from kg.paths import ontology_folder

__all__ = [
    "ABSOLUTE",
    "INDICATION",
    "PRECONDITION",
    "RELATIVE",
    "ConflictRule",
    "Criterion",
    "Derivation",
    "Guideline",
    "Narrowing",
    "Recommendation",
    "Response",
    "Score",
    "Statement",
    "Therapy",
    "load",
]


def load(folder: Path | None = None) -> Guideline:
    """Read the guideline from a folder of Turtle modules (by default, those that ship).

    It is read once, and again where a file of the folder has changed.

    Raises:
        OntologyError: the ontology is broken or uses a construct that is not supported.
    """
    place = folder or ontology_folder()
    files = sorted(place.glob("*.ttl"))
    return _loaded(place, tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files))


@lru_cache(maxsize=4)
def _loaded(folder: Path, state: tuple[tuple[str, int, int], ...]) -> Guideline:
    return guideline_of(Ontology(folder))
