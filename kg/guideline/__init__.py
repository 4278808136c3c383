"""The guideline as data, read from the ontology: variables, criteria, therapies, statements."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kg.errors import InputError
from kg.guideline.loading import guideline_of
from kg.guideline.model import ABSOLUTE as ABSOLUTE
from kg.guideline.model import INDICATION as INDICATION
from kg.guideline.model import PRECONDITION as PRECONDITION
from kg.guideline.model import RELATIVE as RELATIVE
from kg.guideline.model import Criterion as Criterion
from kg.guideline.model import Guideline as Guideline
from kg.guideline.model import Recommendation as Recommendation
from kg.guideline.model import Response as Response
from kg.guideline.model import Therapy as Therapy
from kg.guideline.rules import ConflictRule as ConflictRule
from kg.guideline.rules import Derivation as Derivation
from kg.guideline.rules import Edition as Edition
from kg.guideline.rules import Score as Score
from kg.guideline.rules import Statement as Statement
from kg.ontology import Ontology, default_edition
from kg.paths import edition_names, module_files, ontology_folder


def load(folder: Path | None = None, edition: str | None = None) -> Guideline:
    """Read an edition of the guideline from a folder of Turtle modules (by default, as shipped).

    It is read once, and again where a file of the folder has changed.

    Raises:
        OntologyError: the ontology is broken or uses a construct that is not supported.
        InputError: there is no such edition.
    """
    place = folder or ontology_folder()
    name = str(edition or default_edition(place))  # 2026 is as good as "2026"
    files = [(f.name, f.stat()) for f in module_files(place, name)]
    state = tuple((file, told.st_mtime_ns, told.st_size) for file, told in files)
    return _loaded(place, name, state)


def chosen(guideline: Guideline | None = None, edition: str | None = None) -> Guideline:
    """Return a guideline that is given, or the named edition of the one that ships.

    Raises:
        InputError: there is no such edition, or the guideline that is given is of another.
    """
    if guideline is None:
        return load(edition=edition)
    if edition is not None and str(edition) != guideline.edition:
        raise InputError(
            f"the guideline that is given is the edition {guideline.edition}, not {edition}; "
            "name one of the two"
        )
    return guideline


def load_all(folder: Path | None = None) -> list[Guideline]:
    """Read every edition of the guideline in a folder, in the order of their identifiers.

    Raises:
        OntologyError: as `load`.
    """
    place = folder or ontology_folder()
    default_edition(place)  # which is there in every ontology
    return [load(place, name) for name in edition_names(place)]


@lru_cache(maxsize=8)
def _loaded(folder: Path, edition: str, state: tuple[tuple[str, int, int], ...]) -> Guideline:
    return guideline_of(Ontology(folder, edition=edition))
