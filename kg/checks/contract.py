"""The check of the identifiers that other programs rely on, listed in `contract.json`.

The list of the ontology's folder holds what the editions share, that of an edition the rest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from kg.checks.kinds import terms_of
from kg.checks.registry import Examined, Material, check, name_of
from kg.errors import OntologyError
from kg.ontology import NOTATION, local_name

_FILE = "contract.json"
_NAMED_BY_CONCEPT = ("therapies", "mentioned")  # their IRIs are words, not their notations


def published(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the published identifiers, by kind of term.

    Raises:
        OntologyError: the folder of the ontology holds no list of them, or a broken one.
    """
    path = folder / _FILE
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise OntologyError(f"{path}: cannot be read: {error.strerror}; restore it") from error
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise OntologyError(
            f"{path}, line {error.lineno}: not valid JSON: {error.msg}; fix or restore it"
        ) from error
    lists = told.values() if isinstance(told, dict) else [None]
    if not all(isinstance(names, list) and all(map(_is_text, names)) for names in lists):
        raise OntologyError(f"{path}: not an object of lists of identifiers; restore it")
    return {kind: tuple(names) for kind, names in told.items()}


def _is_text(name: object) -> bool:
    return isinstance(name, str)


@check("terms")
def contract(material: Material) -> Examined:
    """The identifiers are those published in contract.json: none renamed, lost or unlisted."""
    terms = terms_of(material.ontology)
    shared, own = (published(f) for f in (material.folder, material.own_folder))
    for kind, names in {**shared, **own}.items():
        nodes = terms.get(kind)
        if nodes is None:
            yield kind, (f"it is not a kind of term; correct it in {_FILE}: {', '.join(terms)}",)
            continue
        notations = {n.value: material.ontology.text(n, NOTATION) or "" for n in nodes}
        for iri, notation in notations.items():
            by_name = kind not in _NAMED_BY_CONCEPT and notation != local_name(iri)
            yield name_of(iri), _faults(notation, names, notations.values(), by_name)
        for name in sorted(set(names) - set(notations.values())):
            yield name, (f"it is published among the {kind}, and nothing bears it",)


def _faults(
    notation: str, names: Iterable[str], notations: Iterable[str], differs: bool
) -> list[str]:
    faults = []
    if notation not in names:
        told = f"restore it, or publish it: add it to {_FILE}"
        faults.append(f"its notation {notation!r} is not published; {told}")
    if Counter(notations)[notation] > 1:
        faults.append(f"another term has the same notation {notation!r}")
    if differs:
        faults.append(f"its notation {notation!r} should be its name")
    return faults
