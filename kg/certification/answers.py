"""What is compared: the answers of a result, one by one, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.certification.cells import Cells
from kg.reasoning.verdicts import PatientResult

Question = tuple[
    str, str
]  # what is asked (state, verdict, met, ...), and of which class or therapy
Answers = dict[Question, str]

STATE, VERDICT, UNCHECKED, MET = "state", "verdict", "unchecked", "met"
MISSING, RESPONSE, CONFLICTS = "missing", "response", "conflicts"
NOTHING = "(nothing)"


@dataclass(frozen=True)
class Difference:
    """A record on which an engine differs from what it is compared with, on one question."""

    cells: Cells
    question: Question
    expected: tuple[str, str]  # who says so, and what
    told: tuple[str, str]
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """How large the record is: facts, then characters."""
        return len(self.cells), sum(map(len, self.cells.values()))


def all_answers(result: PatientResult) -> Answers:
    """Return every answer of a result."""
    found = {(STATE, name): state for name, state in result.states.items()}
    for name, therapy in result.therapies.items():
        found[VERDICT, name] = therapy.verdict
        found[MET, name] = listed(therapy.met)
        found[UNCHECKED, name] = listed(therapy.unchecked)
        found[MISSING, name] = listed(therapy.missing)
    found[RESPONSE, ""] = result.response_to_ablation
    conflicts = (f"{listed(c.variables)}: {c.message}" for c in result.conflicts)
    found[CONFLICTS, ""] = "; ".join(conflicts) or NOTHING
    return found


def listed(names: Iterable[str]) -> str:
    """Return names as one text."""
    return ", ".join(names) or NOTHING


def differences(
    cells: Cells, expected: tuple[str, Answers], told: tuple[str, Answers]
) -> list[Difference]:
    """Return where answers differ from those expected, each with the name of who gave them."""
    return [
        Difference(cells, question, (expected[0], right), (told[0], said))
        for question, right in expected[1].items()
        if (said := told[1].get(question, NOTHING)) != right
    ]
