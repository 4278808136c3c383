"""The Python API: load the guideline, classify one record, explain, list what there is.

Everything here is also in `kg`, as is `kg.tables`. A record is a mapping of variables to Python
values, in the units of the variables (`Variable.unit`, UCUM); `kg.patients.given` says which
values. Every function takes `edition=`, such as "2026", or `guideline=` where another ontology than
the one that ships is meant. All errors are children of `kg.errors.HccKgError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kg.engines.registry import engine_of
from kg.explanation.explanations import PatientExplanation
from kg.explanation.reasons import explain as explanation_of
from kg.guideline import Criterion, Edition, Guideline, Therapy, load_all
from kg.guideline import chosen as _chosen
from kg.guideline import load as load_from
from kg.guideline.values import Variable
from kg.patients.assumptions import Assume, assumptions_of, made
from kg.patients.given import record_of
from kg.reasoning.verdicts import PatientResult, under_assumptions, verdicts_of


def load(folder: str | Path | None = None, edition: str | None = None) -> Guideline:
    """Load an edition of the guideline: as it ships, or that of a folder of Turtle modules.

    It is loaded once and then kept; all other functions load it by themselves. `editions` tells
    which there are; by default it is that of 2011.

    Raises:
        OntologyError: the ontology is broken or uses a construct that is not supported.
        InputError: there is no such edition.
    """
    return load_from(None if folder is None else Path(folder), edition)


def editions(folder: str | Path | None = None) -> list[Edition]:
    """Return the editions of the guideline: id, title, body, year, language, SHA-256 of the text.

    Raises:
        OntologyError: as `load`.
    """
    return [one.source for one in load_all(None if folder is None else Path(folder))]


def variables(*, guideline: Guideline | None = None, edition: str | None = None) -> list[Variable]:
    """Return the variables that the edition uses: type, range, unit, label and definition."""
    chosen = _chosen(guideline, edition)
    return [variable for variable in chosen.variables.values() if variable.name in chosen.used]


def criteria(*, guideline: Guideline | None = None, edition: str | None = None) -> list[Criterion]:
    """Return the criteria: identifier, kind, label, places in the guideline, reading, formula."""
    return list(_chosen(guideline, edition).criteria.values())


def therapies(*, guideline: Guideline | None = None, edition: str | None = None) -> list[Therapy]:
    """Return the therapies that get verdicts, each with the criteria of its row."""
    return list(_chosen(guideline, edition).therapies.values())


def classify(
    record: Mapping[str, object],
    lesions: Iterable[Mapping[str, object]] | None = None,
    engine: str = "compiled",
    *,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> PatientResult:
    """Return the verdicts on one patient.

    `lesions` has one mapping a lesion, by the columns of the lesion table, and is taken as
    complete. `engine` is "compiled", or "hermit" for the reasoner, which is much slower and
    gives the same answers. `assume` says what is assumed where the record is silent: "all", groups,
    variables or VARIABLE=CELL, in a list, or a mapping of cells; see `kg.patients.assumptions`.

    Raises:
        InputError: a name is not a variable, a value is none of its variable, there is no such
            engine, or what is to be assumed is unclear.
        ComponentError: HermiT was asked for and there is no usable Java.
    """
    chosen = _chosen(guideline, edition)
    asked = assumptions_of(chosen, assume)
    read = made(chosen, record_of(chosen, record, lesions), asked)
    found = engine_of(engine, chosen).classify(read)
    if asked is None or found.assumed is not None:
        return found
    return under_assumptions(chosen, found, {}, verdicts_of(found))


def explain(
    record: Mapping[str, object],
    lesions: Iterable[Mapping[str, object]] | None = None,
    engine: str = "compiled",
    *,
    therapies: str | Iterable[str] | None = None,
    assume: Assume | None = None,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> PatientExplanation:
    """Return the verdicts on one patient with their reasons: criteria, facts, places, readings.

    `therapies` narrows the explanation to some therapies: an identifier, or several; None and
    an empty list leave all in.

    Raises:
        InputError: as `classify`, or there is no such therapy.
        ComponentError: as `classify`.
    """
    chosen = _chosen(guideline, edition)
    names = chosen.chosen(therapies)
    asked = assumptions_of(chosen, assume)
    read = made(chosen, record_of(chosen, record, lesions), asked)
    return explanation_of(chosen, read, engine_of(engine, chosen).classify(read).narrowed(names))
