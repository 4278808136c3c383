"""The values that a parameter of a saved question can take, each with words for it."""

from __future__ import annotations

from collections.abc import Sequence

from kg.catalogue.parameters import Parameter, terms
from kg.guideline import Guideline
from kg.ontology import HCC


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
        known = terms(parameter.among or "", guideline)
        return {one.notation: f"{one.label} ({one.notation})" for one in known}
    if parameter.type == "iri":
        return _siblings(parameter, graphs)
    if parameter.names_patient:
        return {name: name for name in patients}
    return None


def _siblings(parameter: Parameter, graphs: Sequence[str]) -> dict[str, str] | None:
    """Return the graphs that stand beside the one that is the example, by their short names."""
    beside = parameter.example.rpartition("/")[0] + "/"
    short = ["hcc:" + graph.removeprefix(HCC) for graph in graphs if graph.startswith(HCC)]
    return {name: name.removeprefix(beside) for name in short if name.startswith(beside)} or None
