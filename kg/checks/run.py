"""The checks of the ontology: runs those of the registry and reports what they looked at.

1. The checks run in the steps of `kg.checks.registry.STEPS`.
2. A step runs where the step that it needs found nothing, since a fault would only echo in it;
   its checks are else reported as not run. So a clean report means that every check ran.
3. A check reports how many things it looked at; one that looked at nothing is itself a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.checks import (
    alternatives,
    classes,
    names,
    numbers,
    statements,
    terms,
    variables,
)
from kg.checks.registry import (
    REASONER_STEPS,
    REGISTRY,
    STEPS,
    Check,
    CheckFinding,
    CheckOutcome,
    Material,
)
from kg.paths import ontology_folder

MODULES = (
    *(terms, names, variables),
    *(classes, statements, numbers, alternatives),
)


@dataclass(frozen=True)
class CheckReport:
    """What came of all checks, in the order in which they ran."""

    folder: Path
    outcomes: tuple[CheckOutcome, ...]

    @property
    def findings(self) -> tuple[CheckFinding, ...]:
        """All findings, in the order of the checks."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)


def checks() -> tuple[Check, ...]:
    """Return all checks, in the order in which they run."""
    order = list(STEPS)
    return tuple(sorted(REGISTRY, key=lambda check: order.index(check.step)))


def run(
    folder: Path | None = None, edition: str | None = None, *, reasoner: bool = True
) -> CheckReport:
    """Check an edition of the ontology in a folder (by default, the one that ships).

    Raises:
        ComponentError: the reasoner is wanted, and there is no Java that it can run on.
    """
    material = Material(folder or ontology_folder(), edition)
    return CheckReport(material.folder, tuple(outcomes(material, reasoner=reasoner)))


def outcomes(material: Material, *, reasoner: bool = True) -> Iterator[CheckOutcome]:
    """Yield what comes of each check as soon as it has run: the quick ones, then the reasoner's.

    Raises:
        ComponentError: as `run`.
    """
    stopped: dict[str, str] = {}  # by step, why the steps after it cannot run
    for check in checks():
        reason = stopped.get(STEPS[check.step] or "", "")
        if check.step in REASONER_STEPS and not reasoner:
            reason = "left out by --no-reasoner"
        outcome = CheckOutcome(check, not_run=reason) if reason else check.run(material)
        if reason or outcome.findings:
            stopped.setdefault(check.step, reason or f"fix what {check.name} found first")
        yield outcome
