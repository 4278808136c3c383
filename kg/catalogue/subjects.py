"""What saved questions are about: the folders of the catalogue, in order, with words for each."""

from __future__ import annotations

from collections.abc import Mapping

SUBJECTS: Mapping[str, str] = {
    "guideline": "The guideline",
    "eligibility": "A patient",
    "cohort": "A cohort",
    "mappings": "Mappings to other vocabularies",
    "checks": "Checks, which must find nothing",
}


def title(subject: str) -> str:
    """Return the words for a subject; a folder that is none of ours goes by its name."""
    return SUBJECTS.get(subject, subject.capitalize())
