"""What a check is, what it reports, and the registry that all checks are in.

1. A check is a generator over the things that it looks at: it yields the IRI or the name of each
   with whatever is wrong with it, so that a check which finds nothing still shows that it looked.
   One that looks at nothing is itself a finding.
2. The checks run in the steps of `STEPS`. A step runs where the step that it needs found nothing,
   since a fault would only echo in it; its checks are else reported as not run. So a clean report
   means that every check ran.
3. Which terms are of which kind is found on the triples alone.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline import Guideline, load
from kg.guideline.alternatives import Alternative, with_alternatives
from kg.guideline.loading import guideline_of
from kg.guideline.loading.classes import has_row, named_therapies
from kg.ontology import COLLECTION, HCC, OWL, SKOS, Ontology, local_name
from kg.paths import edition_names, module_files

if TYPE_CHECKING:
    from kg.engines.coherence import Coherence

Examined: TypeAlias = Iterator[tuple[str, Iterable[str]]]

# The steps in order, each with the step that must have found nothing before it can run.
STEPS: dict[str, str | None] = {
    "modules": None,
    "terms": "modules",
    "formulas": "terms",
    "content": "formulas",
    "agreement": "content",
    "profile": "modules",
    "consistency": "profile",
    "satisfiability": "consistency",
}
REASONER_STEPS = ("profile", "consistency", "satisfiability")


@dataclass
class Material:
    """The ontology under check, read as far as a check needs it.

    `seconds` limit the reasoner; `watch` is told what it is at.
    """

    folder: Path
    edition: str | None = None
    seconds: float | None = None
    watch: Callable[[str], object] = lambda told: None

    @property
    def own_folder(self) -> Path:
        """The folder of the edition."""
        return self.folder / self.ontology.edition

    @cached_property
    def ontology(self) -> Ontology:
        """The triples."""
        return Ontology(self.folder, edition=self.edition)

    def _others(self) -> list[str]:
        return [name for name in edition_names(self.folder) if name != self.ontology.edition]

    @cached_property
    def everything(self) -> Ontology:
        """The triples, and those of the modules that the edition may use and does not import."""
        imported = self.ontology.modules.values()
        files = module_files(self.folder, self.ontology.edition)
        extra = [path for path in files if path not in imported]
        return Ontology(self.folder, edition=self.edition, extra=extra)

    @cached_property
    def others(self) -> list[Guideline]:
        """The other editions."""
        return [load(self.folder, name) for name in self._others()]

    @cached_property
    def elsewhere(self) -> set[str]:
        """The terms that other editions declare, by their IRIs."""
        typed = [n for each in self._others() for n in Ontology(self.folder, edition=each).typed()]
        return {node.value for node in typed if isinstance(node, ox.NamedNode)}

    @cached_property
    def guideline(self) -> Guideline:
        """The typed objects; reading them refuses what is not supported."""
        return guideline_of(self.ontology)

    @cached_property
    def alternatives(self) -> tuple[Guideline, tuple[Alternative, ...]]:
        """The guideline with the formulas of its alternative readings, and the readings."""
        return with_alternatives(self.folder, self.ontology.edition)

    @cached_property
    def reasoner(self) -> Coherence:
        """The reasoner; its time begins with the first use."""
        from kg.engines.coherence import Coherence  # noqa: PLC0415 - only this needs Java

        return Coherence(self.ontology, self.seconds)


@dataclass(frozen=True)
class CheckFinding:
    """Something that is wrong: the check that found it, the term, and what to fix."""

    check: str
    subject: str
    message: str


@dataclass(frozen=True)
class CheckOutcome:
    """What came of one check; `not_run` says why it was left out, and is else empty."""

    check: Check
    looked_at: int = 0
    findings: tuple[CheckFinding, ...] = ()
    not_run: str = ""


@dataclass(frozen=True)
class Check:
    """A check, with a name and one line on what it holds the ontology to."""

    name: str
    description: str
    step: str
    examine: Callable[[Material], Examined]

    def run(self, material: Material) -> CheckOutcome:
        """Look at everything."""
        looked_at, findings = 0, []
        try:
            for looked_at, (about, faults) in enumerate(self.examine(material), 1):  # noqa: B007
                subject = name_of(about) if about.startswith("http") else about
                findings += [CheckFinding(self.name, subject, fault) for fault in faults]
        except OntologyError as error:
            subject = subject_in(str(error))
            message = str(error).removeprefix(f"{subject}: ")
            findings.append(CheckFinding(self.name, subject, message))
        if not looked_at and not findings:
            message = "the check found nothing to look at; its terms are gone or renamed"
            findings.append(CheckFinding(self.name, "ontology", message))
        return CheckOutcome(self, looked_at, tuple(findings))


REGISTRY: list[Check] = []


def check(step: str) -> Callable[[Callable[[Material], Examined]], Callable[[Material], Examined]]:
    """Register a function as a check of a step: its name and docstring become those of the check.

    The docstring is written as what must hold, in one line.
    """

    def register(examine: Callable[[Material], Examined]) -> Callable[[Material], Examined]:
        name = examine.__name__.replace("_", "-")
        REGISTRY.append(Check(name, (examine.__doc__ or "").strip(), step, examine))
        return examine

    return register


def checks() -> tuple[Check, ...]:
    """Return all checks of the modules of this folder, in the order in which they run."""
    for module in pkgutil.iter_modules(import_module("kg.checks").__path__, "kg.checks."):
        import_module(module.name)
    order = list(STEPS)
    return tuple(sorted(REGISTRY, key=lambda check: order.index(check.step)))


def outcomes(material: Material, *, reasoner: bool = True) -> Iterator[CheckOutcome]:
    """Yield what comes of each check as soon as it has run: the quick ones, then the reasoner's.

    Raises:
        ComponentError: the reasoner is wanted, and there is no Java that it can run on.
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


