"""The values that a parameter of a saved question can take, each with words for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kg.catalogue.parameters import Parameter
from kg.guideline import Guideline
from kg.ontology import HCC

PATIENT = "patient"  # the parameter that takes the identifier of a patient
_LABELS: dict[str, Callable[[Guideline], Mapping[str, str]]] = {
    "therapy": lambda g: {t.id: t.label for t in (*g.therapies.values(), *g.mentioned.values())},
    "criterion": lambda g: {c.id: c.label for c in (*g.criteria.values(), *g.definitions.values())},
    "variable": lambda g: {v.name: v.label for v in g.variables.values()},
    "statement": lambda g: {s.id: f"{s.section}, {g.kinds[s.kind]}" for s in g.statements.values()},
    "recommendation": lambda g: {r.id: r.label for r in g.recommendations.values()},
    "kind": lambda g: g.kinds,
    "verdict": lambda g: {name: label for name, (label, _) in g.verdicts.items()},
}


def choices(
    parameter: Parameter, guideline: Guideline, patients: Sequence[str], graphs: Sequence[str]
) -> dict[str, str] | None:
    """Return the values of a parameter with their words, or None where any text may be one.

    `patients` and `graphs` are those of the dataset that is asked.
    """
    if parameter.type == "choice":
        return {value: value for value in parameter.choices}
    if parameter.type == "boolean":
        return {"true": "yes", "false": "no"}
    if parameter.type == "term":
        labels = _LABELS[parameter.among or ""](guideline)
        return {name: f"{label} ({name})" for name, label in labels.items()}
    if parameter.type == "iri":
        return _siblings(parameter, graphs)
    if parameter.name == PATIENT:
        return {name: name for name in patients}
    return None


def _siblings(parameter: Parameter, graphs: Sequence[str]) -> dict[str, str] | None:
    """Return the graphs that stand beside the one that is the example, by their short names."""
    beside = parameter.example.rpartition("/")[0] + "/"
    short = ["hcc:" + graph.removeprefix(HCC) for graph in graphs if graph.startswith(HCC)]
    return {name: name.removeprefix(beside) for name in short if name.startswith(beside)} or None
