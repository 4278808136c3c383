"""Readings that change a verdict: what each alternative reading would move.

1. Each therapy has a diagram of the verdict that a complete record gets: contraindicated, not
   indicated, eligible, or eligible with caution. A reading moves the records on which this and
   the diagram under the alternative differ, for some therapy.
2. A patient of a table is moved where the verdict of some therapy differs, unknown facts included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kg.audit.space import Example, Finding, Space
from kg.guideline import Criterion, Derivation, Guideline, Recommendation, Response, Therapy
from kg.guideline.alternatives import Alternative, with_alternatives
from kg.guideline.formula import Ref
from kg.patients.records import Record, read_record
from kg.reasoning.diagram import FALSE, Evaluation
from kg.reasoning.logic import STATE
from kg.reasoning.verdicts import verdict

_Noted = Criterion | Therapy | Recommendation | Response | Derivation
Moves = Counter[str]


class Readings:
    """The alternative readings of an ontology, each as verdicts beside those in use."""

    def __init__(self, folder: Path | None = None, edition: str | None = None) -> None:
        self.guideline, self.alternatives = with_alternatives(folder, edition)
        self.space = Space(self.guideline)
        self._moved = {each.id: self._differing(each) for each in self.alternatives}

    def findings(self, records: Iterable[Record] | None = None) -> Iterator[Finding]:
        """Yield what each reading moves; `records` are patients read with this guideline."""
        told = None if records is None else self.moved(records)
        for each in self.alternatives:
            moved = self._moved[each.id]
            root = self.space.either(*moved.values())
            identifier = f"readings-{each.id}"
            examples = self.space.examples(identifier, root) or self._open(each, identifier)
            moves, patients = told[each.id] if told else (Counter[str](), None)
            yield Finding(
                id=identifier,
                claim=f"{each.to}: {each.label}",
                about={
                    "criteria": (each.to,),
                    "therapies": tuple(name for name, root in moved.items() if root != FALSE),
                    "statements": each.statements,
                },
                root=root,
                shares=self.space.shares(root),
                examples=examples,
                notes={"why": each.definition, "in the example": self._change(each, *examples)},
                patients=patients,
                counts=dict(sorted(moves.items())),
            )

    def moved(self, records: Iterable[Record]) -> dict[str, tuple[Moves, int]]:
        """Return for each reading the changes of verdicts, and the number of patients moved."""
        moves = {each.id: Counter[str]() for each in self.alternatives}
        patients = Counter[str]()
        for record in records:
            evaluation = self.space.logic.evaluation(record.known)
            for each in self.alternatives:
                found = list(self._changes(each, evaluation))
                moves[each.id].update(found)
                patients[each.id] += bool(found)
        return {name: (found, patients[name]) for name, found in moves.items()}

    def unanswered(self) -> dict[str, str]:
        """Return the terms with an editorial reading and no alternative, with their notes."""
        answered = {each.to for each in self.alternatives}
        return {n: note for n, note in readings_of(self.guideline).items() if n not in answered}

    def _changes(self, each: Alternative, evaluation: Evaluation) -> Iterator[str]:
        for therapy in self.guideline.therapies.values():
            before = self._verdict(therapy, {}, evaluation)
            after = self._verdict(therapy, each.names, evaluation)
            if before != after:
                yield f"{therapy.id}: {before} to {after}"

    def _change(self, each: Alternative, example: Example | None = None) -> str:
        """Return what changes for an example: the therapies of each change."""
        if example is None:
            return ""
        record = read_record(self.guideline, example.id, example.cells)
        evaluation = self.space.logic.evaluation(record.known)
        changes: dict[str, list[str]] = {}
        for change in self._changes(each, evaluation):
            therapy, _, words = change.partition(": ")
            changes.setdefault(words, []).append(therapy)
        return "; ".join(f"{', '.join(names)}: {words}" for words, names in changes.items())

    def _open(self, each: Alternative, identifier: str) -> tuple[Example, ...]:
        """Return a record of one fact whose verdicts a reading changes, where none is complete.

        What is not recorded stays open there, so that no conflict shows.
        """
        for name in self.space.diagrams.order:
            variable = self.guideline.variables[name]
            for band in range(variable.band_count):
                example = self.space.told(identifier, self.space.values({name: band}))
                if self._change(each, example):
                    return (example,)
        return ()

    def _roots(self, therapy: Therapy, names: Mapping[str, str]) -> tuple[int, ...]:
        """Return the diagrams of the classes of a therapy, some of them under other names."""
        of = self.space.diagrams.of
        return tuple(of(Ref(names.get(n, n))) if n else FALSE for n in therapy.aspects)

    def _verdict(self, therapy: Therapy, names: Mapping[str, str], evaluation: Evaluation) -> str:
        roots = self._roots(therapy, names)
        indicated, absolute, relative = (STATE[evaluation.possible(root)] for root in roots)
        return verdict(indicated, absolute, relative)

    def _differing(self, each: Alternative) -> dict[str, int]:
        """Return for each therapy the complete records whose verdict a reading changes."""
        combine = self.space.diagrams.combine
        found = {}
        for name, therapy in self.guideline.therapies.items():
            roots = (self._roots(therapy, names) for names in ({}, each.names))
            found[name] = combine(tuple(combine(each, _complete) for each in roots), _unequal)
        return found


def readings_of(guideline: Guideline) -> dict[str, str]:
    """Return the editorial readings of all terms of a guideline, by their identifiers."""
    g = guideline
    kinds: tuple[Mapping[str, _Noted], ...] = (g.definitions, g.criteria, g.therapies, g.mentioned)
    kinds += (g.recommendations, g.responses, {rule.id: rule for rule in g.derivations})
    return {name: term.note for terms in kinds for name, term in terms.items() if term.note}


def _complete(indicated: int, absolute: int, relative: int) -> int:
    """Return the verdict on a complete record as a leaf."""
    if absolute:
        return 0
    return 1 if not indicated else 2 + relative


def _unequal(a: int, b: int) -> int:
    return int(a != b)
