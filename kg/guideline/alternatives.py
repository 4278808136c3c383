"""Alternative readings, from the module `alternatives.ttl` of an edition, beside those in use.

1. The module imports the ontology; both are read together, so that the bands of variables are
   cut at the thresholds of all formulas.
2. A reading replaces the formulas of some classes. Every class that leads to one of them gets
   a second formula, under its name with the reading's behind it, that refers to the replacement.
3. Where a replacement itself refers to a replaced class, it means that class as it is in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline import Guideline, load
from kg.guideline.formula import Formula, Ref, references, with_references
from kg.guideline.loading import guideline_of
from kg.guideline.loading.lookups import Terms
from kg.ontology import (
    DEFINITION,
    HCC,
    LABEL,
    NOTATION,
    ROOT,
    Ontology,
    default_edition,
    local_name,
)
from kg.paths import ontology_folder


def module_of(edition: str) -> str:
    """Return the IRI of the module with the alternative readings of an edition."""
    return f"{ROOT}/{edition}/alternatives"


@dataclass(frozen=True)
class Alternative:
    """Another way to read the term `to`: `names` maps each class that it changes to its twin."""

    id: str
    label: str
    definition: str
    to: str
    statements: tuple[str, ...]
    names: Mapping[str, str]


def with_alternatives(
    folder: Path | None = None, edition: str | None = None
) -> tuple[Guideline, tuple[Alternative, ...]]:
    """Return an edition with the formulas of all alternative readings, and the readings.

    An edition without a module of them has none.

    Raises:
        OntologyError: the ontology or its module of alternatives is broken.
    """
    place = folder or ontology_folder()
    own = edition or default_edition(place)
    if not (place / own / "alternatives.ttl").is_file():
        return load(place, own), ()
    ontology = Ontology(place, module_of(own), own)
    guideline, terms = guideline_of(ontology), Terms(ontology)
    formulas, found = dict(guideline.formulas), []
    for node in terms.ordered("AlternativeReading"):
        name = terms.need(node, NOTATION)
        twins = _twins(guideline.formulas, name, _replacements(terms, node))
        formulas |= twins
        found.append(
            Alternative(
                id=name,
                label=terms.need(node, LABEL),
                definition=terms.need(node, DEFINITION),
                to=local_name(terms.one(node, HCC + "alternativeTo")),
                statements=terms.sources(node),
                names={twin.removesuffix(f"@{name}"): twin for twin in twins},
            )
        )
    return replace(guideline, formulas=formulas), tuple(found)


def _replacements(terms: Terms, node: ox.NamedNode) -> dict[str, str]:
    """Return the classes that a reading replaces, each with the class that replaces it."""
    classes = terms.ontology.iris(node, HCC + "replacement")
    pairs = {
        local_name(terms.one(ox.NamedNode(c), HCC + "replaces")): local_name(c) for c in classes
    }
    if not pairs or len(pairs) < len(classes):
        raise OntologyError(
            f"hcc:{local_name(node.value)} needs hcc:replacement, one for each class replaced"
        )
    return pairs


def _twins(
    formulas: Mapping[str, Formula], reading: str, replaced: Mapping[str, str]
) -> dict[str, Formula]:
    """Return the second formulas of all classes that lead to a replaced one, by new names."""
    new, changed = {*replaced.values()}, dict.fromkeys(replaced)

    def leads(name: str) -> bool:
        """Return whether a class leads to a changed one; a new one means what it replaces."""
        others = {*references(formulas[name])} - ({*replaced} if name in new else set())
        return not others.isdisjoint(changed)

    while more := [name for name in formulas if name not in changed and leads(name)]:
        changed |= dict.fromkeys(more)
    back = sorted(changed.keys() & new)
    if back:
        raise OntologyError(
            f"hcc:{back[0]} leads back to a class that its reading replaces; write that class out"
        )
    names = {name: f"{name}@{reading}" for name in changed}
    others = {name: twin for name, twin in names.items() if name not in replaced}
    return {
        twin: renamed(formulas[replaced.get(name, name)], others if name in replaced else names)
        for name, twin in names.items()
    }


def renamed(formula: Formula, names: Mapping[str, str]) -> Formula:
    """Return a formula that refers to other classes."""
    return with_references(formula, lambda name: Ref(names.get(name, name)))
