"""The terms of the guideline that a parameter can name, by sort: identifier, words, other names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kg.guideline import Guideline
from kg.ontology import local_name


@dataclass(frozen=True)
class Choice:
    """A term: its notation, its label, and the names that it goes by as well."""

    notation: str
    label: str
    names: tuple[str, ...] = ()


class _Labelled(Protocol):
    @property
    def label(self) -> str: ...


def terms(sort: str, guideline: Guideline) -> list[Choice]:
    """Return the terms of a sort."""
    return list(_TERMS[sort](guideline))


def _therapies(guideline: Guideline) -> Iterable[Choice]:
    for therapy in (*guideline.therapies.values(), *guideline.mentioned.values()):
        names = (local_name(therapy.iri), therapy.label, *therapy.alt_labels)
        yield Choice(therapy.id, therapy.label, names)


def _variables(guideline: Guideline) -> Iterable[Choice]:
    for variable in guideline.variables.values():
        names = (variable.label, *variable.alt_labels)
        yield Choice(variable.name, variable.label, names)


def _labelled(*maps: Mapping[str, _Labelled]) -> Iterable[Choice]:
    for terms_ in maps:
        for name, term in terms_.items():
            yield Choice(name, term.label, (term.label,))


def _plain(labels: Mapping[str, str]) -> Iterable[Choice]:
    for name, label in labels.items():
        yield Choice(name, label, (label,))


def _statements(guideline: Guideline) -> Iterable[Choice]:
    for one in guideline.statements.values():
        yield Choice(one.id, f"{one.section}, {guideline.kinds[one.kind]}")


_TERMS: Mapping[str, Callable[[Guideline], Iterable[Choice]]] = {
    "therapy": _therapies,
    "criterion": lambda g: _labelled(g.criteria, g.definitions),
    "variable": _variables,
    "statement": _statements,
    "recommendation": lambda g: _labelled(g.recommendations),
    "kind": lambda g: _plain(g.kinds),
    "verdict": lambda g: _plain({name: label for name, (label, _) in g.verdicts.items()}),
}
SORTS = tuple(_TERMS)
