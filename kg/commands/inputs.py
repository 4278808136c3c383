"""The input that commands share: a table of patients, or the example cohort."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from kg import paths
from kg.errors import InputError
from kg.paths import Remote

Place = TypeVar("Place", bound=Path | Remote)


def named_tables(
    patients: Place | None, lesions: Place | None, example: bool
) -> tuple[Place | Path, Place | Path | None]:
    """Return the tables of patients and of lesions that a command was asked to read.

    Raises:
        InputError: neither a table nor the example cohort was named, or both were.
    """
    if example == (patients is not None):
        raise InputError("name a table of patients, or pass --example; one of the two")
    if patients is not None:
        return patients, lesions
    if lesions is not None:
        raise InputError("the example cohort brings its own lesions; leave --lesions out")
    return paths.example_cohort(), paths.example_lesions()
