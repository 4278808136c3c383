"""A resource of another system that is being read, what it says, and why it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kg.guideline.values import Knowledge
from kg.sources.rules import Rule
from kg.sources.values import When

_NO_PATIENT = "it does not say of which patient"
_OLDER = "older than the value used"


@dataclass(slots=True)
class Item:
    """One resource: what becomes of it.

    `live` counts its readings that may still be used, and one for whoever is still reading it.
    `nobody` says why it is of no patient, where it is of none; `why`, why it is only counted.
    """

    kind: str
    id: str
    patient: str
    code: str
    nobody: str = _NO_PATIENT
    live: int = 1
    listed: bool = False
    why: str = _OLDER

    @property
    def name(self) -> str:
        """The resource as it is referred to."""
        return f"{self.kind}/{self.id}"


@dataclass(slots=True)
class ReadFact:
    """What a resource says of a variable; `lasting` is a diagnosis, which holds from its date on.

    `active` says that the record calls the diagnosis active, however old it is.
    `focus` names the tumours that it is about; `liver` says whether they are in the liver.
    """

    rule: Rule
    known: Knowledge | None
    when: When
    item: Item
    said: str
    lasting: bool = False
    active: bool = False
    focus: tuple[str, ...] = ()


class Unread(NamedTuple):
    """A resource of a known code that gave no cell, with the reason."""

    resource: str
    id: str
    patient: str
    variable: str
    reason: str
