"""What a run came to: patients, rejected rows, conflicts and verdicts, counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from kg.errors import InputError
from kg.keys import ID
from kg.patients.column_records import CONFLICTS
from kg.reasoning.results import VERDICT_
from kg.reasoning.verdicts import VERDICTS
from kg.texts import counted


@dataclass
class Summary:
    """What a run came to.

    `patients` are those classified, `with_conflicts` those of them whose record is in conflict
    with itself, `formulas` those whose identifier a spreadsheet would run as a formula.
    `rejected` and `rejected_lesions` count rows that were not read, `first_reason` says why the
    first was not; `rejects` are the files that hold rows and lesions, where they go to files.
    `notes` tell how the tables were read. `verdicts` counts by therapy and by the number of the
    verdict; see `of`.
    """

    patients: int = 0
    rejected: int = 0
    rejected_lesions: int = 0
    with_conflicts: int = 0
    formulas: int = 0
    first_reason: str = ""
    notes: tuple[str, ...] = ()
    rejects: tuple[object, ...] = field(default=(None, None), compare=False)
    verdicts: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __repr__(self) -> str:
        return f"<Summary: {self.words}>"

    @property
    def words(self) -> str:
        """Patients, rejected rows, conflicts and how many notes there are, in one line."""
        rejected = counted(self.rejected, "rejected row")
        told = f"{counted(self.patients, 'patient')}, {rejected}, {self.with_conflicts} in conflict"
        return f"{told}, {counted(len(self.notes), 'note')}" if self.notes else told

    @property
    def caption(self) -> str:
        """The same as a caption of verdicts, with the notes below."""
        return "\n".join((f"Verdicts: {self.words}", *self.notes))

    def of(self, therapy: str) -> dict[str, int]:
        """Return how many patients got each verdict on a therapy.

        Raises:
            InputError: there are no verdicts on it.
        """
        if self.patients and (therapy, 0) not in self.verdicts:
            known = ", ".join(dict.fromkeys(name for name, _ in self.verdicts))
            raise InputError(f"there are no verdicts on {therapy!r}; there are on {known}")
        return {word: self.verdicts[therapy, number] for number, word in enumerate(VERDICTS)}

    def count(self, frame: pl.DataFrame, therapies: Iterable[str]) -> None:
        """Add a result frame."""
        self.patients += len(frame)
        self.with_conflicts += int((frame[CONFLICTS] != "[]").sum())
        self.formulas += int(frame[ID].str.contains(r"^[=+@\-]").sum())
        for therapy in therapies:
            found = frame[VERDICT_ + therapy]
            for number in range(len(VERDICTS)):
                self.verdicts[therapy, number] += int((found == number).sum())

    def counts_json(self) -> str:
        """Return what `count` counted as JSON, for `add` elsewhere."""
        verdicts = [[*key, number] for key, number in self.verdicts.items()]
        return json.dumps([self.patients, self.with_conflicts, self.formulas, verdicts])

    def add(self, counts: str) -> None:
        """Add what another summary counted: its `counts_json`."""
        patients, with_conflicts, formulas, verdicts = json.loads(counts)
        self.patients += patients
        self.with_conflicts += with_conflicts
        self.formulas += formulas
        for therapy, number, count in verdicts:
            self.verdicts[therapy, number] += count
