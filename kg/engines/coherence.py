"""HermiT over a whole ontology: its profile, whether it is consistent, whose classes are empty.

Each question is asked in a thread of its own, so that it can be given up: a formula may keep
HermiT busy for hours, and not in every phase does it listen to an interrupt.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from kg import signals
from kg.engines.java import LOCK, java, load, told
from kg.errors import OntologyError
from kg.ontology import Ontology

Answer = TypeVar("Answer")


class Coherence:
    """Questions to the OWL API and to HermiT about an ontology; `seconds` are for all of them.

    Raises:
        ComponentError: there is no usable Java.
    """

    def __init__(self, ontology: Ontology, seconds: float | None = None) -> None:
        self._owl, self._ontology = java(), ontology
        self._manager: Any = self._owl.manager_of.createOWLOntologyManager()
        self._loaded: Any = None
        self._reasoner: Any = None
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def profile_violations(self) -> list[str]:
        """Return what keeps the ontology out of OWL 2 DL; nothing where it is inside."""
        return self._asked("the profile of the ontology", self._profile)

    def is_consistent(self) -> bool:
        """Return whether the axioms do not contradict one another."""
        return self._asked("the consistency of all axioms", self._consistent)

    def is_satisfiable(self, iri: str) -> bool:
        """Return whether a class of a consistent ontology can have a member."""
        return self._asked(f"the class <{iri}>", lambda: self._satisfiable(iri))

    def _profile(self) -> list[str]:
        report = self._owl.profile().checkOntology(self._load())
        return [str(violation) for violation in report.getViolations()]

    def _consistent(self) -> bool:
        return bool(self._hermit().isConsistent())

    def _satisfiable(self, iri: str) -> bool:
        factory = self._manager.getOWLDataFactory()
        class_ = factory.getOWLClass(self._owl.iri.create(iri))
        return bool(self._hermit().isSatisfiable(class_))

    def _load(self) -> Any:
        if self._loaded is None:
            self._loaded = load(self._owl, self._manager, self._ontology, None)
        return self._loaded

    def _hermit(self) -> Any:
        if self._reasoner is None:
            self._reasoner = self._owl.hermit(self._owl.configuration(), self._load())
        return self._reasoner

    def _asked(self, about: str, work: Callable[[], Answer]) -> Answer:
        """Return the answer to a question.

        Raises:
            OntologyError: Java refused the ontology, or the time was over.
        """
        found: Future[Answer] = Future()

        def ask() -> None:
            try:
                with LOCK, told():
                    found.set_result(work())
            except OntologyError as error:
                found.set_exception(error)
            finally:
                found.cancel()  # whatever else went wrong, nobody waits for it

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        left = None if self._end is None else max(0.0, self._end - time.monotonic())
        try:
            return found.result(left)
        except TimeoutError:
            asking.name = signals.GIVEN_UP
            if self._reasoner is not None:
                self._reasoner.interrupt()
            raise OntologyError(
                f"the {self._seconds:g} seconds for the reasoner were over when it was at {about}; "
                "simplify the formulas there, or give it more time with --timeout"
            ) from None
