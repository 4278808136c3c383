"""FHIR R4: a GuidanceResponse for each patient and therapy, one per line.

An undetermined verdict is `data-required`, with a dataRequirement for each missing variable; one
whose cautions are unchecked is `data-requested`; every other is `success`. The verdict itself and
the criteria that are met are output parameters, contained in the response.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kg.guideline import Guideline
from kg.ontology import HCC
from kg.reasoning.results import Chunk, patients
from kg.reasoning.verdicts import ELIGIBLE_UNCHECKED, UNDETERMINED, TherapyResult
from kg.texts import NOTE_ON_USE
from kg.writers.task import Task

_STATUS = {UNDETERMINED: "data-required", ELIGIBLE_UNCHECKED: "data-requested"}


def write_fhir(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write bulk FHIR: a GuidanceResponse per line."""
    day = datetime.now(UTC).date().isoformat()
    with path.open("w", encoding="utf-8") as file:
        for chunk in chunks:
            for result in patients(task.guideline, chunk.frame):
                for name in task.therapies:
                    said = guidance(task.guideline, result.patient_id, result.therapies[name], day)
                    file.write(json.dumps(said, ensure_ascii=False) + "\n")


def guidance(guideline: Guideline, patient: str, result: TherapyResult, day: str) -> dict[str, Any]:
    """Return the GuidanceResponse on one therapy for one patient; `day` is its date."""
    therapy = guideline.therapies[result.therapy]
    missing = result.missing or _of_criteria(guideline, result.unchecked)
    label, _ = guideline.verdicts[result.verdict]
    parameters = [
        {"name": "therapy", "valueCoding": _coding(therapy.iri, therapy.id, therapy.label)},
        {"name": "verdict", "valueCoding": _coding(HCC, result.verdict, label)},
        *({"name": "met", "valueCode": name} for name in result.met),
        *({"name": "unchecked", "valueCode": name} for name in result.unchecked),
    ]
    said: dict[str, Any] = {
        "resourceType": "GuidanceResponse",
        "contained": [{"resourceType": "Parameters", "id": "verdict", "parameter": parameters}],
        "moduleUri": f"{therapy.iri}|{guideline.version}",
        "status": _STATUS.get(result.verdict, "success"),
        "subject": {"reference": f"Patient/{patient}"},
        "occurrenceDateTime": day,
        "note": [{"text": f"{therapy.label}: {label}. {NOTE_ON_USE}"}],
        "outputParameters": {"reference": "#verdict"},
    }
    if missing:
        said["dataRequirement"] = [_requirement(guideline, name) for name in missing]
    return said


def _of_criteria(guideline: Guideline, criteria: Iterable[str]) -> list[str]:
    """Return the variables that criteria ask for, each once."""
    names = (guideline.variables_of(guideline.criteria[name].formula) for name in criteria)
    return list(dict.fromkeys(variable for found in names for variable in found))


def _requirement(guideline: Guideline, name: str) -> dict[str, Any]:
    variable = guideline.variables[name]
    code = _coding(HCC, name, variable.label)
    return {"type": "Observation", "codeFilter": [{"path": "code", "code": [code]}]}


def _coding(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": system, "code": code, "display": display}