def name_of(iri: str) -> str:
    """Return an IRI as a reader of the Turtle knows it."""
    return "hcc:" + iri.removeprefix(HCC) if iri.startswith(HCC) else f"<{iri}>"


def subject_in(message: str) -> str:
    """Return the first term that a message names; "ontology" where it names none."""
    names = re.findall(rf"(?:hcc:|{re.escape(HCC)})([\w-]+)", message)
    found = [name for name in names if name != "ontology"]  # the IRIs of modules
    return f"hcc:{found[0]}" if found else "ontology"


_ASPECTS = ("Indicated", "Contraindicated", "Cautioned", "Eligible")


def terms_of(ontology: Ontology) -> dict[str, list[ox.NamedNode]]:
    """Return the terms of every kind, by the name of the kind."""
    therapies = named_therapies(ontology)
    with_classes = [t for t in therapies if has_row(ontology, t)]
    concepts = ontology.of_type(SKOS + "Concept")
    values = [c for c in concepts if ontology.values(c, HCC + "valueOf")]
    groupings = ontology.subjects(COLLECTION, ox.NamedNode(HCC + "Criterion"))
    return {
        "variables": variables_of(ontology),
        "values": values,
        "concepts": [c for c in concepts if c not in set(values)],
        "definitions": ontology.collected("SharedDefinition"),
        "stages": ontology.collected("Stage"),
        "groups": ontology.collected("CriterionGroup"),
        "criteria": [n for n in ontology.collected("Criterion") if n not in set(groupings)],
        "therapies": with_classes,
        "mentioned": [t for t in therapies if t not in set(with_classes)],
        "aspects": [n for aspect in _ASPECTS for n in ontology.below(f"{HCC}{aspect}Patient")],
        "recommendations": ontology.collected("RecommendedPatient"),
        "responses": ontology.collected("ResponsePatient"),
        "statements": ontology.of_type(HCC + "Statement"),
        "derivations": ontology.of_type(HCC + "Derivation"),
        "narrowings": ontology.of_type(HCC + "NarrowingRule"),
        "correspondences": ontology.of_type(HCC + "Correspondence"),
        "conflict rules": ontology.of_type(HCC + "ConflictRule"),
        "patterns": ontology.collected("RecordPattern"),
    }


def variables_of(ontology: Ontology) -> list[ox.NamedNode]:
    """Return the properties that are variables of a patient record."""
    return [n for n in ontology.of_type(OWL + "DatatypeProperty") if n.value.startswith(HCC)]


def not_once(values: Callable[[str], Sized], predicates: Iterable[str]) -> Iterator[str]:
    """Yield a fault for each predicate that has no value, or several."""
    for predicate in predicates:
        if (count := len(values(predicate))) != 1:
            number = f"{count} values of" if count else "no"
            yield f"it has {number} {local_name(predicate)}; it needs one"
