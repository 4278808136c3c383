"""OMOP: rows of the table `cohort`, one cohort for each therapy and verdict.

A cohort of OMOP cannot say unknown, so undetermined patients have a cohort of their own. A patient
enters and leaves on the day of classification.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kg.errors import InputError
from kg.guideline import Guideline
from kg.reasoning.results import Chunk, patients
from kg.reasoning.verdicts import VERDICTS
from kg.writers.task import Task

_HEAD = ("cohort_definition_id", "subject_id", "cohort_start_date", "cohort_end_date")


def cohorts(guideline: Guideline) -> dict[tuple[str, str], int]:
    """Return the number of the cohort of each therapy and verdict."""
    pairs = ((therapy, verdict) for therapy in guideline.therapies for verdict in VERDICTS)
    return {pair: number for number, pair in enumerate(pairs, start=1)}


def definitions(guideline: Guideline) -> list[list[str]]:
    """Return the rows of the table `cohort_definition`, its head first."""
    rows = [["cohort_definition_id", "cohort_definition_name", "cohort_definition_description"]]
    for (therapy, verdict), number in cohorts(guideline).items():
        label, definition = guideline.verdicts[verdict]
        name = f"{guideline.therapies[therapy].label}: {label}"
        rows.append([str(number), name, definition])
    return rows


def write_omop(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write the rows as CSV.

    Raises:
        InputError: a patient's identifier is not a whole number, as OMOP wants it.
    """
    numbers, day = cohorts(task.guideline), datetime.now(UTC).date().isoformat()
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_HEAD)
        for chunk in chunks:
            for result in patients(task.guideline, chunk.frame):
                if not result.patient_id.isdecimal():
                    raise InputError(
                        f"patient {result.patient_id!r}: a subject of OMOP is a whole number; "
                        "name patients by person_id"
                    )
                for name in task.therapies:
                    cohort = numbers[name, result.therapies[name].verdict]
                    rows.writerow((cohort, result.patient_id, day, day))
